"""Random and extreme blocks of every quantized type, and what they mean."""

from collections.abc import Mapping
from typing import Any

import mlx.core as mx
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.form import Form
from mlxtui.convert.gguf.weights.packed_forms import EXACT, NEARLY

PACKED_TYPES = (*EXACT, *NEARLY)
FLOAT4_TYPES = ("MXFP4", "NVFP4")
HALF_TYPES = tuple(name for name in PACKED_TYPES if name not in FLOAT4_TYPES)
"""Their scales are 16-bit floats."""

# Where the 16-bit floats of a block lie; those of IQ1_M are in four parts.
_HALVES: Mapping[str, tuple[int, ...]] = {
    "Q4_1": (0, 2), "Q5_1": (0, 2), "Q4_K": (0, 2), "Q5_K": (0, 2),
    "Q2_K": (80, 82), "Q3_K": (108,), "Q6_K": (208,), "TQ1_0": (52,), "TQ2_0": (64,),
}  # fmt: skip

Blocks = NDArray[np.uint8]
"""(blocks, bytes of a block)."""


def sizes_of(type_name: str) -> tuple[int, int]:
    """Weights of a block, and its bytes."""
    block_size, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    return block_size, block_bytes


def random_blocks(type_name: str, count: int, seed: int = 0) -> Blocks:
    """Blocks of all codes, with scales as in models."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (count, sizes_of(type_name)[1]), np.uint8)
    if type_name == "MXFP4":
        blocks[:, 0] = rng.integers(110, 130, count)
    elif type_name == "NVFP4":
        blocks[:, :4] = rng.integers(0, 127, (count, 4))
    else:
        halves = rng.uniform(1e-3, 1e-2, count) * rng.choice([-1, 1], count)
        set_halves(type_name, blocks, halves.astype(np.float16))
    return blocks


def set_halves(
    type_name: str,
    blocks: Blocks,
    halves: NDArray[np.float16],
    which: int | None = None,
) -> None:
    """Give all blocks these scales.

    Args:
        halves: One for each block.
        which: Only this one of several.
    """
    if type_name == "IQ1_M":
        words = blocks[:, 48:56].copy().view(np.uint16)
        words &= np.uint16(0x0FFF)
        bits = halves.view(np.uint16)[:, None]
        words |= bits >> np.array([0, 4, 8, 12], np.uint16) << np.uint16(12)
        blocks[:, 48:56] = words.view(np.uint8)
        return
    starts = _HALVES.get(type_name, (0,))
    for start in starts if which is None else starts[which : which + 1]:
        blocks[:, start : start + 2] = halves[:, None].view(np.uint8)


def half_count(type_name: str) -> int:
    """Scales that a block has."""
    return len(_HALVES.get(type_name, (0,)))


def made_finite(type_name: str, blocks: Blocks) -> Blocks:
    """Blocks of any bytes, as they may be in a file that is not refused."""
    blocks = blocks.copy()
    if type_name == "MXFP4":
        blocks[:, 0] = np.minimum(blocks[:, 0], 252)
    elif type_name == "NVFP4":
        scales = blocks[:, :4]
        scales[scales == 0xFF] = 0
    elif type_name == "IQ1_M":
        blocks[:, 55] &= 0xBF
    else:
        for start in _HALVES.get(type_name, (0,)):
            top = blocks[:, start + 1]
            top[top & 0x7C == 0x7C] &= 0xBF
    return blocks


def meant(type_name: str, blocks: Blocks) -> NDArray[np.float32]:
    """What the `gguf` package says; for Q1_0, which it cannot read, the formula."""
    if type_name == "Q1_0":
        scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        bits = np.unpackbits(blocks[:, 2:], axis=1, bitorder="little")
        return np.where(bits, scales, -scales)
    kind = GGMLQuantizationType[type_name]
    return np.asarray(quants.dequantize(blocks, kind), np.float32)


def unpacked(parts: Mapping[str, NDArray[Any]], form: Form) -> NDArray[np.float32]:
    """What MLX makes of a tensor's parts, in float32."""
    arrays = {name: _as_mlx(part) for name, part in parts.items()}
    if form.quantization is None:
        return np.array(arrays["weight"].astype(mx.float32))
    values = mx.dequantize(
        arrays["weight"],
        arrays["scales"],
        arrays.get("biases"),
        group_size=form.quantization.group_size,
        bits=form.quantization.bits,
        mode=form.quantization.mode,
        dtype=mx.float32,
    )
    return np.array(values)


def _as_mlx(part: NDArray[Any]) -> mx.array:
    array = mx.array(part)
    # numpy has no bfloat16: its bits.
    return array.view(mx.bfloat16) if part.dtype == np.uint16 else array


def relative_error(values: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Relative RMS."""
    difference = values.astype(np.float64) - wanted
    return float(
        np.sqrt(np.square(difference).sum() / np.square(wanted, dtype=np.float64).sum())
    )
