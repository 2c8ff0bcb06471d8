"""Codes are packed as MLX packs them."""

import mlx.core as mx
import numpy as np
import pytest

from mlxtui.convert.gguf.weights.packing import (
    join_nibbles,
    pack_codes,
    unpack_codes,
)

_BITS = (1, 2, 3, 4, 5, 6, 8)


@pytest.mark.parametrize("bits", _BITS)
def test_mlx_reads_the_codes(bits: int) -> None:
    codes = np.random.default_rng(bits).integers(0, 1 << bits, (3, 96), np.uint8)
    words = pack_codes(codes, bits)
    ones, zeros = mx.ones((3, 3)), mx.zeros((3, 3))
    read = mx.dequantize(mx.array(words), ones, zeros, group_size=32, bits=bits)
    np.testing.assert_array_equal(np.array(read), codes)


@pytest.mark.parametrize("bits", _BITS)
def test_codes_come_back(bits: int) -> None:
    codes = np.random.default_rng(bits).integers(0, 1 << bits, (5, 64), np.uint8)
    np.testing.assert_array_equal(unpack_codes(pack_codes(codes, bits), bits), codes)


def test_nibbles_are_joined_in_pairs() -> None:
    lower, upper = join_nibbles(np.array([[0x1A, 0x2B, 0x3C, 0x4D]], np.uint8))
    assert lower.tolist() == [[0xBA, 0xDC]]
    assert upper.tolist() == [[0x21, 0x43]]
