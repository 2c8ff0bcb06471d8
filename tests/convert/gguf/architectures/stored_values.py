"""Values as a type of GGUF stores them, and what they are then."""

from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

Type = gguf.GGMLQuantizationType

# Where the 16-bit scales of a block of 256 are, in bytes.
_SCALES = {Type.Q4_K: (0, 2), Type.Q5_K: (0, 2), Type.Q6_K: (208,), Type.Q3_K: (108,)}


def stored_values(
    values: NDArray[np.float32], kind: gguf.GGMLQuantizationType
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Values in a type, and the values that they are then."""
    elements, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    values = np.ascontiguousarray(values)
    if kind in _SCALES:
        blocks = _random_blocks(values, kind, elements, block_bytes)
        return blocks, gguf.quants.dequantize(blocks, kind).reshape(values.shape)
    stored = gguf.quants.quantize(values, kind)
    return stored, gguf.quants.dequantize(stored, kind).reshape(values.shape)


def _random_blocks(
    values: NDArray[np.float32],
    kind: gguf.GGMLQuantizationType,
    elements: int,
    block_bytes: int,
) -> NDArray[np.uint8]:
    """Random blocks of about the same spread, since the package cannot make any."""
    random = np.random.default_rng(values.size)
    count = values.size // elements
    blocks = random.integers(0, 256, (count, block_bytes), np.uint8)
    for place, byte in enumerate(_SCALES[kind]):
        # The second scale is that of the smallest values: it keeps the mean at 0.
        middle = 15 if kind == Type.Q5_K else 7.5
        scales = np.full(count, middle if place else 1, np.float16)
        blocks[:, byte : byte + 2] = scales.view(np.uint8).reshape(count, 2)
    spread = gguf.quants.dequantize(blocks, kind).std() / max(values.std(), 1e-6)
    for place, byte in enumerate(_SCALES[kind]):
        middle = 15 if kind == Type.Q5_K else 7.5
        scale = (middle if place else 1) / spread
        scales = (scale * random.uniform(0.5, 1.5, count)).astype(np.float16)
        blocks[:, byte : byte + 2] = scales.view(np.uint8).reshape(count, 2)
    return blocks.reshape(*values.shape[:-1], -1)
