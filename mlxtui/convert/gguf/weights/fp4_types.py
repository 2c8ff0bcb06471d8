"""4-bit floats with 8-bit float scales, which MLX has under the same names."""

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.blocks import FloatGroups, NotFinite, bytes_of
from mlxtui.convert.gguf.weights.legacy import nibbles
from mlxtui.convert.gguf.weights.packing import join_nibbles

# Scales of MXFP4 are powers of two, 2**(byte - 127); 255 is no number. The codes go up
# to 6, those from 4 on are beyond float32 at the scales from 253 on.
_NO_POWER = 255
_RISKY_POWER = 253
_NVFP4_SIGN = np.uint8(0x80)
_NVFP4_NO_NUMBER = 0x7F


def decode_mxfp4(blocks: NDArray[np.uint8]) -> FloatGroups:
    """2**(scale - 127) * e2m1.

    Raises:
        NotFinite: A scale is no number, or too large for float32 with its codes.
    """
    scales = bytes_of(blocks, 0, 1)
    if scales.max(initial=0) >= _RISKY_POWER:
        _check_powers(blocks[scales[:, 0] >= _RISKY_POWER])
    return FloatGroups(nibbles(bytes_of(blocks, 1, 17)), scales)


def decode_nvfp4(blocks: NDArray[np.uint8]) -> FloatGroups:
    """ue4m3 * e2m1, in groups of 16.

    Raises:
        NotFinite: A scale is no number.
    """
    scales = bytes_of(blocks, 0, 4)
    # ggml has no sign there and takes 127 for zero; MLX takes it for no number.
    if np.any(scales == (_NVFP4_SIGN | _NVFP4_NO_NUMBER)):
        raise NotFinite
    scales &= ~_NVFP4_SIGN
    scales[scales == _NVFP4_NO_NUMBER] = 0
    lower, upper = join_nibbles(bytes_of(blocks, 4, 36))
    words = np.empty((len(blocks), 4, 2), np.uint32)
    words[:, :, 0] = lower.view(np.uint32)
    words[:, :, 1] = upper.view(np.uint32)
    return FloatGroups(words.reshape(len(blocks), -1), scales)


def _check_powers(blocks: NDArray[np.uint8]) -> None:
    powers = blocks[:, 0].astype(np.float64)
    # The size of a code without its sign: 0, 1/2, 1, 3/2, 2, 3, 4, 6.
    sizes = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    codes = np.concatenate([blocks[:, 1:] & 7, blocks[:, 1:] >> 4 & 7], axis=1)
    largest = sizes[codes].max(axis=1) * np.exp2(powers - 127)
    if np.any(powers == _NO_POWER) or np.any(largest > np.finfo(np.float32).max):
        raise NotFinite
