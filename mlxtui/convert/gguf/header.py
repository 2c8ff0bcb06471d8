"""The header of a GGUF file: its facts and its tensors, read without their data.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Vocabularies are
walked over and not kept. Counts are checked against the file's size before they are
believed.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlxtui.convert.gguf.types import BLOCKS, TYPE_NAMES
from mlxtui.convert.source import Source
from mlxtui.i18n import _

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)

# The longest vocabularies take some 20 MB; what takes more is no header.
_MAX_HEADER_BYTES = 128 * 1024**2
_MAX_KEPT_TEXT_BYTES = 1024**2
_MAX_DIMENSIONS = 8
_MAX_NESTING = 4

# Grows, so that a small header takes one request to a hub and a long one not many.
_FIRST_READ_BYTES = 512 * 1024
_LARGEST_READ_BYTES = 8 * 1024**2

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
    12: "d",
}  # fmt: skip
_TEXT, _ARRAY = 8, 9
_LEAST_ENTRY_BYTES = 13
_LEAST_TENSOR_BYTES = 24


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One tensor's description."""

    type_name: str
    """`Q4_K`, `F16`, …"""
    shape: tuple[int, ...]
    """Innermost dimension first."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """All that a header says, vocabularies left out."""

    facts: Mapping[str, Any]
    """Numbers and short texts by key: `general.architecture`, …"""
    tensors: Mapping[str, GgufTensor]


class _Walk:
    """Reads a file from its beginning, in growing blocks.

    Raises:
        ValueError: The file ends before what it promised.
    """

    def __init__(self, source: Source, path: str, size_bytes: int) -> None:
        self._source, self._path = source, path
        self._size_bytes = min(size_bytes, _MAX_HEADER_BYTES)
        self._block = b""
        self._block_start = 0
        self._read_bytes = _FIRST_READ_BYTES
        self.position = 0

    @property
    def left_bytes(self) -> int:
        return self._size_bytes - self.position

    def take(self, length: int) -> bytes:
        """The next bytes."""
        start = self.position - self._block_start
        if start + length > len(self._block):
            self._fetch(length)
            start = 0
        self.position += length
        return self._block[start : start + length]

    def skip(self, length: int) -> None:
        """Leave bytes out, without reading them where they are many."""
        if length > self.left_bytes:
            raise ValueError(_("the end of the file is missing"))
        self.position += length

    def number(self, form: str) -> Any:
        """The next number, little endian."""
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        """The next text."""
        length = self.number("Q")
        if length > _MAX_KEPT_TEXT_BYTES:
            raise ValueError(_("a text in it is too long"))
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Leave so many texts out: a vocabulary has hundreds of thousands."""
        unpack = struct.Struct("<Q").unpack_from
        while count:
            self.skip(self.number("Q"))
            count -= 1
            # The rest of the block without a call for each.
            block, place = self._block, self.position - self._block_start
            last = len(block) - 8
            while count and place <= last:
                after = place + 8 + unpack(block, place)[0]
                if after > len(block):
                    break
                place = after
                count -= 1
            self.position = max(self.position, self._block_start + place)

    def _fetch(self, length: int) -> None:
        if length > self.left_bytes:
            raise ValueError(_("the end of the file is missing"))
        wanted = min(max(length, self._read_bytes), self.left_bytes)
        self._block = self._source.read(self._path, self.position, wanted)
        self._block_start = self.position
        self._read_bytes = min(self._read_bytes * 4, _LARGEST_READ_BYTES)
        if len(self._block) < length:
            raise ValueError(_("the end of the file is missing"))


def read_gguf_header(source: Source, path: str, size_bytes: int) -> GgufHeader:
    """The header of a GGUF file.

    Raises:
        ValueError: It is no GGUF file, of an unknown version, damaged or cut; the text
            says which.
        OSError: It cannot be read.
    """
    walk = _Walk(source, path, size_bytes)
    if size_bytes < 24 or walk.take(4) != _MAGIC:
        raise ValueError(_("it is no GGUF file"))
    version = walk.number("I")
    if version not in _VERSIONS:
        if int.from_bytes(version.to_bytes(4, "little"), "big") in (*_VERSIONS, 1):
            raise ValueError(_("it is made for machines of the other byte order"))
        raise ValueError(
            _("it has the unknown version {number}").format(number=version)
        )
    tensor_count, entry_count = walk.number("Q"), walk.number("Q")
    least_bytes = tensor_count * _LEAST_TENSOR_BYTES + entry_count * _LEAST_ENTRY_BYTES
    if least_bytes > walk.left_bytes:
        raise ValueError(_("the end of the file is missing"))
    facts: dict[str, Any] = {}
    for _index in range(entry_count):
        key = walk.text()
        value = _value(walk, walk.number("I"))
        if value is not None:
            facts[key] = value
    tensors: dict[str, GgufTensor] = {}
    data_bytes = 0
    for _index in range(tensor_count):
        name, tensor, end = _tensor(walk)
        if name in tensors:
            raise ValueError(_("its header is damaged"))
        tensors[name] = tensor
        data_bytes = max(data_bytes, end)
    alignment = facts.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= 2**20:
        raise ValueError(_("its header is damaged"))
    expected = -(-walk.position // alignment) * alignment + data_bytes
    if tensors and size_bytes < expected:
        raise ValueError(
            _("{count} of {expected} bytes are there").format(
                count=size_bytes, expected=expected
            )
        )
    return GgufHeader(facts, tensors)


def _value(walk: _Walk, kind: int, nesting: int = 0) -> Any:
    """A number or a short text; None for all others, which are passed over."""
    if form := _SCALARS.get(kind):
        return walk.number(form)
    if kind == _TEXT:
        length = walk.number("Q")
        if length <= _MAX_KEPT_TEXT_BYTES:
            return walk.take(length).decode("utf-8", "replace")
        walk.skip(length)
        return None
    if kind != _ARRAY or nesting > _MAX_NESTING:
        raise ValueError(_("its header is damaged"))
    item_kind, length = walk.number("I"), walk.number("Q")
    if form := _SCALARS.get(item_kind):
        walk.skip(length * struct.calcsize(form))
        return None
    if length * 8 > walk.left_bytes:
        raise ValueError(_("the end of the file is missing"))
    if item_kind == _TEXT:
        walk.skip_texts(length)
    else:
        for _index in range(length):
            _value(walk, item_kind, nesting + 1)
    return None


def _tensor(walk: _Walk) -> tuple[str, GgufTensor, int]:
    """The next tensor: name, description, end of its data."""
    name, dimensions = walk.text(), walk.number("I")
    if dimensions > _MAX_DIMENSIONS:
        raise ValueError(_("its header is damaged"))
    shape = tuple(walk.number("Q") for _index in range(dimensions))
    kind, offset = walk.number("I"), walk.number("Q")
    tensor = GgufTensor(TYPE_NAMES.get(kind, f"type {kind}"), shape)
    elements, block_bytes = BLOCKS.get(tensor.type_name, (1, 0))
    return name, tensor, offset + -(-tensor.size // elements) * block_bytes
