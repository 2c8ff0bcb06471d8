"""The first types of ggml, one scale for 32 weights (Q1_0: for 128).

Formulas: https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
"""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import AffineGroups, bytes_of, float16_of
from mlxtui.convert.gguf.weights.packing import join_nibbles, pack_codes

# The 16 values of IQ4_NL and IQ4_XS, moved up to codes of 8 bits.
_FOUR_BIT_VALUES = (
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
)  # fmt: skip
_LOWER_CODES = bytes(_FOUR_BIT_VALUES[byte & 15] + 128 for byte in range(256))
_UPPER_CODES = bytes(_FOUR_BIT_VALUES[byte >> 4] + 128 for byte in range(256))


def decode_q4_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (code - 8)."""
    scales = float16_of(blocks, 0)
    return AffineGroups(nibbles(bytes_of(blocks, 2, 18)), scales, scales * -8)


def decode_q4_1(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * code + m."""
    words = nibbles(bytes_of(blocks, 4, 20))
    return AffineGroups(words, float16_of(blocks, 0), float16_of(blocks, 2))


def decode_q5_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (code - 16)."""
    scales = float16_of(blocks, 0)
    return AffineGroups(_five_bits(blocks, 2), scales, scales * -16)


def decode_q5_1(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * code + m."""
    words = _five_bits(blocks, 4)
    return AffineGroups(words, float16_of(blocks, 0), float16_of(blocks, 2))


def decode_q8_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * signed code."""
    scales = float16_of(blocks, 0)
    # With the sign's bit turned over, -128 to 127 become 0 to 255.
    words = bytes_of(blocks, 2, 34).view(np.uint32)
    words ^= np.uint32(0x8080_8080)
    return AffineGroups(words, scales, scales * -128)


def decode_q1_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d where the bit is set, else -d."""
    scales = float16_of(blocks, 0)
    return AffineGroups(bytes_of(blocks, 2, 18).view(np.uint32), scales * 2, -scales)


def decode_iq4_nl(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * one of 16 values."""
    scales = float16_of(blocks, 0)
    words = four_bit_values(bytes_of(blocks, 2, 18))
    return AffineGroups(words, scales, scales * -128)


def nibbles(pairs: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Codes of 4 bits, from bytes of two codes each.

    Args:
        pairs: (groups, 16): lower halves first, as in all types of 32 weights.

    Returns:
        (groups, 4).
    """
    lower, upper = join_nibbles(pairs)
    words = np.empty((len(pairs), 2), np.uint64)
    words[:, :1] = lower.view(np.uint64)
    words[:, 1:] = upper.view(np.uint64)
    return words.view(np.uint32)


def four_bit_values(pairs: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Codes of 8 bits, the value + 128, from bytes of two codes each.

    Args:
        pairs: (groups, 16): lower halves first, as in all types of 32 weights.
    """
    # numpy has no table of bytes that is as fast as this one.
    text = pairs.tobytes()
    codes = np.empty((len(pairs), 32), np.uint8)
    codes[:, :16] = _bytes(text.translate(_LOWER_CODES)).reshape(-1, 16)
    codes[:, 16:] = _bytes(text.translate(_UPPER_CODES)).reshape(-1, 16)
    return codes.view(np.uint32)


def _bytes(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(text, np.uint8)


def _five_bits(blocks: NDArray[np.uint8], start: int) -> NDArray[np.uint32]:
    """32 fifth bits from `start` on, then 32 codes of 4 bits."""
    pairs = bytes_of(blocks, start + 4, start + 20)
    fifth = np.unpackbits(blocks[:, start : start + 4], axis=-1, bitorder="little")
    fifth <<= np.uint8(4)
    codes = fifth.reshape(-1, 2, 16)
    codes[:, 0] |= pairs & np.uint8(0x0F)
    codes[:, 1] |= pairs >> np.uint8(4)
    return pack_codes(codes.reshape(-1, 32), 5)
