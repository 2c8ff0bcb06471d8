"""Where each turn begins: heights one under the other."""

from bisect import bisect_right
from itertools import accumulate


class Heights:
    """Heights of things in a column, in lines; all questions are cheap to ask.

    A change of a height costs as much as there are things after it.
    """

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._tops = [0]
        self._valid = 0

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        if self._heights[index] != height:
            self._heights[index] = height
            self._valid = min(self._valid, index)

    def append(self, height: int) -> None:
        """Put one more at the end."""
        self._heights.append(height)

    def remove(self, index: int) -> None:
        """Take one out."""
        del self._heights[index]
        self._valid = min(self._valid, index)

    def clear(self) -> None:
        """Take all out."""
        self._heights.clear()
        self._valid = 0

    def _bring_up_to_date(self) -> None:
        if self._valid == len(self._heights) == len(self._tops) - 1:
            return
        del self._tops[self._valid + 1 :]
        rest = accumulate(self._heights[self._valid :], initial=self._tops[-1])
        self._tops[self._valid :] = rest
        self._valid = len(self._heights)

    @property
    def total(self) -> int:
        """The height of all together."""
        self._bring_up_to_date()
        return self._tops[-1]

    def top(self, index: int) -> int:
        """The line at which one begins."""
        self._bring_up_to_date()
        return self._tops[index]

    def find(self, line: int) -> tuple[int, int]:
        """Which one a line is in, and which of its lines that is.

        Raises:
            IndexError: There is no such line.
        """
        if not 0 <= line < self.total:
            raise IndexError(line)
        # Of those that begin there, the last: the others are empty.
        index = bisect_right(self._tops, line) - 1
        return index, line - self._tops[index]
