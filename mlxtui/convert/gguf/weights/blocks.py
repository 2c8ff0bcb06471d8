"""Blocks of a GGUF tensor, and what decoding them gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_HALF_EXPONENT = np.uint16(0x7C00)


class NotFinite(ValueError):
    """A scale or a weight is infinite or no number, or too large for its new type."""


@dataclass(frozen=True, slots=True)
class AffineGroups:
    """Weights as `scale * code + bias`, group by group."""

    words: NDArray[np.uint32]
    """(rows, words): the codes, packed."""
    scales: NDArray[np.float32]
    """(rows, groups)."""
    biases: NDArray[np.float32]
    """(rows, groups)."""

    def values(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The weights.

        Args:
            codes: (groups of all rows, group size), unpacked.
        """
        values = codes * self.scales.reshape(-1, 1)
        values += self.biases.reshape(-1, 1)
        return values


@dataclass(frozen=True, slots=True)
class FloatGroups:
    """Weights as MLX's 4-bit floats: mxfp4 and nvfp4."""

    words: NDArray[np.uint32]
    """(rows, words): the codes, packed."""
    scales: NDArray[np.uint8]
    """(rows, groups): 8-bit floats."""


def bytes_of(blocks: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.uint8]:
    """A copy of one field of all blocks.

    Args:
        blocks: (blocks, bytes of a block).
    """
    # Never a view, not of one block either: fields are changed in place.
    return blocks[:, start:stop].copy()


def float16_of(blocks: NDArray[np.uint8], start: int) -> NDArray[np.float32]:
    """The 16-bit float at this byte of all blocks, as (blocks, 1).

    Raises:
        NotFinite: One is infinite or no number.
    """
    return finite_float16(bytes_of(blocks, start, start + 2).view(np.uint16))


def finite_float16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """16-bit floats from their bits.

    Raises:
        NotFinite: One is infinite or no number.
    """
    if (bits & _HALF_EXPONENT).max(initial=0) == _HALF_EXPONENT:
        raise NotFinite
    return bits.view(np.float16).astype(np.float32)
