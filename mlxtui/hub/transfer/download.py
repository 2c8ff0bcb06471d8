"""One content that is being fetched: its lock, its part, what went wrong with it."""

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlxtui.hub.transfer.checksum import Checksum
from mlxtui.hub.transfer.layout import Layout, content_id
from mlxtui.hub.transfer.part import Part
from mlxtui.hub.transfer.source import Source
from mlxtui.hub.transfer.spans import Spans
from mlxtui.repositories import RemoteFile

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Download:
    """A content, under the lock of the schedule unless a method says otherwise.

    Args:
        file: What it is; other files of the repository may have the same content.
        source: Where it comes from.
    """

    def __init__(self, file: RemoteFile, layout: Layout, source: Source) -> None:
        self.file = file
        self.source = source
        self.name = content_id(file)
        self._layout = layout
        self._lock: BaseFileLock | None = None
        self.part: Part | None = None
        self.checksum = Checksum(file)
        self.taken = Spans()
        """What is there or is being fetched."""
        self.connections = 0
        """That fetch it now."""
        self.is_far = False
        """Its server is known to be far away."""
        self.is_opening = False
        self.is_elsewhere = False
        """Another program is fetching it."""
        self.hashing = threading.Lock()
        """Held by the thread that works out its checksum."""
        self.is_queued = False
        """Such a thread will look at it."""
        self.is_right = False
        """All of it is there, and its checksum is the hub's."""
        self.is_stream = False
        """In one piece, from its start, by one connection."""
        self.must_restart = False
        """What is there is of no use; it begins again once nobody is at it."""
        self.was_restarted = False
        self.range_failures = 0
        self.failures = 0
        """In a row, answered and without a byte."""
        self.outages = 0
        """In a row, attempts that reached nobody."""
        self.outage_since = 0.0
        self.round = 0
        """Grows with each failure that counts: those of one moment count once."""
        self.retry_at = 0.0
        self._known_bytes = layout.journalled_bytes(file)

    @property
    def blob(self) -> Path:
        """Where the whole content belongs."""
        return self._layout.blob(self.name)

    @property
    def done_bytes(self) -> int:
        """How much of it is there, whoever fetches it."""
        return self._known_bytes if self.part is None else self.part.done_bytes

    @property
    def is_received(self) -> bool:
        """All of it is there; perhaps not checked yet."""
        return self.part is not None and self.done_bytes == self.file.size_bytes

    def open(self) -> bool:
        """Lock it and open what is there of it; takes time, needs no lock.

        Returns:
            Whether there is nothing left to do: another program has fetched it.

        Raises:
            OSError: The disk is full or the cache cannot be written.
        """
        self._lock = self._layout.acquire(self.name)
        self.is_elsewhere = self._lock is None
        if self.is_elsewhere:
            self._known_bytes = self._layout.journalled_bytes(self.file)
            return False
        if self._layout.is_whole(self.file):
            self.release()
            return True
        self._open_part()
        return False

    def restart(self) -> int:
        """Begin it again from nothing.

        Returns:
            How many of the lost bytes had been noted and not saved.

        Raises:
            OSError: The disk is full or the cache cannot be written.
        """
        assert self.part is not None
        unsaved = self.part.discard()
        self.checksum = Checksum(self.file)
        self.must_restart, self.was_restarted = False, True
        self.source.forgive_change()
        self._open_part()
        return unsaved

    def gap(self, most_bytes: int) -> tuple[int, int] | None:
        """The next span to fetch; None when all of it is there or under way."""
        size = self.file.size_bytes
        if self.is_stream:
            is_free = self.connections == 0 and self.taken.total_bytes < size
            return (0, size) if is_free else None
        for start, end in self.taken.gaps(0, size):
            # No crumbs: a rest that is less than half a span goes along.
            whole = end - start <= most_bytes + most_bytes // 2
            return start, end if whole else start + most_bytes
        return None

    def release(self) -> None:
        """Let others at it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _open_part(self) -> None:
        self.part = Part(
            self._layout.part(self.name),
            self._layout.journal(self.name),
            self.file.size_bytes,
        )
        self.taken = self.part.spans()


def seconds_until(moment: float) -> float:
    """From now on, by the monotonic clock; 0 when it has passed."""
    return max(0.0, moment - time.monotonic())
