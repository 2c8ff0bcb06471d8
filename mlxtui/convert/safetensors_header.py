"""The header of a .safetensors file: what is inside, and whether all of it is there.

Format: https://huggingface.co/docs/safetensors/index#format
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from mlxtui.i18n import _

# The format's own limit; a lying header may not make us read gigabytes.
_MAX_HEADER_BYTES = 100_000_000

# What JSON that is something else, deep, or full of infinities leads to.
_HEADER_ERRORS = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor's description."""

    dtype: str
    """The format's name for it: `F32`, `BF16`, `U32`, …"""
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name.

    Raises:
        ValueError: It is no safetensors file, or its end is missing; the text says
            which.
        OSError: It cannot be read.
    """
    size_bytes = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER_BYTES, size_bytes - 8):
            raise ValueError(_("there is no safetensors header"))
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            tensors = {
                name: Tensor(str(entry["dtype"]), tuple(map(int, entry["shape"])))
                for name, entry in header.items()
            }
            if any(length < 0 for each in tensors.values() for length in each.shape):
                raise ValueError
            ends = [int(entry["data_offsets"][1]) for entry in header.values()]
        except _HEADER_ERRORS as error:
            raise ValueError(_("the safetensors header is damaged")) from error
    expected_bytes = 8 + length + max(ends, default=0)
    if size_bytes < expected_bytes:
        raise ValueError(
            _("{count} of {expected} bytes are there").format(
                count=size_bytes, expected=expected_bytes
            )
        )
    return tensors
