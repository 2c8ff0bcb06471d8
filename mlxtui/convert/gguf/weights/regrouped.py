"""The types that MLX cannot hold, as 8 bits in groups of 32.

Q6_K, Q2_K, IQ2_XS and IQ2_S have scales of their own for each 16 weights, where MLX's
groups begin at 32. The group's scale is chosen so that the half with the larger steps
fits without an error; the other half is rounded. On normally distributed weights that
errs a third less than steps of an equal width from the least to the largest do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights import grids
from mlxtui.convert.gguf.weights.blocks import AffineGroups, bytes_of, halves_of
from mlxtui.convert.gguf.weights.form import FloatDtype
from mlxtui.convert.gguf.weights.rounding import rounded

_LARGEST_CODE = 255
_MIDDLE_CODE = 128
_TRIED_BIASES = 8
# One below the largest: scale and bias are rounded after they are chosen.
_STEPS = 254
_LESS_STEPS = 250
_LARGEST_LOSS = np.float32(1.01)
# 8, 25 and 43 times it are almost whole numbers: 23.04, 72 and 123.84.
_IQ2_PARTS = 2.88
_LEAST_HALF = np.float32(2**-24)
"""float16's smallest step; scales below it would be lost."""
_EVERY_BYTE = np.uint64(0x0101_0101_0101_0101)
_NIBBLE = np.uint8(0x0F)

_Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Scales and biases."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Weights as `step * code + start`, for each 16."""

    codes: NDArray[np.uint8]
    """(groups, 2, 16)."""
    steps: NDArray[np.float32]
    """(groups, 2)."""
    starts: NDArray[np.float32]
    """(groups, 2)."""
    kept_code: int
    """Its weight keeps its place when the steps are rounded: zero, where it is one."""
    parts: float
    """New steps of a group to one of the larger half, with zero in the middle; 0 where
    they are to be found from the weights."""

    def values(self, step: int = 1) -> NDArray[np.float32]:
        """The weights of every so manieth group, as (groups, 32)."""
        values = self.codes[::step] * self.steps[::step, :, None]
        values += self.starts[::step, :, None]
        return values.reshape(-1, 32)


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


def halves_of_q6_k(blocks: NDArray[np.uint8]) -> Halves:
    """d * scale * (code - 32)."""
    low = bytes_of(blocks, 0, 128).view(np.uint64).reshape(-1, 2, 8)
    high = bytes_of(blocks, 128, 192).view(np.uint64).reshape(-1, 2, 4)
    codes = np.empty((len(blocks), 2, 4, 4), np.uint64)
    for group in range(4):
        part = low[:, :, group % 2 * 4 :][:, :, :4] >> np.uint64(group // 2 * 4)
        part &= _EVERY_BYTE * np.uint64(0x0F)
        top = high >> np.uint64(2 * group)
        top &= _EVERY_BYTE * np.uint64(3)
        top <<= np.uint64(4)
        codes[:, :, group] = part | top
    factors = bytes_of(blocks, 192, 208).view(np.int8)
    return _halves(codes, halves_of(blocks, 208) * factors, 32, parts=0)


def halves_of_q2_k(blocks: NDArray[np.uint8]) -> Halves:
    """(d * scale) * code - dmin * minimum."""
    both = blocks[:, :16]
    packed = bytes_of(blocks, 16, 80).view(np.uint64).reshape(-1, 2, 4)
    codes = np.empty((len(blocks), 2, 4, 4), np.uint64)
    for group in range(4):
        part = packed >> np.uint64(2 * group)
        part &= _EVERY_BYTE * np.uint64(3)
        codes[:, :, group] = part
    steps = halves_of(blocks, 80) * (both & _NIBBLE)
    starts = -(halves_of(blocks, 82) * (both >> np.uint8(4)))
    return Halves(
        codes.view(np.uint8).reshape(-1, 2, 16),
        steps.reshape(-1, 2),
        starts.reshape(-1, 2),
        kept_code=0,
        parts=0,
    )


def halves_of_iq2_xs(blocks: NDArray[np.uint8]) -> Halves:
    """d * (1/2 + scale) / 4 * one of 8, 25, 43 and their negatives."""
    entries = bytes_of(blocks, 2, 66).view(np.uint16)
    signs = grids.signs_of_seven()[entries >> np.uint16(9)]
    codes = _signed("IQ2_XS", entries & np.uint16(511), signs)
    return _halves(codes, _iq2_steps(blocks, 66), 43, _IQ2_PARTS)


def halves_of_iq2_s(blocks: NDArray[np.uint8]) -> Halves:
    """As IQ2_XS, from a larger codebook, with all eight signs."""
    high = blocks[:, 66:74, None] >> np.array([0, 2, 4, 6], np.uint8) & np.uint8(3)
    entries = high.reshape(-1, 32).astype(np.uint16) << np.uint16(8) | blocks[:, 2:34]
    codes = _signed("IQ2_S", entries, blocks[:, 34:66])
    return _halves(codes, _iq2_steps(blocks, 74), 43, _IQ2_PARTS)


def _halves(
    codes: NDArray[np.uint64],
    steps: NDArray[np.float32],
    middle_code: int,
    parts: float,
) -> Halves:
    """Those that have zero at a code."""
    steps = steps.reshape(-1, 2)
    return Halves(
        codes.view(np.uint8).reshape(-1, 2, 16),
        steps,
        steps * np.float32(-middle_code),
        middle_code,
        parts,
    )


def _signed(
    name: str, entries: NDArray[np.uint16], signs: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    codes = grids.packed_codes(name, offset=43, bits=8)[entries]
    negative = _EVERY_BYTE * np.uint64(86) - codes
    return grids.turned(codes, negative, grids.sign_masks(8)[signs])


def _iq2_steps(blocks: NDArray[np.uint8], start: int) -> NDArray[np.float32]:
    pairs = blocks[:, start : start + 8]
    factors = np.stack([pairs & _NIBBLE, pairs >> np.uint8(4)], axis=-1)
    scales = factors.reshape(-1, 16).astype(np.float32) + np.float32(0.5)
    return halves_of(blocks, 0) * scales * np.float32(0.25)
