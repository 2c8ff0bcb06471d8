"""Types of three values, -d, 0 and d, for models that were trained so."""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import AffineGroups, bytes_of, float16_of
from mlxtui.convert.gguf.weights.packing import pack_codes

# Five digits of base 3 in a byte, as a fraction of 256: the first digit is the whole
# part of 3 * byte / 256, the next ones follow after multiplying by 3.
_POWERS = np.array([1, 3, 9, 27, 81], np.uint8)[:, None]


def decode_tq2_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (code - 1)."""
    four = bytes_of(blocks, 0, 64).reshape(-1, 2, 1, 32)
    codes = four >> np.array([0, 2, 4, 6], np.uint8)[:, None] & np.uint8(3)
    return _groups(codes.reshape(len(blocks), -1), float16_of(blocks, 64))


def decode_tq1_0(blocks: NDArray[np.uint8]) -> AffineGroups:
    """d * (digit - 1)."""
    count = len(blocks)
    digits = np.concatenate(
        [
            (blocks[:, None, :32] * _POWERS).reshape(count, -1),
            (blocks[:, None, 32:48] * _POWERS).reshape(count, -1),
            (blocks[:, None, 48:52] * _POWERS[:4]).reshape(count, -1),
        ],
        axis=1,
    )
    codes = (digits.astype(np.uint16) * np.uint16(3) >> np.uint16(8)).astype(np.uint8)
    return _groups(codes, float16_of(blocks, 52))


def _groups(codes: NDArray[np.uint8], scales: NDArray[np.float32]) -> AffineGroups:
    scales = scales.repeat(2, axis=1)
    return AffineGroups(pack_codes(codes, 2), scales, -scales)
