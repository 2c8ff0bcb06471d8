"""Floats in the types of a model's files: float16, bfloat16, float32."""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import NotFinite
from mlxtui.convert.gguf.weights.form import FloatDtype

# From here on a number is nearer to what would be the next power of two.
_TOO_LARGE = {"F16": 65520.0, "BF16": float(2**128 - 2**119)}


def stored(values: NDArray[np.float32], dtype: FloatDtype) -> NDArray[np.generic]:
    """Round to the nearest of a type, to even ones between two.

    Args:
        values: Finite.

    Returns:
        float16 or float32; bfloat16 as uint16 of its bits, as numpy has none.

    Raises:
        NotFinite: One is too large for the type.
    """
    if dtype == "F32":
        return values
    if values.size and max(values.max(), -values.min()) >= _TOO_LARGE[dtype]:
        raise NotFinite
    if dtype == "F16":
        return values.astype(np.float16)
    bits = values.view(np.uint32)
    nearest = bits >> np.uint32(16)
    nearest &= np.uint32(1)
    nearest += np.uint32(0x7FFF)
    nearest += bits
    nearest >>= np.uint32(16)
    return nearest.astype(np.uint16)


def as_float32(values: NDArray[np.generic], dtype: FloatDtype) -> NDArray[np.float32]:
    """What `stored` made, as numbers."""
    if dtype == "BF16":
        bits = values.view(np.uint16).astype(np.uint32)
        bits <<= np.uint32(16)
        return bits.view(np.float32)
    return values.astype(np.float32, copy=False)


def rounded(values: NDArray[np.float32], dtype: FloatDtype) -> NDArray[np.float32]:
    """The nearest numbers of a type.

    Raises:
        NotFinite: One is too large for the type.
    """
    return as_float32(stored(values, dtype), dtype)
