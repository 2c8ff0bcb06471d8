"""Reads the header of a GGUF file from its beginning, in growing blocks."""

import re
import struct
from typing import Any

from mlxtui.convert.source import Source
from mlxtui.i18n import _

# The longest vocabularies take some 20 MB; what takes more is no header.
_MAX_HEADER_BYTES = 128 * 1024**2

# Grows, so that a small header takes one request to a hub and a long one not many.
_FIRST_READ_BYTES = 512 * 1024
_LARGEST_READ_BYTES = 8 * 1024**2

# `<|im_start|>`, `[INST]`: what chat templates set between turns; not the bytes and
# spare tokens of which there are hundreds. No length of a text is part of one, since
# its zeros are not.
_MARK = re.compile(
    rb"<(?!0x|unused|\|?reserved)[^<>\0 ]{1,48}>|\[/?(?!UNUSED)[A-Z_]{2,30}\]"
)
_MAX_MARK_BYTES = 50
_MAX_MARKS = 4096


class Walk:
    """A place in a file that goes forward only.

    Args:
        size_bytes: Of the file; nothing beyond is believed to be there.

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
        """Of the file, or of the longest header that there is."""
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
        """The next number, little endian, in a form of the module `struct`."""
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def text(self, most_bytes: int) -> str:
        """The next text."""
        length = self.number("Q")
        if length > most_bytes:
            raise ValueError(_("a text in it is too long"))
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int, marks: set[str]) -> None:
        """Leave so many texts out: a vocabulary has hundreds of thousands.

        Args:
            marks: Gets those of the texts that look like marks of chat templates.
        """
        unpack = struct.Struct("<Q").unpack_from
        while count:
            length = self.number("Q")
            if length <= _MAX_MARK_BYTES:
                _add(marks, self.take(length))
            else:
                self.skip(length)
            count -= 1
            # The rest of the block without a call for each.
            block, first = self._block, self.position - self._block_start
            place, last = first, len(block) - 8
            while count and place <= last:
                after = place + 8 + unpack(block, place)[0]
                if after > len(block):
                    break
                place = after
                count -= 1
            if place > first:
                for match in _MARK.finditer(block, first + 8, place):
                    if unpack(block, match.start() - 8)[0] == len(match[0]):
                        _add(marks, match[0])
                self.position = self._block_start + place

    def _fetch(self, length: int) -> None:
        if length > self.left_bytes:
            raise ValueError(_("the end of the file is missing"))
        wanted = min(max(length, self._read_bytes), self.left_bytes)
        self._block = self._source.read(self._path, self.position, wanted)
        self._block_start = self.position
        self._read_bytes = min(self._read_bytes * 4, _LARGEST_READ_BYTES)
        if len(self._block) < length:
            raise ValueError(_("the end of the file is missing"))


def _add(marks: set[str], text: bytes) -> None:
    if len(marks) < _MAX_MARKS and _MARK.fullmatch(text):
        marks.add(text.decode("utf-8", "replace"))
