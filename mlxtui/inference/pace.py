"""How much of a long piece of work one step takes, so that nobody waits for it."""

from mlxtui.inference.step import STEP_SECONDS

# A little under it, since no two steps take the same time.
_AIM_SECONDS = 0.8 * STEP_SECONDS

# From one step to the next; a single quick one says little.
_MOST_GROWTH = 2.0


class Pace:
    """The size of a step, in bytes, rows or tokens, by how long the last ones took.

    Args:
        first: Of the first step, before anything is known of the machine.
        smallest: Never less, however slow the machine.
        largest: Never more.
    """

    def __init__(self, first: float, *, smallest: float = 1, largest: float) -> None:
        self._size = first
        self._smallest = smallest
        self._largest = largest

    @property
    def size(self) -> int:
        """Of the next step."""
        return int(self._size)

    def limit(self, largest: float) -> None:
        """Never take more than this from now on."""
        self._largest = max(self._smallest, largest)
        self._size = min(self._size, self._largest)

    def took(self, size: float, seconds: float) -> None:
        """Learn from a step, which may have been smaller than it could have been."""
        if size < self._size / 2 and seconds < _AIM_SECONDS:
            return  # the rest of a whole says nothing of speed
        wanted = size * _AIM_SECONDS / max(seconds, 1e-6)
        wanted = min(wanted, self._size * _MOST_GROWTH, self._largest)
        self._size = max(wanted, self._smallest)
