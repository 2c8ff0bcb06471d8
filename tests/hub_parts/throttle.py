"""The rate of the local hub's line, which all connections share."""

import threading
import time

# A busy machine wakes a thread late; what was missed in this time is made up for.
_BEHIND_SECONDS = 0.1

# Shorter sleeps cost more than they are exact.
_SHORTEST_SECONDS = 0.004


class Throttle:
    """A line of so many bytes a second; None is as fast as the machine."""

    def __init__(self, bytes_per_second: float | None = None) -> None:
        self.bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0

    def pass_bytes(self, count: int, closing: threading.Event) -> None:
        """Wait until so many bytes may pass."""
        rate = self.bytes_per_second
        if rate is None:
            return
        with self._lock:
            now = time.monotonic()
            if self._free_at < now - _BEHIND_SECONDS:
                self._free_at = now  # it was idle
            self._free_at += count / rate
            wait_seconds = self._free_at - now
        if wait_seconds > _SHORTEST_SECONDS:
            closing.wait(wait_seconds)
