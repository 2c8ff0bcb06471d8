"""One weight of a new model, described: its names, its shape, where it comes from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _

_MATRIX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A row of an architecture's table."""

    name: str
    """As mlx-lm calls it: `model.layers.0.self_attn.q_proj.weight`."""
    source: str
    """As llama.cpp calls it: `blk.0.attn_q.weight`."""
    shape: tuple[int, ...]
    """In the new model, outermost dimension first."""
    can_pack: bool = False
    """Whether mlx-lm's layer of this weight can be quantized."""
    head_count: int = 0
    """Heads whose rows llama.cpp permuted for its RoPE; 0 is none."""
    is_always_exact: bool = False
    """Whether no mode may round it: a few numbers on which experts are chosen."""
    added: float = 0.0
    """What is added to each value: -1 for Gemma's norms."""
    absent: float | None = None
    """The value of all elements where the file has no such tensor; None refuses it."""
    parts: tuple[str, ...] = ()
    """Tensors that may stand for `source`, their rows one after the other."""
    fused: str = ""
    """A tensor that may stand for `source` and has others' rows, too."""
    first_row: int = 0
    """Where this weight begins in `fused`."""
    fused_rows: int = 0
    """How many rows `fused` has; in a tensor of all experts, for each of them."""

    def found(self, tensors: Mapping[str, GgufTensor]) -> NewTensor:
        """This weight as it is in a file.

        Raises:
            ModelRefused: It is missing, or has another shape.
        """
        if self.source in tensors:
            self._check(self.source, tensors[self.source], self.shape)
            return self._made_of(self.source)
        if self.fused and self.fused in tensors:
            return self._part_of_fused(tensors[self.fused])
        if self.parts and all(part in tensors for part in self.parts):
            self._check_parts(tensors)
            return self._made_of(*self.parts)
        if self.absent is not None:
            return NewTensor(
                name=self.name, sources=(), shape=self.shape, constant=self.absent
            )
        raise ModelRefused(
            _("The file has no tensor {name}.").format(name=self.source),
            hint=_("Choose another file of this model."),
        )

    def _part_of_fused(self, tensor: GgufTensor) -> NewTensor:
        experts = self.shape[:1] if len(self.shape) > _MATRIX else ()
        inner = self.shape[len(experts) + 1 :]
        self._check(self.fused, tensor, (*experts, self.fused_rows, *inner))
        made = self._made_of(self.fused, first_row=self.first_row)
        return replace(made, group_rows=self.fused_rows) if experts else made

    def _made_of(self, *sources: str, first_row: int = 0) -> NewTensor:
        return NewTensor(
            name=self.name,
            sources=sources,
            shape=self.shape,
            can_pack=self.can_pack,
            first_row=first_row,
            head_count=self.head_count,
            is_always_exact=self.is_always_exact,
            added=self.added,
        )

    def _check(self, source: str, tensor: GgufTensor, shape: tuple[int, ...]) -> None:
        # Sides of one element come and go with converters.
        if _longer_sides(tensor.shape[::-1]) != _longer_sides(shape):
            raise _wrong_shape(source, tensor, shape)

    def _check_parts(self, tensors: Mapping[str, GgufTensor]) -> None:
        width = self.shape[-1:]
        for part in self.parts:
            if tensors[part].shape[:1] != width:
                raise _wrong_shape(part, tensors[part], self.shape)
        if sum(tensors[part].size for part in self.parts) != math.prod(self.shape):
            raise _wrong_shape(self.parts[0], tensors[self.parts[0]], self.shape)


def _longer_sides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _wrong_shape(name: str, tensor: GgufTensor, shape: tuple[int, ...]) -> ModelRefused:
    return ModelRefused(
        _("Tensor {name} is {shape}, and its model needs {expected}.").format(
            name=one_line(name),
            shape=" × ".join(map(str, tensor.shape[::-1])),
            expected=" × ".join(map(str, shape)),
        ),
        hint=_("Choose another file of this model."),
    )
