"""How a tensor is stored in the model that a GGUF file becomes."""

import math
from dataclasses import dataclass
from typing import Literal

from mlxtui.model_writer.shard_files import TensorForm
from mlxtui.recipes import Quantization

FloatDtype = Literal["F16", "BF16", "F32"]

_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class Form:
    """One of MLX's packed forms, or dense floats."""

    dtype: FloatDtype
    """Of dense values; of the scales and biases of an affine form."""
    quantization: Quantization | None = None
    """None is dense."""

    def tensors(self, shape: tuple[int, ...]) -> dict[str, TensorForm]:
        """What is written for a tensor of this shape, by the last part of its names:
        `weight`, and `scales` and `biases` where it is packed."""
        packed = self.quantization
        if packed is None:
            return {"weight": TensorForm(self.dtype, shape)}
        *outer, width = shape
        words = (*outer, width * packed.bits // _WORD_BITS)
        groups = (*outer, width // packed.group_size)
        tensors = {"weight": TensorForm("U32", words)}
        if packed.mode != "affine":
            return tensors | {"scales": TensorForm("U8", groups)}
        scale = TensorForm(self.dtype, groups)
        return tensors | {"scales": scale, "biases": scale}

    def size_bytes(self, shape: tuple[int, ...]) -> int:
        """Of all that is written for a tensor of this shape."""
        return sum(tensor.size_bytes for tensor in self.tensors(shape).values())

    def bits_per_weight(self, shape: tuple[int, ...]) -> float:
        """Bits that one weight takes, with its share of scales and biases."""
        return self.size_bytes(shape) * 8 / max(math.prod(shape), 1)

    def text(self) -> str:
        """In the words of the field: `4-bit group 32`, `mxfp4`, `F16`."""
        if self.quantization is None:
            return self.dtype
        text = self.quantization.text()
        has_float32 = self.dtype == "F32" and self.quantization.mode == "affine"
        return f"{text}, F32 scales" if has_float32 else text
