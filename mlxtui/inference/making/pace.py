"""How many rows a step takes, so that it holds the engine for as long as it may."""

from collections.abc import Hashable

from mlxtui.inference.step import STEP_SECONDS

# A little under it, since no two steps take the same time.
_AIM_SECONDS = 0.8 * STEP_SECONDS

_FIRST_BYTES = 256 * 1024
_LEAST_BYTES = 16 * 1024
# More at once is not quicker, and has to be held in memory.
_MOST_BYTES = 32 * 1024**2

# From one step to the next; a single slow one says little.
_MOST_GROWTH = 2.0


class Pace:
    """Sizes of steps for each kind of work, by how long the last ones took."""

    def __init__(self) -> None:
        self._step_bytes: dict[Hashable, float] = {}

    def rows(self, kind: Hashable, row_bytes: float) -> int:
        """Rows for the next step; at least one.

        Args:
            row_bytes: What one row takes in the source.
        """
        return max(1, int(self._step_bytes.get(kind, _FIRST_BYTES) / row_bytes))

    def took(self, kind: Hashable, step_bytes: float, seconds: float) -> None:
        """Learn from a step.

        Args:
            step_bytes: Of the source.
        """
        before = self._step_bytes.get(kind, _FIRST_BYTES)
        if step_bytes < before / 2 and seconds < _AIM_SECONDS:
            return  # the rest of a tensor says nothing of speed
        wanted = step_bytes * _AIM_SECONDS / max(seconds, 1e-6)
        wanted = min(wanted, before * _MOST_GROWTH)
        self._step_bytes[kind] = min(max(wanted, _LEAST_BYTES), _MOST_BYTES)
