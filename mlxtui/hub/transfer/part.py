"""A content on its way: its partial file, and the journal of what is in it."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlxtui.hub.transfer import durable
from mlxtui.hub.transfer.journal import Journal, read_journal
from mlxtui.hub.transfer.spans import Spans

_BLOCK_BYTES = 4096


class PartClosed(Exception):
    """The transfer has ended: nothing may be written any more."""


class Part:
    """A partial file; many threads write in it. Its lock is held by the owner.

    Args:
        path: Of the partial file; what is in it and known to be right is kept.
        journal_path: Of its journal.
        size_bytes: Of the whole content.

    Raises:
        OSError: The disk is full or the folder is not writable.
    """

    def __init__(self, path: Path, journal_path: Path, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._users = 0
        self._is_closed = False
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o644)
        try:
            self._there = self._found(journal_path)
            os.ftruncate(self._file, size_bytes)
            if self._there.total_bytes:
                durable.flush(self._file)
            self._journal = Journal(journal_path, size_bytes, self._there)
        except OSError:
            os.close(self._file)
            raise
        self._unsaved_bytes = 0

    def _found(self, journal_path: Path) -> Spans:
        """What an earlier process left."""
        if os.fstat(self._file).st_size != self.size_bytes:
            os.ftruncate(self._file, 0)
            return Spans()
        found = read_journal(journal_path, self.size_bytes)
        # What was not flushed may have gone with the power even so: a hole where it
        # was reads as zeros. Zeros that were meant are fetched again.
        for start, end in found.written:
            at = start
            while at < end:
                block_end = min(at - at % _BLOCK_BYTES + _BLOCK_BYTES, end)
                if os.pread(self._file, block_end - at, at).strip(b"\0"):
                    found.saved.add(at, block_end)
                at = block_end
        return found.saved

    @property
    def done_bytes(self) -> int:
        """How much of it is there."""
        with self._lock:
            return self._there.total_bytes

    @property
    def prefix_bytes(self) -> int:
        """How far it is there without a gap."""
        with self._lock:
            return self._there.prefix_bytes

    def spans(self) -> Spans:
        """What is there; a copy."""
        with self._lock:
            return Spans(self._there)

    def write(self, data: bytes | memoryview, at: int) -> None:
        """Write bytes; they count once `note` names them.

        Raises:
            PartClosed: It has been closed.
            OSError: The disk is full.
        """
        with self._open_file() as file:
            while data:
                written = os.pwrite(file, data, at)
                if written == 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                data = memoryview(data)[written:]
                at += written

    def note(self, start: int, end: int) -> int:
        """Write down that the bytes of a span have been written.

        Returns:
            How many of them were not there before.

        Raises:
            PartClosed: It has been closed.
            OSError: The disk is full.
        """
        with self._open_file(), self._lock:
            self._journal.written(start, end)
            before = self._there.total_bytes
            self._there.add(start, end)
            self._unsaved_bytes += end - start
            return self._there.total_bytes - before

    def read(self, start: int, most_bytes: int) -> bytes:
        """Some of its bytes.

        Raises:
            PartClosed: It has been closed.
            OSError: They cannot be read.
        """
        with self._open_file() as file:
            return os.pread(file, most_bytes, start)

    def save(self) -> int:
        """Flush what has been noted, and write down that it is.

        Returns:
            How many bytes are now safe that were not; 0 when it has been closed.

        Raises:
            OSError: The disk does not take them.
        """
        try:
            with self._saving, self._open_file() as file:
                with self._lock:
                    unsaved, records = self._unsaved_bytes, self._journal.records
                if not unsaved:
                    return 0
                durable.flush(file)
                with self._lock:
                    self._journal.saved(records)
                    self._unsaved_bytes -= unsaved
                self._journal.flush()
                return unsaved
        except PartClosed:
            return 0

    def finish(self, target: Path) -> int:
        """Give the whole content its name.

        Returns:
            How many of its bytes had been noted and not saved.

        Raises:
            OSError: The disk does not take it.
        """
        with self._saving, self._open_file() as file:
            durable.flush(file)
            os.replace(self.path, target)
            self._journal.path.unlink(missing_ok=True)
        return self.close()

    def discard(self) -> int:
        """Remove it; the number of its bytes that had been noted and not saved."""
        with self._saving:
            self._journal.path.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
        return self.close()

    def close(self) -> int:
        """Let go of the files once nobody is at them; the bytes not saved."""
        with self._lock:
            if self._is_closed:
                return 0
            self._is_closed = True
            unsaved, self._unsaved_bytes = self._unsaved_bytes, 0
            is_last = self._users == 0
        if is_last:
            self._close_files()
        return unsaved

    @contextmanager
    def _open_file(self) -> Iterator[int]:
        """The file, which stays open until the last who uses it has let go."""
        with self._lock:
            if self._is_closed:
                raise PartClosed
            self._users += 1
        try:
            yield self._file
        finally:
            with self._lock:
                self._users -= 1
                is_last = self._is_closed and self._users == 0
            if is_last:
                self._close_files()

    def _close_files(self) -> None:
        os.close(self._file)
        self._journal.close()
