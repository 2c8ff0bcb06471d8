"""Codes as MLX packs them: a stream of bits, little endian, in 32-bit words.

Whole-array arithmetic on 64-bit words, eight codes in each.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_PIECES = 4
"""Of eight codes each: they fill whole words at every number of bits."""
_WORD_BITS = 32


def pack_codes(codes: NDArray[np.uint8], bits: int) -> NDArray[np.uint32]:
    """Pack codes of one byte each.

    Args:
        codes: (rows, width), the width a multiple of 32; each code under 2**bits.
        bits: Of one code, 1 to 8.

    Returns:
        (rows, width * bits / 32).
    """
    pieces = np.ascontiguousarray(codes).view(np.uint64)
    for lower_mask, upper_mask, distance in _joints(bits):
        # A lane's upper half comes down to the bits that its lower half fills.
        upper = pieces >> distance
        upper &= upper_mask
        upper |= pieces & lower_mask
        pieces = upper
    return join_pieces(pieces, bits)


def join_pieces(pieces: NDArray[np.uint64], bits: int) -> NDArray[np.uint32]:
    """Put pieces of eight packed codes one after the other.

    Args:
        pieces: (rows, width / 8), each with its 8 * bits in the lowest bits.
    """
    rows = len(pieces)
    if bits == 8:
        return pieces.view(np.uint32)
    if bits == 4:
        return pieces.astype(np.uint32)
    pieces = pieces.reshape(-1, _PIECES)
    words = np.empty((len(pieces), bits), np.uint32)
    for number in range(bits):
        first_bit = number * _WORD_BITS
        word: NDArray[np.uint64] | None = None
        for index in range(_PIECES):
            start = index * 8 * bits - first_bit
            if not -8 * bits < start < _WORD_BITS:
                continue
            piece = pieces[:, index]
            piece = piece << np.uint64(start) if start > 0 else piece
            piece = piece >> np.uint64(-start) if start < 0 else piece
            word = piece if word is None else word | piece
        assert word is not None
        words[:, number] = word
    return words.reshape(rows, -1)


def join_nibbles(
    pairs: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Join the lower halves of neighbouring bytes, and the upper ones, each to bytes.

    Args:
        pairs: (rows, width), a byte of two codes each; the width even.

    Returns:
        Two of (rows, width / 2), the first code in the lower half.
    """
    both = np.ascontiguousarray(pairs).view(np.uint16)
    lower = both & np.uint16(0x000F)
    half = both >> np.uint16(4)
    lower |= half & np.uint16(0x00F0)
    half &= np.uint16(0x0FFF)
    upper = half & np.uint16(0x000F)
    half >>= np.uint16(4)
    half &= np.uint16(0x00F0)
    upper |= half
    return lower.astype(np.uint8), upper.astype(np.uint8)


def unpack_codes(words: NDArray[np.uint32], bits: int) -> NDArray[np.uint8]:
    """Undo `pack_codes`.

    Args:
        words: (rows, words), of whole groups of 32 codes.
    """
    stream = np.ascontiguousarray(words).view(np.uint8)
    if bits == 8:
        return stream
    stream = stream.reshape(-1, bits)
    pieces = np.zeros((len(stream), 8), np.uint8)
    pieces[:, :bits] = stream
    codes = pieces.view(np.uint64) >> np.arange(0, 8 * bits, bits, dtype=np.uint64)
    codes &= np.uint64((1 << bits) - 1)
    return codes.astype(np.uint8).reshape(len(words), -1)


@cache
def _joints(bits: int) -> tuple[tuple[np.uint64, np.uint64, np.uint64], ...]:
    """Masks and distances that bring neighbours together: first bytes, then pairs of
    them, then halves."""
    if bits == 8:
        return ()
    joints = []
    filled = bits
    for lane_bits in (8, 16, 32):
        ones = (1 << filled) - 1
        lower = sum(ones << start for start in range(0, 64, 2 * lane_bits))
        joints.append(
            (
                np.uint64(lower),
                np.uint64(lower << filled),
                np.uint64(lane_bits - filled),
            )
        )
        filled *= 2
    return tuple(joints)
