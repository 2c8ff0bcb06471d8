"""A GGUF file's facts, read with care: each is checked before it is believed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlxtui.convert.gguf.described import Described
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _

# Far above any model that there is; what says more is damaged.
_MOST = 2**24
_LARGEST = float(np.finfo(np.float32).max)
# Those of llama.cpp; tables of all experts of all layers stay short.
MOST_LAYERS = 512
MOST_EXPERTS = 1024

# Facts that change what a model computes, and the values that change nothing. One that
# the architecture's code did not ask for must have such a value.
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "attention.sliding_window": (0,),
    "attention.causal": (True,),
    "attention.max_alibi_bias": (0,),
    "attention.clamp_kqv": (0,),
    "attention.scale": (0,),
    "attention.output_scale": (0, 1),
    "attention.temperature_scale": (0,),
    "attention.shared_kv_layers": (0,),
    "attn_logit_softcapping": (0,),
    "final_logit_softcapping": (0,),
    "router_logit_softcapping": (0,),
    "logit_scale": (0, 1),
    "residual_scale": (0, 1),
    "embedding_scale": (0, 1),
    "expert_weights_scale": (0, 1),
    "expert_group_count": (0, 1),
    "expert_count": (0,),
    "expert_gating_func": (0, 1),
    "leading_dense_block_count": (0,),
    "use_parallel_residual": (False,),
    "swin_norm": (False,),
    "rope.freq_base_swa": (0,),
    "rope.scaling.alpha": (0, 1),
}


class Facts:
    """The facts of one file under its architecture's name: `llama.block_count`.

    Args:
        described: The file.
    """

    def __init__(self, described: Described) -> None:
        self.described = described
        self.architecture = str(described.facts.get("general.architecture", ""))
        self._read: set[str] = set()
        self._assumed: dict[str, Any] = {}

    @property
    def tensors(self) -> Mapping[str, GgufTensor]:
        """Those of the file, by name."""
        return self.described.tensors

    def has_tensor(self, *endings: str) -> bool:
        """Whether a tensor's name ends in one of these: `attn_q.bias`."""
        return any(name.endswith(endings) for name in self.tensors)

    def value(self, key: str) -> Any:
        """The fact of this name as it is in the file, or None."""
        self._read.add(key)
        name = f"{self.architecture}.{key}"
        return self.described.facts.get(name, self._assumed.get(key))

    def assume(self, values: Mapping[str, Any]) -> None:
        """Take these for what the file does not say: facts that a converter left out
        because they are the same in all models that it converts.

        Args:
            values: By names without the architecture.
        """
        self._assumed.update(values)

    def count(
        self, key: str, default: int | None = None, *, least: int = 1, most: int = _MOST
    ) -> int:
        """A whole number; of a list with one for each layer the one that all have.

        Args:
            key: Without the architecture: `block_count`.
            default: Where the file does not say; None refuses the file then.

        Raises:
            ModelRefused: It is missing, none, or out of the range.
        """
        value = self._one(key, default)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            if default is not None and value == default:
                return default
            raise self.unusable(key)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number; 32-bit ones as the shortest decimal that means them.

        Raises:
            ModelRefused: It is missing, none, not finite, or beyond 32 bits.
        """
        value = self._one(key, default)
        if type(value) not in (int, float) or not abs(value) <= _LARGEST:
            raise self.unusable(key)
        single = np.float32(value)
        return float(str(single)) if float(single) == value else float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Yes or no.

        Raises:
            ModelRefused: It is neither.
        """
        value = self._one(key, default)
        if type(value) is not bool:
            raise self.unusable(key)
        return value

    def text(self, key: str, default: str = "") -> str:
        """A text.

        Raises:
            ModelRefused: It is none.
        """
        value = self._one(key, default)
        if type(value) is not str:
            raise self.unusable(key)
        return value

    def flags(self, key: str, length: int) -> tuple[bool, ...]:
        """A list of yes and no, one for each layer; empty where there is none.

        Raises:
            ModelRefused: It is no such list, or too short.
        """
        value = self.value(key)
        if not _is_list(value):
            return ()
        if len(value) < length or not all(type(v) in (bool, int) for v in value):
            raise self.unusable(key)
        return tuple(bool(v) for v in value[:length])

    def counts(self, key: str, length: int) -> tuple[int, ...]:
        """Whole numbers from 0, one for each layer; one number stands for all.

        Raises:
            ModelRefused: They are missing, too few, or out of range.
        """
        value = self.value(key)
        values = tuple(value)[:length] if _is_list(value) else (value,) * length
        if len(values) < length or not all(
            type(v) is int and 0 <= v <= _MOST for v in values
        ):
            raise self.unusable(key)
        return values

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers; empty where there is none.

        Raises:
            ModelRefused: It is no such list.
        """
        value = self.value(key)
        if value is None:
            return ()
        if not _is_list(value) or not all(type(v) in (int, float) for v in value):
            raise self.unusable(key)
        return tuple(float(v) for v in value)

    def unusable(self, key: str) -> ModelRefused:
        """The refusal of a file for this fact."""
        value = self.value(key)
        name = f"{self.architecture}.{key}"
        if value is None:
            message = _("The file does not say {key}.").format(key=one_line(name))
        else:
            message = _("The file says {key} = {value}, which cannot be used.").format(
                key=one_line(name), value=one_line(str(value)[:80])
            )
        return ModelRefused(message, hint=_("Choose another file of this model."))

    def require(self, key: str, wanted: float, given: float) -> None:
        """Refuse the file unless this fact is what mlx-lm takes for granted.

        Raises:
            ModelRefused: `given` is not `wanted`.
        """
        if not math.isclose(given, wanted, rel_tol=1e-5):
            raise self.unusable(key)

    def refuse_unread(self) -> None:
        """Refuse a file with facts that change the model and that nobody asked for.

        Raises:
            ModelRefused: It has such a fact.
        """
        for key, neutral in _NEUTRAL.items():
            if key in self._read:
                continue
            value = self.value(key)
            values = value if _is_list(value) else [value]
            if not all(v is None or v in neutral for v in values):
                raise self.unusable(key)

    def _one(self, key: str, default: Any) -> Any:
        value = self.value(key)
        if value is None:
            return default
        if _is_list(value):
            if not value or any(other != value[0] for other in value):
                raise self.unusable(key)
            return value[0]
        return value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
