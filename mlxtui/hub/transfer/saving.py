"""How many bytes a power loss would take, kept small."""

import threading

from mlxtui.hub.transfer.pace import Pace


class Unsaved:
    """Counts the bytes of all files that are written and not flushed."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._changed = threading.Condition()
        self._bytes = 0
        self._is_closed = False

    def add(self, size_bytes: int) -> None:
        """So many more were written."""
        with self._changed:
            self._bytes += size_bytes
            if self._bytes >= self._pace.save_bytes:
                self._changed.notify_all()

    def remove(self, size_bytes: int) -> None:
        """So many were flushed, or given up."""
        with self._changed:
            self._bytes -= size_bytes
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait while there are more than a power loss may take."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or self._bytes <= self._pace.most_unsaved_bytes
            )

    def wait_for_work(self) -> bool:
        """Wait until there is enough to flush; false at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or self._bytes >= self._pace.save_bytes
            )
            return not self._is_closed

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
