"""GGUF tensors as plain floats."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.types import block_sizes
from mlxtui.convert.gguf.weights.blocks import NotFinite
from mlxtui.convert.gguf.weights.decoding import AFFINE, FLOATS, HALVES
from mlxtui.convert.gguf.weights.packed_forms import EXACT
from mlxtui.convert.gguf.weights.packing import unpack_codes

INTEGER_TYPES = {"I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
_STORED = {"F32": "<f4", "F16": "<f2", "F64": "<f8", **INTEGER_TYPES}


def float_rows(raw: NDArray[np.uint8], type_name: str) -> NDArray[np.float32]:
    """The values of rows of a tensor, as the file has them.

    Args:
        raw: (rows, bytes of a row).
        type_name: One of those that are taken (`forms.TAKEN_TYPES`).

    Returns:
        (rows, width).

    Raises:
        NotFinite: A value is infinite or no number, or a whole number that float32
            does not have.
    """
    if block_sizes()[type_name][0] == 1:
        values = _plain(np.ascontiguousarray(raw), type_name)
        if not np.isfinite(values).all():
            raise NotFinite
        return values
    blocks = raw.reshape(-1, block_sizes()[type_name][1])
    return _values(blocks, type_name).reshape(len(raw), -1)


def _plain(raw: NDArray[np.uint8], type_name: str) -> NDArray[np.float32]:
    if type_name == "BF16":
        bits = raw.view("<u2").astype(np.uint32)
        bits <<= np.uint32(16)
        return bits.view(np.float32)
    stored: NDArray[Any] = raw.view(_STORED[type_name])
    with np.errstate(over="ignore"):
        values = stored.astype(np.float32)
    if stored.dtype.kind == "i" and np.any(values != stored.astype(np.float64)):
        raise NotFinite
    return values


def _values(blocks: NDArray[np.uint8], type_name: str) -> NDArray[np.float32]:
    if type_name in HALVES:
        return HALVES[type_name](blocks).values()
    if type_name in AFFINE:
        packed = EXACT[type_name]
        groups = AFFINE[type_name](blocks)
        codes = unpack_codes(groups.words, packed.bits)
        return groups.values(codes.reshape(-1, packed.group_size))
    FLOATS[type_name](blocks)  # refuses what is not finite
    from gguf import GGMLQuantizationType, quants

    values: NDArray[np.float32] = quants.dequantize(
        blocks, GGMLQuantizationType[type_name]
    )
    return values
