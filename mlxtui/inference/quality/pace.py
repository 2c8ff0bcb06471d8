"""How much of a long piece of work one step takes, so that nobody waits for it."""

from mlxtui.inference.step import STEP_SECONDS


class Pace:
    """A size that follows the machine's speed, in powers of two.

    Powers of two, because a GPU compiles and plans for each shape anew.

    Args:
        size: Of the first step, before anything is known of the machine.
        smallest: Never less, however slow the machine.
        largest: Never more.
    """

    def __init__(self, size: int, *, smallest: int = 1, largest: int) -> None:
        self.size = size
        self._smallest = smallest
        self._largest = largest

    def limit(self, largest: int) -> None:
        """Never take more than this from now on."""
        self._largest = max(self._smallest, largest)
        self._clamp()

    def took(self, size: int, seconds: float) -> None:
        """Learn from a step of a size: the next one should last `STEP_SECONDS`."""
        if seconds > STEP_SECONDS:
            while seconds > STEP_SECONDS and self.size > self._smallest:
                self.size //= 2
                seconds /= 2
        elif seconds < STEP_SECONDS / 2 and size >= self.size:
            self.size *= 2
        self._clamp()

    def _clamp(self) -> None:
        while self.size > self._largest:
            self.size //= 2
        self.size = max(self.size, self._smallest)
