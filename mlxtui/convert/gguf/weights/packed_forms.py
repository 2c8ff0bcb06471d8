"""Which of MLX's packed forms holds which type of GGUF, to the last bit or nearly."""

from collections.abc import Mapping

from mlxtui.recipes import Quantization


def _affine(bits: int, group_size: int) -> Quantization:
    return Quantization(bits=bits, group_size=group_size)


EXACT: Mapping[str, Quantization] = {
    "Q4_0": _affine(4, 32),
    "Q4_1": _affine(4, 32),
    "Q5_0": _affine(5, 32),
    "Q5_1": _affine(5, 32),
    "Q8_0": _affine(8, 32),
    "Q3_K": _affine(8, 128),
    "Q4_K": _affine(4, 32),
    "Q5_K": _affine(5, 32),
    "IQ1_S": _affine(2, 32),
    "IQ1_M": _affine(8, 128),
    "IQ2_XXS": _affine(8, 32),
    "IQ3_XXS": _affine(6, 32),
    "IQ3_S": _affine(4, 32),
    "IQ4_NL": _affine(8, 32),
    "IQ4_XS": _affine(8, 32),
    "TQ1_0": _affine(2, 128),
    "TQ2_0": _affine(2, 128),
    "Q1_0": _affine(1, 128),
    "MXFP4": Quantization(bits=4, group_size=32, mode="mxfp4"),
    "NVFP4": Quantization(bits=4, group_size=16, mode="nvfp4"),
}
"""All values of a group lie at equal steps (`scale * code + bias`), or are the same
small floats. With scales in float32 nothing is rounded."""

NEARLY: Mapping[str, Quantization] = {
    name: _affine(8, 32) for name in ("Q2_K", "Q6_K", "IQ2_XS", "IQ2_S")
}
"""Scales for each 16 weights, where MLX's groups begin at 32."""

EXACT_IN_HALF = frozenset({
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q3_K", "IQ4_NL", "TQ1_0", "TQ2_0",
    "Q1_0",
})  # fmt: skip
"""Their scales and biases are float16's numbers, or a power of two times them."""
