"""The header of a .safetensors file: what is inside, and whether all of it is there.

Format: https://huggingface.co/docs/safetensors/index#format. Everything in a header is
checked against the file's size before anyone allocates or reads by it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlxtui.convert.source import Source
from mlxtui.i18n import _

# The format's own limit; a lying header may not make us read gigabytes.
_MAX_HEADER_BYTES = 100_000_000

# Most headers are shorter: one request to a hub instead of two.
_FIRST_READ_BYTES = 256 * 1024

# More than any array library has; the product of a long list of numbers is slow.
_MAX_DIMENSIONS = 32
_MAX_LENGTH = 2**63

DTYPE_BITS: Mapping[str, int] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Bits of one element of each type that the format has."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor's description."""

    dtype: str
    """The format's name for it: `F32`, `BF16`, `U32`, …"""
    shape: tuple[int, ...]
    start: int = 0
    """Offset in the file of its first byte."""
    end: int = 0
    """Offset in the file behind its last byte."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """All that a header says."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, Any]
    """`format` is `mlx` or `pt`; empty when there is none."""


def read_header_of(source: Source, path: str, size_bytes: int) -> Header:
    """The header of a file of a source, by one read or two.

    Raises:
        ValueError: It is no safetensors file, or it is damaged or cut; the text says
            how.
        OSError: It cannot be read.
    """
    head = source.read(path, 0, min(_FIRST_READ_BYTES, size_bytes))
    length = int.from_bytes(head[:8], "little")
    if len(head) < 8 or not 2 <= length <= min(_MAX_HEADER_BYTES, size_bytes - 8):
        raise ValueError(_("there is no safetensors header"))
    text = head[8 : 8 + length]
    if len(text) < length:
        text += source.read(path, 8 + len(text), length - len(text))
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_without_doubles)
        metadata = header.pop("__metadata__", None) or {}
        if not isinstance(metadata, dict):
            raise ValueError
        tensors = {name: _tensor(entry, 8 + length) for name, entry in header.items()}
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError) as error:  # fmt: skip
        raise ValueError(_("the safetensors header is damaged")) from error
    _check_offsets(tensors, 8 + length, size_bytes)
    return Header(tensors, metadata)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError
    return content


def _tensor(entry: Any, data_start: int) -> Tensor:
    """A checked tensor.

    Raises:
        ValueError, TypeError, LookupError: What it says cannot be.
    """
    dtype, shape = entry["dtype"], entry["shape"]
    start, end = entry["data_offsets"]
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise ValueError
    for number in (*shape, start, end):
        # A bool is an int, and a float may stand for another number.
        if type(number) is not int or not 0 <= number < _MAX_LENGTH:
            raise ValueError
    tensor = Tensor(dtype, tuple(shape), data_start + start, data_start + end)
    if (end - start) * 8 != tensor.size * DTYPE_BITS[dtype]:
        raise ValueError
    return tensor


def _check_offsets(
    tensors: Mapping[str, Tensor], data_start: int, size_bytes: int
) -> None:
    """Each byte of the file belongs to one tensor, as the format wants it."""
    position = data_start
    for tensor in sorted(tensors.values(), key=lambda one: (one.start, one.end)):
        if tensor.start != position:
            raise ValueError(_("the safetensors header is damaged"))
        position = tensor.end
    if position > size_bytes:
        raise ValueError(
            _("{count} of {expected} bytes are there").format(
                count=size_bytes, expected=position
            )
        )
    if position < size_bytes:
        raise ValueError(
            _("{count} bytes are there, {expected} were expected").format(
                count=size_bytes, expected=position
            )
        )
