"""The K types that MLX can hold: 256 weights with scales of their own for parts.

Formulas: https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
"""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import (
    AffineGroups,
    bytes_of,
    finite_float16,
    float16_of,
)
from mlxtui.convert.gguf.weights.packing import join_nibbles, pack_codes

_NIBBLE = np.uint8(0x0F)
# In each byte of a word.
_SIX_BITS = np.uint32(0x3F3F_3F3F)
_NIBBLES = np.uint32(0x0F0F_0F0F)
_TOP_PAIRS = np.uint32(0x3030_3030)
_EVERY_BYTE = np.uint64(0x0101_0101_0101_0101)


def decode_q4_k(blocks: NDArray[np.uint8]) -> AffineGroups:
    """(d * scale) * code - dmin * minimum, for each 32."""
    scales, biases = _scales_and_biases(blocks)
    # Each 32 bytes hold 32 codes in their lower halves, the next 32 in the upper ones.
    lower, upper = join_nibbles(bytes_of(blocks, 16, 144))
    words = np.empty((len(blocks), 4, 2, 2), np.uint64)
    words[:, :, 0] = lower.view(np.uint64).reshape(-1, 4, 2)
    words[:, :, 1] = upper.view(np.uint64).reshape(-1, 4, 2)
    return AffineGroups(words.reshape(len(blocks), -1).view(np.uint32), scales, biases)


def decode_q5_k(blocks: NDArray[np.uint8]) -> AffineGroups:
    """As Q4_K, with a fifth bit."""
    scales, biases = _scales_and_biases(blocks)
    fifth = bytes_of(blocks, 16, 48).view(np.uint64)
    pairs = bytes_of(blocks, 48, 176).view(np.uint64).reshape(-1, 4, 4)
    codes = np.empty((len(blocks), 8, 4), np.uint64)
    for group in range(8):
        # Bit `group` of each of the 32 bytes is the fifth of a code of that group.
        bit = fifth >> np.uint64(group)
        bit &= _EVERY_BYTE
        bit <<= np.uint64(4)
        bit |= pairs[:, group // 2] >> np.uint64(4 * (group % 2)) & (
            _EVERY_BYTE * np.uint64(15)
        )
        codes[:, group] = bit
    packed = pack_codes(codes.reshape(len(blocks), -1).view(np.uint8), 5)
    return AffineGroups(packed, scales, biases)


def decode_q3_k(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (scale * code), the whole numbers -124 to 128 in brackets as the new code:
    128 - product, with the scale -d."""
    scales = float16_of(blocks, 108).repeat(2, axis=1)
    high_bits = bytes_of(blocks, 0, 32).view(np.uint64)
    low_bits = bytes_of(blocks, 32, 96).view(np.uint64).reshape(-1, 2, 4)
    codes = np.empty((len(blocks), 8, 4), np.uint64)
    for group in range(8):
        low = low_bits[:, group // 4] >> np.uint64(2 * (group % 4))
        low &= _EVERY_BYTE * np.uint64(3)
        high = high_bits >> np.uint64(group)
        high &= _EVERY_BYTE
        high <<= np.uint64(2)
        codes[:, group] = low | high
    factors = _q3_k_scales(bytes_of(blocks, 96, 108))
    # Bytes wrap around: 128 - factor * (code - 4), as 128 + 4 * factor - factor * code.
    offsets = factors * np.uint8(4)
    offsets += np.uint8(128)
    products = codes.reshape(-1).view(np.uint8)
    products *= _for_each_16(factors)
    np.subtract(_for_each_16(offsets), products, out=products)
    words = products.view(np.uint32).reshape(len(blocks), -1)
    return AffineGroups(words, -scales, scales * 128)


def _scales_and_minimums(
    packed: NDArray[np.uint32],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Eight scales and eight minimums of 6 bits each from the 12 bytes of a block."""
    low, middle, high = packed[:, 0], packed[:, 1], packed[:, 2]
    scales = np.empty((len(packed), 2), np.uint32)
    minimums = np.empty((len(packed), 2), np.uint32)
    scales[:, 0] = low & _SIX_BITS
    scales[:, 1] = high & _NIBBLES | low >> np.uint32(2) & _TOP_PAIRS
    minimums[:, 0] = middle & _SIX_BITS
    minimums[:, 1] = high >> np.uint32(4) & _NIBBLES | (
        middle >> np.uint32(2) & _TOP_PAIRS
    )
    return scales.view(np.uint8), minimums.view(np.uint8)


def _scales_and_biases(
    blocks: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scales, minimums = _scales_and_minimums(bytes_of(blocks, 4, 16).view(np.uint32))
    factors = finite_float16(bytes_of(blocks, 0, 4).view(np.uint16))
    return factors[:, :1] * scales, factors[:, 1:] * -minimums.view(np.int8)


def _q3_k_scales(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """16 scales of 6 bits, less 32, as bytes that wrap around."""
    scales = np.empty((len(packed), 4, 4), np.uint8)
    low, high = packed[:, :8].reshape(-1, 2, 4), packed[:, 8:]
    scales[:, :2] = low & _NIBBLE
    scales[:, 2:] = low >> np.uint8(4)
    for number in range(4):
        pair = (high >> np.uint8(2 * number)) & np.uint8(3)
        scales[:, number] |= pair << np.uint8(4)
    scales -= np.uint8(32)
    return scales.reshape(-1, 16)


def _for_each_16(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each byte sixteen times."""
    wide = values.reshape(-1, 1).astype(np.uint64) * _EVERY_BYTE
    return wide.repeat(2, axis=1).reshape(-1).view(np.uint8)
