"""The header of a GGUF file: its facts and its tensors, read without their data.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Vocabularies are
walked over and not kept. Counts are checked against the file's size before they are
believed.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlxtui.convert.gguf.types import block_sizes, row_bytes, type_names
from mlxtui.convert.gguf.walk import Walk
from mlxtui.convert.source import Source
from mlxtui.i18n import _

MAGIC = b"GGUF"
_VERSIONS = (2, 3)

_MAX_NAME_BYTES = 65_535
_MAX_KEPT_TEXT_BYTES = 1024**2
_MAX_KEPT_ITEMS = 1024
_MAX_NESTING = 4

# Far more than any model has; the largest of them name some 50,000 tensors.
_MAX_TENSORS = 2**17
_MAX_ENTRIES = 2**16
_MAX_DIMENSIONS = 4
_MAX_ELEMENTS = 2**48
_MAX_ALIGNMENT = 2**20
_USUAL_ALIGNMENT = 32

SCALARS: Mapping[int, str] = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
    12: "d",
}  # fmt: skip
"""Form of a number, in the letters of `struct`, by the number of its kind."""
TEXT = 8
"""The kind of texts."""
_ARRAY = 9
_LEAST_ENTRY_BYTES = 13
_LEAST_TENSOR_BYTES = 24

# Hundreds of thousands of words and their numbers in real models, in small ones a few:
# they are read by `vocabulary` alone.
_VOCABULARY = frozenset(
    f"tokenizer.ggml.{name}"
    for name in ("tokens", "scores", "token_type", "merges", "precompiled_charsmap")
)


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One tensor's description."""

    type_name: str
    """`Q4_K`, `F16`, …; `type 99` where it is not known."""
    shape: tuple[int, ...]
    """Innermost dimension first."""
    start: int = 0
    """Of its data, in bytes from the file's beginning."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Of its data; 0 where the type is not known."""
        if self.type_name not in block_sizes():
            return 0
        return row_bytes(self.type_name, self.shape[0]) * (self.size // self.shape[0])


@dataclass(frozen=True, slots=True)
class GgufList:
    """Where a list that was walked over stands in the file."""

    kind: int
    """Of its items: `TEXT`, one of `SCALARS`, or a list again."""
    length: int
    start: int
    """Of its first item, in bytes from the file's beginning."""
    end: int


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """All that a header says, vocabularies left out."""

    facts: Mapping[str, Any]
    """Numbers, short texts, and short lists of them as tuples, by key:
    `general.architecture`, …"""
    tensors: Mapping[str, GgufTensor]
    lists: Mapping[str, GgufList] = field(default_factory=dict)
    """The vocabulary's, and others that are long or nested."""
    marks: frozenset[str] = frozenset()
    """Tokens that look like marks of chat templates: `<|im_start|>`, `[INST]`."""


class UnknownFormat(ValueError):
    """A file that may be whole, but not of a kind that is read here."""


def read_gguf_header(source: Source, path: str, size_bytes: int) -> GgufHeader:
    """The header of a GGUF file.

    Raises:
        UnknownFormat: It is no GGUF file, or of an unknown version or byte order.
        ValueError: It is damaged or cut; the text says which.
        OSError: It cannot be read.
    """
    walk = Walk(source, path, size_bytes)
    if size_bytes < len(MAGIC) or walk.take(len(MAGIC)) != MAGIC:
        raise UnknownFormat(_("it is no GGUF file"))
    _check_version(walk.number("I"))
    tensor_count, entry_count = walk.number("Q"), walk.number("Q")
    least_bytes = tensor_count * _LEAST_TENSOR_BYTES + entry_count * _LEAST_ENTRY_BYTES
    if least_bytes > walk.left_bytes:
        raise ValueError(_("the end of the file is missing"))
    if tensor_count > _MAX_TENSORS or entry_count > _MAX_ENTRIES:
        raise _damaged()
    facts: dict[str, Any] = {}
    lists: dict[str, GgufList] = {}
    marks: set[str] = set()
    for _index in range(entry_count):
        key = walk.text(_MAX_NAME_BYTES)
        if key in facts or key in lists:
            raise _damaged()
        value = _value(walk, key, marks)
        if isinstance(value, GgufList):
            lists[key] = value
        elif value is not None:
            facts[key] = value
    tensors = _tensors(walk, tensor_count, _alignment(facts), size_bytes)
    return GgufHeader(facts, tensors, lists, frozenset(marks))


def _damaged() -> ValueError:
    return ValueError(_("its header is damaged"))


def _check_version(version: int) -> None:
    if version in _VERSIONS:
        return
    if int.from_bytes(version.to_bytes(4, "little"), "big") in (*_VERSIONS, 1):
        raise UnknownFormat(_("it is made for machines of the other byte order"))
    raise UnknownFormat(_("it has the unknown version {number}").format(number=version))


def _value(walk: Walk, key: str, marks: set[str]) -> Any:
    """A number, a short text, a tuple of them, where a longer list is, or None."""
    kind = walk.number("I")
    if form := SCALARS.get(kind):
        return walk.number(form)
    if kind == TEXT:
        return _text(walk)
    if kind != _ARRAY:
        raise _damaged()
    item_kind, length = walk.number("I"), walk.number("Q")
    is_kept = key not in _VOCABULARY and length <= _MAX_KEPT_ITEMS
    if is_kept and (form := SCALARS.get(item_kind)):
        form = f"{length}{form}"
        return struct.unpack("<" + form, walk.take(struct.calcsize("<" + form)))
    if is_kept and item_kind == TEXT:
        return tuple(walk.text(_MAX_KEPT_TEXT_BYTES) for _index in range(length))
    start = walk.position
    _skip_list(walk, item_kind, length, marks)
    return GgufList(item_kind, length, start, walk.position)


def _text(walk: Walk) -> str | None:
    """A text that may be long; None where it is too long to be of use."""
    length = walk.number("Q")
    if length <= _MAX_KEPT_TEXT_BYTES:
        return walk.take(length).decode("utf-8", "replace")
    walk.skip(length)
    return None


def _skip_list(
    walk: Walk, kind: int, length: int, marks: set[str], nesting: int = 1
) -> None:
    if form := SCALARS.get(kind):
        walk.skip(length * struct.calcsize("<" + form))
        return
    if kind not in (TEXT, _ARRAY) or nesting > _MAX_NESTING:
        raise _damaged()
    if length * 8 > walk.left_bytes:
        raise ValueError(_("the end of the file is missing"))
    if kind == TEXT:
        walk.skip_texts(length, marks)
        return
    for _index in range(length):
        _skip_list(walk, walk.number("I"), walk.number("Q"), marks, nesting + 1)


def _alignment(facts: Mapping[str, Any]) -> int:
    alignment = facts.get("general.alignment", _USUAL_ALIGNMENT)
    is_whole = type(alignment) is int and 0 < alignment <= _MAX_ALIGNMENT
    if not is_whole or alignment & (alignment - 1):
        raise _damaged()
    assert isinstance(alignment, int)
    return alignment


def _tensors(
    walk: Walk, count: int, alignment: int, size_bytes: int
) -> dict[str, GgufTensor]:
    """All tensors, whose data lie in the file one beside the other."""
    found: dict[str, GgufTensor] = {}
    for _index in range(count):
        name, tensor = _tensor(walk)
        if name in found or tensor.start % alignment:
            raise _damaged()
        found[name] = tensor
    data_start = -(-walk.position // alignment) * alignment
    end = 0
    for tensor in sorted(found.values(), key=lambda one: (one.start, one.size_bytes)):
        if tensor.start < end:
            raise _damaged()
        end = tensor.start + tensor.size_bytes
    if found and size_bytes < data_start + end:
        raise ValueError(
            _("{count} of {expected} bytes are there").format(
                count=size_bytes, expected=data_start + end
            )
        )
    return {
        name: GgufTensor(one.type_name, one.shape, data_start + one.start)
        for name, one in found.items()
    }


def _tensor(walk: Walk) -> tuple[str, GgufTensor]:
    """The next tensor's name and description; its start is that in the data."""
    name, dimensions = walk.text(_MAX_NAME_BYTES), walk.number("I")
    if dimensions > _MAX_DIMENSIONS:
        raise _damaged()
    shape = tuple(walk.number("Q") for _index in range(dimensions)) or (1,)
    kind, start = walk.number("I"), walk.number("Q")
    tensor = GgufTensor(type_names().get(kind, f"type {kind}"), shape, start)
    # Rows are made of whole blocks.
    width = block_sizes().get(tensor.type_name, (1, 0))[0]
    if not 0 < tensor.size <= _MAX_ELEMENTS or shape[0] % width:
        raise _damaged()
    return name, tensor
