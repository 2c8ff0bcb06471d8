"""The IQ types that MLX can hold: codebooks of 4 or 8 weights at once.

Formulas: https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c. Where signs
are apart, a weight's code is `middle + value` or `middle - value`; the second comes
from the first without looking at single weights.
"""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights import grids
from mlxtui.convert.gguf.weights.blocks import (
    AffineGroups,
    bytes_of,
    finite_float16,
    float16_of,
)
from mlxtui.convert.gguf.weights.legacy import four_bit_values
from mlxtui.convert.gguf.weights.packing import join_pieces

_NIBBLE = np.uint8(0x0F)
_EVERY_BYTE = np.uint64(0x0101_0101_0101_0101)


def decode_iq4_xs(blocks: NDArray[np.uint8]) -> AffineGroups:
    """(d * scale) * one of 16 values."""
    high = bytes_of(blocks, 2, 4).view(np.uint16)
    pairs = high >> np.arange(0, 16, 2, dtype=np.uint16) & np.uint16(3)
    factors = _nibbles(blocks[:, 4:8]) | pairs.astype(np.uint8) << np.uint8(4)
    scales = float16_of(blocks, 0) * (factors.view(np.int8) - np.int8(32))
    words = four_bit_values(bytes_of(blocks, 8, 136).reshape(-1, 16))
    return AffineGroups(words.reshape(len(blocks), -1), scales, scales * -128)


def decode_iq3_s(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (1 + 2 * scale) * an odd number, -15 to 15: (number + 15) / 2 in 4 bits."""
    high = np.unpackbits(blocks[:, 66:74], axis=-1, bitorder="little")
    entries = blocks[:, 2:66] | high.astype(np.uint16) << np.uint16(8)
    codes = grids.packed_codes("IQ3_S", offset=15, divisor=2, bits=4)[entries]
    codes = codes[:, 0::2] | codes[:, 1::2] << np.uint64(16)
    # The code of the negative number is 15 - code: all its bits turned over.
    codes ^= grids.sign_masks(4)[blocks[:, 74:106]]
    scales = float16_of(blocks, 0) * (1 + 2 * _nibbles(blocks[:, 106:110]))
    return AffineGroups(join_pieces(codes, 4), scales * 2, scales * -15)


def decode_iq3_xxs(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (1/2 + scale) / 2 * an even number from -62 to 62, halved: 6 bits."""
    table = grids.packed_codes("IQ3_XXS", offset=62, divisor=2, bits=6)
    codes = table[blocks[:, 2:66]]
    codes = codes[:, 0::2] | codes[:, 1::2] << np.uint64(24)
    signs, factors = _signs_and_factors(bytes_of(blocks, 66, 98).view(np.uint32))
    middle = np.uint64(sum(62 << start for start in range(0, 48, 6)))
    codes = grids.turned(codes, middle - codes, grids.sign_masks(6)[signs])
    scales = float16_of(blocks, 0) * factors * np.float32(0.5)
    return AffineGroups(join_pieces(codes, 6), scales * 2, scales * -62)


def decode_iq2_xxs(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (1/2 + scale) / 4 * one of 8, 25, 43 and their negatives: 8 bits."""
    pairs = bytes_of(blocks, 2, 66).view(np.uint32)
    entries = np.ascontiguousarray(pairs[:, 0::2]).view(np.uint8)
    codes = grids.packed_codes("IQ2_XXS", offset=43, bits=8)[entries]
    signs, factors = _signs_and_factors(pairs[:, 1::2])
    middle = _EVERY_BYTE * np.uint64(86)
    codes = grids.turned(codes, middle - codes, grids.sign_masks(8)[signs])
    scales = float16_of(blocks, 0) * factors * np.float32(0.25)
    return AffineGroups(join_pieces(codes, 8), scales, scales * -43)


def decode_iq1_s(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (2 * scale + 1) * (-1, 0 or 1, and 1/8 more or less): 2 bits."""
    high = bytes_of(blocks, 34, 50).view(np.uint16)
    thirds = high[:, :, None] >> np.arange(0, 12, 3, dtype=np.uint16) & np.uint16(7)
    entries = blocks[:, 2:34] | thirds.reshape(-1, 32) << np.uint16(8)
    codes = grids.packed_codes("IQ1_S", offset=1, bits=2)[entries]
    factors = (high >> np.uint16(12) & np.uint16(7)) * np.uint16(2) + np.uint16(1)
    scales = float16_of(blocks, 0) * factors.astype(np.float32)
    shifts = np.where(high & np.uint16(0x8000), np.float32(-1.125), np.float32(-0.875))
    return AffineGroups(join_pieces(codes, 2), scales, scales * shifts)


def decode_iq1_m(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d / 8 * (2 * scale + 1) * (-8, 0 or 8, and 1 more or less): the odd numbers from
    -135 to 135 after d / 8 are the codes, (number + 135) / 2 in 8 bits."""
    packed = bytes_of(blocks, 48, 56).view(np.uint16)
    # Four bits of d are at the top of each.
    tops = packed >> np.uint16(12) << np.array([0, 4, 8, 12], np.uint16)
    bits = np.bitwise_or.reduce(tops, axis=1, keepdims=True)
    scales = finite_float16(bits).repeat(2, axis=1)
    high = _nibbles(blocks[:, 32:48])
    entries = blocks[:, :32] | (high & np.uint8(7)).astype(np.uint16) << np.uint16(8)
    thirds = packed[:, :, None] >> np.arange(0, 12, 3, dtype=np.uint16) & np.uint16(7)
    factors = thirds.reshape(-1, 16).repeat(2, axis=1).astype(np.int16) * 2 + 1
    # Of eight weights at once: 4 * factor * (value + 1), and what all of them lack yet.
    ups = np.where(high & np.uint8(8), factors * -9 + 135, factors * -7 + 135)
    codes = grids.packed_codes("IQ1_M", offset=1, bits=8)[entries]
    codes *= factors.astype(np.uint64) * np.uint64(4)
    codes += (ups // 2).astype(np.uint64) * _EVERY_BYTE
    return AffineGroups(
        join_pieces(codes, 8), scales * np.float32(0.25), scales * np.float32(-135 / 8)
    )


def _nibbles(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The two numbers of each byte, the lower one first."""
    both = np.stack([pairs & _NIBBLE, pairs >> np.uint8(4)], axis=-1)
    return both.reshape(len(pairs), -1)


def _signs_and_factors(
    packed: NDArray[np.uint32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """For each 32 weights four bytes of signs, and 1/2 + their scale."""
    sevens = packed[:, :, None] >> np.arange(0, 28, 7, dtype=np.uint32)
    signs = grids.signs_of_seven()[sevens & np.uint32(0x7F)]
    factors = (packed >> np.uint32(28)).astype(np.float32) + np.float32(0.5)
    return signs.reshape(len(packed), -1), factors
