"""The codebooks of the IQ types, as tables of codes that MLX can hold.

The numbers are data of the `gguf` package.
"""

from functools import cache
from typing import Any

import numpy as np
from gguf import quants
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.packing import pack_codes


@cache
def values_of(name: str) -> NDArray[np.int16]:
    """A codebook: (entries, 4 or 8) whole numbers, without their signs.

    Args:
        name: Of the type: `IQ3_S`.
    """
    # Its tables are made at first use, by a method of their class.
    kind: Any = getattr(quants, name)
    kind.init_grid()
    return np.ascontiguousarray(kind.grid.reshape(kind.grid_shape), np.int16)


@cache
def packed_codes(
    name: str, *, offset: int, divisor: int = 1, bits: int
) -> NDArray[np.uint64]:
    """For each entry its packed codes, (value + offset) / divisor."""
    values = values_of(name)
    codes = ((values + offset) // divisor).astype(np.uint8)
    filled = np.zeros((len(codes), 32), np.uint8)
    filled[:, : codes.shape[1]] = codes
    return _first_piece(filled, bits)


@cache
def sign_masks(bits: int) -> NDArray[np.uint64]:
    """For each byte of eight signs, ones over the codes whose sign is set."""
    flags = np.unpackbits(
        np.arange(256, dtype=np.uint8)[:, None], axis=-1, bitorder="little"
    )
    masks = np.zeros((256, 32), np.uint8)
    masks[:, :8] = flags * np.uint8((1 << bits) - 1)
    return _first_piece(masks, bits)


@cache
def signs_of_seven() -> NDArray[np.uint8]:
    """Eight signs from seven: the eighth makes their number even."""
    return np.frombuffer(quants.IQ2_XXS.ksigns, np.uint8)


def turned(
    codes: NDArray[np.uint64], negative: NDArray[np.uint64], where: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The negative ones (overwritten), where the mask has ones."""
    negative ^= codes
    negative &= where
    negative ^= codes
    return negative


def _first_piece(codes: NDArray[np.uint8], bits: int) -> NDArray[np.uint64]:
    """The first 64 bits of rows of 32 packed codes."""
    words = pack_codes(codes, bits)
    pieces = np.zeros((len(words), 2), np.uint32)
    pieces[:, : min(bits, 2)] = words[:, :2]
    return pieces.view(np.uint64)[:, 0]
