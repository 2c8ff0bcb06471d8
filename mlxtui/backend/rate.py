"""How fast something goes: what was done in the last seconds."""

import time
from collections import deque

_WINDOW_SECONDS = 3.0

# Samples that come closer than this are merged.
_SAMPLE_SECONDS = 0.1


class RateMeter:
    """Measures the rate of a number that grows; 0 when it does not."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, done: int, now_seconds: float | None = None) -> None:
        """The number is so large now; a smaller one than before begins anew."""
        now_seconds = time.monotonic() if now_seconds is None else now_seconds
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        elif (
            len(self._samples) > 1
            and now_seconds - self._samples[-2][0] < _SAMPLE_SECONDS
        ):
            self._samples.pop()
        self._samples.append((now_seconds, done))
        self._forget(now_seconds)

    def per_second(self, now_seconds: float | None = None) -> float:
        """The rate of the last three seconds, up to now."""
        now_seconds = time.monotonic() if now_seconds is None else now_seconds
        self._forget(now_seconds)
        if not self._samples:
            return 0
        first_seconds, first = self._samples[0]
        passed_seconds = now_seconds - first_seconds
        if passed_seconds <= 0:
            return 0
        return (self._samples[-1][1] - first) / passed_seconds

    def _forget(self, now_seconds: float) -> None:
        """Keep one sample that is older than the window: where it begins."""
        begin_seconds = now_seconds - _WINDOW_SECONDS
        while len(self._samples) > 1 and self._samples[1][0] <= begin_seconds:
            self._samples.popleft()
