"""The types that MLX cannot hold, as 8 bits in groups of 32.

Q6_K, Q2_K, IQ2_XS and IQ2_S have scales of their own for each 16 weights, where MLX's
groups begin at 32. The group's scale is chosen so that the half with the larger steps
fits without an error; the other half is rounded. On normally distributed weights that
errs a fifth less than steps of an equal width from the least to the largest do.
"""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import AffineGroups
from mlxtui.convert.gguf.weights.form import FloatDtype
from mlxtui.convert.gguf.weights.halves import Halves
from mlxtui.convert.gguf.weights.rounding import rounded

_LARGEST_CODE = 255
_MIDDLE_CODE = 128
_TRIED_BIASES = 8
# One below the largest: scale and bias are rounded after they are chosen.
_STEPS = 254
_LESS_STEPS = 250
_LARGEST_LOSS = np.float32(1.01)
_LEAST_HALF = np.float32(2**-24)
"""float16's smallest step; scales below it would be lost."""

_Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Scales and biases."""


def regroup(halves: Halves, dtype: FloatDtype) -> AffineGroups:
    """Find scales, biases and codes of 8 bits for groups of 32.

    Args:
        dtype: Of scales and biases; the codes are made for them as they are after
            rounding.

    Returns:
        One group a row.
    """
    if halves.parts:
        scales, biases = _around_zero(halves, dtype)
    else:
        scales, biases = _anywhere(halves, dtype)
    inverse = _divided(np.ones_like(scales), scales)
    factors = (halves.steps * inverse)[:, :, None]
    shifts = (halves.starts - biases) * inverse + np.float32(0.5)
    codes = halves.codes * factors
    codes += shifts[:, :, None]
    np.clip(codes, 0, _LARGEST_CODE, out=codes)
    words = codes.astype(np.uint8).reshape(-1, 32).view(np.uint32)
    return AffineGroups(words, scales, biases)


def _around_zero(halves: Halves, dtype: FloatDtype) -> _Pair:
    """Zero is the code 128."""
    wanted = _of_larger(halves, halves.steps) / np.float32(halves.parts)
    scales = rounded(wanted, dtype)
    # Rounded down too far, as near float16's smallest step: one more of that.
    is_short = np.abs(wanted) > np.abs(scales) * _LARGEST_LOSS
    scales += np.copysign(_LEAST_HALF, wanted) * is_short
    return scales, rounded(scales * np.float32(-_MIDDLE_CODE), dtype)


def _anywhere(halves: Halves, dtype: FloatDtype) -> _Pair:
    """The least weight is a code near 0, the largest one near 255."""
    least, largest = _ends(halves)
    width = largest - least
    step = np.abs(_of_larger(halves, halves.steps))
    kept = halves.starts + halves.steps * np.float32(halves.kept_code)
    anchor = _of_larger(halves, kept)
    # The largest whole part of a step with which all weights are covered.
    scales = width / np.float32(_STEPS)
    parts = np.floor(_divided(step, scales))
    np.divide(step, parts, out=scales, where=parts >= 1)
    scales = rounded(scales, dtype)
    is_short = width > scales * np.float32(_LARGEST_CODE)
    if is_short.any():
        larger = width[is_short] / np.float32(_LESS_STEPS) + _LEAST_HALF / np.float32(2)
        scales[is_short] = rounded(larger, dtype)
    # Whole steps below the larger half, so that its weights fall on codes.
    below: NDArray[np.float32] = np.rint(_divided(anchor - least, scales))
    biases = rounded(anchor - below * scales, dtype)
    if dtype == "BF16":
        spare = np.float32(_LARGEST_CODE) - np.ceil(_divided(width, scales))
        biases = _nearest_bias(anchor, scales, below, spare)
    return scales, biases


def _nearest_bias(
    anchor: NDArray[np.float32],
    scales: NDArray[np.float32],
    below: NDArray[np.float32],
    spare: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Of the biases that codes are left for, the one that bfloat16 rounds the least:
    its smallest step at a bias is as large as a step between codes."""
    more = np.arange(_TRIED_BIASES, dtype=np.float32)[:, None]
    steps = np.minimum(more, np.maximum(spare, np.float32(0)).T) + below.T
    wanted = anchor.T - steps * scales.T
    biases = rounded(wanted, "BF16")
    nearest = np.abs(biases - wanted).argmin(axis=0)
    return np.take_along_axis(biases, nearest[None], axis=0).T


def _ends(halves: Halves) -> _Pair:
    """The least and the largest weight of each group."""
    # Turned, as numpy is ten times as fast along many numbers as along sixteen.
    turned = np.ascontiguousarray(halves.codes.reshape(-1, 16).T)
    first = turned.min(axis=0).reshape(-1, 2) * halves.steps + halves.starts
    last = turned.max(axis=0).reshape(-1, 2) * halves.steps + halves.starts
    least, largest = np.minimum(first, last), np.maximum(first, last)
    return (
        np.minimum(least[:, :1], least[:, 1:]),
        np.maximum(largest[:, :1], largest[:, 1:]),
    )


def _of_larger(halves: Halves, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each group, the value of the half with the larger steps."""
    sizes = np.abs(halves.steps)
    return np.where(sizes[:, :1] >= sizes[:, 1:], values[:, :1], values[:, 1:])


def _divided(
    values: NDArray[np.float32], divisors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Their quotients; 0 where the divisor is 0."""
    quotients = np.zeros_like(values)
    np.divide(values, divisors, out=quotients, where=divisors != 0)
    return quotients
