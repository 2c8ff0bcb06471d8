"""How many rows of a tensor a step takes, for each kind of work by itself."""

from collections.abc import Hashable

from mlxtui.inference.pace import Pace

_FIRST_BYTES = 256 * 1024
_LEAST_BYTES = 16 * 1024
# More at once is not quicker, and has to be held in memory.
_MOST_BYTES = 32 * 1024**2


class RowPace:
    """Rows for the next step of each kind of work."""

    def __init__(self) -> None:
        self._paces: dict[Hashable, Pace] = {}

    def rows(self, kind: Hashable, row_bytes: float) -> int:
        """Rows for the next step; at least one.

        Args:
            row_bytes: What one row takes in the source.
        """
        return max(1, int(self._of(kind).size / row_bytes))

    def took(self, kind: Hashable, step_bytes: float, seconds: float) -> None:
        """Learn from a step.

        Args:
            step_bytes: Of the source.
        """
        self._of(kind).took(step_bytes, seconds)

    def _of(self, kind: Hashable) -> Pace:
        if kind not in self._paces:
            self._paces[kind] = Pace(
                _FIRST_BYTES, smallest=_LEAST_BYTES, largest=_MOST_BYTES
            )
        return self._paces[kind]
