"""How quickly bytes come: over the last three seconds, and 0 when they do not."""

import time
from collections import deque
from collections.abc import Callable

_WINDOW_SECONDS = 3.0


class RateMeter:
    """Bytes a second, from a counter that is read now and then.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read: deque[tuple[float, int]] = deque([(clock(), 0)])

    def rate(self, received_bytes: int) -> float:
        """The rate now.

        Args:
            received_bytes: All since the start.
        """
        now = self._clock()
        self._read.append((now, received_bytes))
        while len(self._read) > 2 and self._read[1][0] <= now - _WINDOW_SECONDS:
            self._read.popleft()
        first_at, first_bytes = self._read[0]
        seconds = now - first_at
        return (received_bytes - first_bytes) / seconds if seconds > 0 else 0.0
