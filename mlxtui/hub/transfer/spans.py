"""Which bytes of a file are there: sorted, disjoint spans."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Spans:
    """A set of byte positions, kept as half-open spans `(start, end)`."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            self.add(start, end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    @property
    def total_bytes(self) -> int:
        """How many positions are in it."""
        return sum(self._ends) - sum(self._starts)

    @property
    def prefix_bytes(self) -> int:
        """How far it reaches from the file's start without a gap."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0

    def add(self, start: int, end: int) -> None:
        """Put a span in; it may touch or overlap those that are there."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        behind = bisect_right(self._starts, end)
        if first < behind:
            start = min(start, self._starts[first])
            end = max(end, self._ends[behind - 1])
        self._starts[first:behind] = [start]
        self._ends[first:behind] = [end]

    def remove(self, start: int, end: int) -> None:
        """Take a span out; what of it is not there does not matter."""
        if start >= end:
            return
        first = bisect_right(self._ends, start)
        behind = bisect_left(self._starts, end)
        left: list[tuple[int, int]] = []
        for at in range(first, behind):
            if self._starts[at] < start:
                left.append((self._starts[at], start))
            if self._ends[at] > end:
                left.append((end, self._ends[at]))
        self._starts[first:behind] = [span[0] for span in left]
        self._ends[first:behind] = [span[1] for span in left]

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What is missing between two positions, in order."""
        at = start
        for there_start, there_end in self:
            if there_end <= at:
                continue
            if there_start >= end:
                break
            if there_start > at:
                yield at, there_start
            at = there_end
        if at < end:
            yield at, end
