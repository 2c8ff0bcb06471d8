"""Decoders of the types with scales of their own for each 16 weights.

Formulas: https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights import grids
from mlxtui.convert.gguf.weights.blocks import bytes_of, float16_of

# 8, 25 and 43 times it are almost whole numbers: 23.04, 72 and 123.84.
_IQ2_PARTS = 2.88
_EVERY_BYTE = np.uint64(0x0101_0101_0101_0101)
_NIBBLE = np.uint8(0x0F)


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
        """The weights of every `step`-th group, as (groups, 32)."""
        values = self.codes[::step] * self.steps[::step, :, None]
        values += self.starts[::step, :, None]
        return values.reshape(-1, 32)


def decode_q6_k(blocks: NDArray[np.uint8]) -> Halves:
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
    return _halves(codes, float16_of(blocks, 208) * factors, 32, parts=0)


def decode_q2_k(blocks: NDArray[np.uint8]) -> Halves:
    """(d * scale) * code - dmin * minimum."""
    both = blocks[:, :16]
    packed = bytes_of(blocks, 16, 80).view(np.uint64).reshape(-1, 2, 4)
    codes = np.empty((len(blocks), 2, 4, 4), np.uint64)
    for group in range(4):
        part = packed >> np.uint64(2 * group)
        part &= _EVERY_BYTE * np.uint64(3)
        codes[:, :, group] = part
    steps = float16_of(blocks, 80) * (both & _NIBBLE)
    starts = -(float16_of(blocks, 82) * (both >> np.uint8(4)))
    return Halves(
        codes.view(np.uint8).reshape(-1, 2, 16),
        steps.reshape(-1, 2),
        starts.reshape(-1, 2),
        kept_code=0,
        parts=0,
    )


def decode_iq2_xs(blocks: NDArray[np.uint8]) -> Halves:
    """d * (1/2 + scale) / 4 * one of 8, 25, 43 and their negatives."""
    entries = bytes_of(blocks, 2, 66).view(np.uint16)
    signs = grids.signs_of_seven()[entries >> np.uint16(9)]
    codes = _signed("IQ2_XS", entries & np.uint16(511), signs)
    return _halves(codes, _iq2_steps(blocks, 66), 43, _IQ2_PARTS)


def decode_iq2_s(blocks: NDArray[np.uint8]) -> Halves:
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
    return float16_of(blocks, 0) * scales * np.float32(0.25)
