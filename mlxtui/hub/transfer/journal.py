"""The journal beside a partial file: which of its bytes are there.

Fixed records, each with its checksum. A `WRITTEN` record names a span after its bytes
were written: it holds as long as the machine runs, whatever becomes of the process. A
`SAVED` record says that every record before a number is about flushed bytes, and is
itself flushed: that holds after a power loss, too.
"""

import errno
import os
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mlxtui.hub.transfer import durable
from mlxtui.hub.transfer.spans import Spans

_OPENED, _WRITTEN, _SAVED = 0x4F78_6C6D, 0x5778_6C6D, 0x5378_6C6D
_FIELDS = struct.Struct("<QQQ")
_CHECKSUM = struct.Struct("<Q")
# A disk's sector is a whole number of records: none is written by half.
_RECORD_BYTES = _FIELDS.size + _CHECKSUM.size
_LEAST_ROOM, _MOST_ROOM = 128, 8192  # records


class _Record(NamedTuple):
    kind: int
    first: int
    second: int


@dataclass(slots=True)
class Journalled:
    """What a journal says."""

    saved: Spans = field(default_factory=Spans)
    """Flushed to the disk."""
    written: Spans = field(default_factory=Spans)
    """Beside those: written since this machine was started, and not flushed."""


def read_journal(path: Path, size_bytes: int) -> Journalled:
    """What is there of a file of that size; nothing if no journal says so."""
    try:
        content = path.read_bytes()
    except OSError:
        return Journalled()
    records = [_unpacked(content, at) for at in range(0, len(content), _RECORD_BYTES)]
    return _understood(records, size_bytes)


def _unpacked(content: bytes, at: int) -> _Record | None:
    """A record; None where it was not written to its end."""
    record = content[at : at + _RECORD_BYTES]
    if len(record) < _RECORD_BYTES:
        return None
    fields = record[: _FIELDS.size]
    if _CHECKSUM.unpack_from(record, _FIELDS.size)[0] != zlib.crc32(fields):
        return None
    return _Record(*_FIELDS.unpack(fields))


def _understood(records: list[_Record | None], size_bytes: int) -> Journalled:
    saved_records = max(
        (record.first for record in records if record and record.kind == _SAVED),
        default=0,
    )
    found = Journalled()
    is_usable = is_of_this_boot = False
    for number, record in enumerate(records):
        if record is None:
            continue
        if record.kind == _OPENED:
            is_usable = record.first == size_bytes
            is_of_this_boot = record.second == durable.boot_number()
        elif record.kind == _WRITTEN and is_usable:
            if not 0 <= record.first <= record.second <= size_bytes:
                continue
            if number < saved_records:
                found.saved.add(record.first, record.second)
            elif is_of_this_boot:
                found.written.add(record.first, record.second)
    for start, end in found.saved:
        found.written.remove(start, end)
    return found


class Journal:
    """A journal to write in; one thread at a time.

    Args:
        path: Of a new file, or of one that is replaced.
        size_bytes: Of the file that it is about.
        saved: What is known to be flushed.

    Raises:
        OSError: The disk is full or the folder is not writable.
    """

    def __init__(self, path: Path, size_bytes: int, saved: Spans) -> None:
        self.path = path
        self._records = self._room = 0
        temporary = path.with_name(path.name + ".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._file = os.open(temporary, flags, 0o644)
        try:
            self._append(_OPENED, size_bytes, durable.boot_number())
            for start, end in saved:
                self._append(_WRITTEN, start, end)
            if saved.total_bytes:
                self._append(_SAVED, self._records)
                durable.flush(self._file)
            os.replace(temporary, path)
        except OSError:
            os.close(self._file)
            temporary.unlink(missing_ok=True)
            raise

    @property
    def records(self) -> int:
        """How many there are."""
        return self._records

    def written(self, start: int, end: int) -> None:
        """Name a span whose bytes have been written.

        Raises:
            OSError: The disk is full.
        """
        self._append(_WRITTEN, start, end)

    def saved(self, records: int) -> None:
        """Say that the bytes that the first records name have been flushed.

        Raises:
            OSError: The disk is full.
        """
        self._append(_SAVED, records)

    def flush(self) -> None:
        """Bring it to the disk.

        Raises:
            OSError: The disk does not take it.
        """
        durable.flush(self._file)

    def close(self) -> None:
        """Close its file."""
        os.close(self._file)

    def _append(self, kind: int, first: int, second: int = 0) -> None:
        fields = _FIELDS.pack(kind, first, second)
        record = fields + _CHECKSUM.pack(zlib.crc32(fields))
        if self._records == self._room:
            self._make_room()
        # At its own place: a record that a full disk cut short is written over.
        if os.pwrite(self._file, record, self._records * _RECORD_BYTES) < len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._records += 1

    def _make_room(self) -> None:
        """Write zeros where records will stand: a flush of a file that neither grows
        nor gets new blocks need not wait for the file system's own journal."""
        zeros = bytes(min(max(self._room, _LEAST_ROOM), _MOST_ROOM) * _RECORD_BYTES)
        os.pwrite(self._file, zeros, self._room * _RECORD_BYTES)
        self._room += len(zeros) // _RECORD_BYTES
