"""What a GGUF file becomes: config, tensors, and how each is stored in either mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlxtui.convert.gguf.architectures import architecture_of, float_type
from mlxtui.convert.gguf.described import Described
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.weights.form import Form
from mlxtui.convert.gguf.weights.forms import form_of
from mlxtui.plans import GgufForm
from mlxtui.recipes import GGUF_MODES, FloatType, GgufMode


@dataclass(frozen=True, slots=True)
class NewModel:
    """The model that a file becomes, before any of its weights is read."""

    config: Mapping[str, Any]
    """`config.json`, without what it says of the packed layers."""
    tensors: tuple[NewTensor, ...]
    float_type: FloatType
    """Of the weights that are not packed, in the faithful mode."""
    stored: Mapping[str, GgufTensor]
    """The tensors of the file."""

    def form(self, tensor: NewTensor, mode: GgufMode) -> Form:
        """How one of its tensors is stored.

        Raises:
            ModelRefused: Its type is not taken; the message names it.
        """
        if tensor.is_always_exact:
            mode = "exact"
        names = {self.stored[source].type_name for source in tensor.sources}
        # Experts that lie apart may be of several types, which no packed form takes.
        can_pack = tensor.can_pack and len(names) == 1
        forms = [
            form_of(name, tensor.shape, mode, self.float_type, can_pack=can_pack)
            for name in names or {"F32"}
        ]
        if len(forms) == 1:
            return forms[0]
        return form_of("F32", tensor.shape, mode, self.float_type, can_pack=False)

    def sizes(self) -> tuple[GgufForm, ...]:
        """Its size and bits per weight, faithful first.

        Raises:
            ModelRefused: It holds a type that is not taken.
        """
        return tuple(self._sizes(mode) for mode in GGUF_MODES)

    def parameter_count(self) -> int:
        """Weights of all its tensors."""
        return sum(tensor.size for tensor in self.tensors)

    def _sizes(self, mode: GgufMode) -> GgufForm:
        size_bytes = sum(
            self.form(tensor, mode).size_bytes(tensor.shape) for tensor in self.tensors
        )
        return GgufForm(
            mode=mode,
            size_bytes=size_bytes,
            bits_per_weight=size_bytes * 8 / max(self.parameter_count(), 1),
        )


def new_model(described: Described) -> NewModel:
    """Find out what a file becomes.

    Raises:
        ModelRefused: Its architecture is not known, or what it says does not fit
            together.
    """
    architecture = architecture_of(described.facts)
    config = architecture.config(described)
    return NewModel(
        config=config,
        tensors=architecture.tensors(described, config),
        float_type=float_type(architecture, described.tensors),
        stored=described.tensors,
    )
