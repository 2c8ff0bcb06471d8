"""Turns one under the other, laid out where they are looked at."""

from collections.abc import Sequence

from mlxtui.ui.markdown.blocks import Fence
from mlxtui.ui.markdown.line import Line
from mlxtui.ui.transcript.colours import CodeColours
from mlxtui.ui.transcript.heights import Heights
from mlxtui.ui.transcript.layout import TurnLayout, layout_of
from mlxtui.ui.transcript.turns import AnswerTurn, Turn

# So many turns keep their lines; those that are far away are laid out again.
_KEPT_LAYOUTS = 120


class TurnStack:
    """Turns with their lines; the heights of those never looked at are estimates."""

    def __init__(self) -> None:
        self.colours = CodeColours()
        self.width = 0
        self._turns: list[Turn] = []
        self._heights = Heights()
        self._layouts: dict[Turn, TurnLayout] = {}
        self._ordinal = 0

    @property
    def turns(self) -> Sequence[Turn]:
        """All turns, the oldest first."""
        return self._turns

    @property
    def height(self) -> int:
        """The lines of all turns together."""
        return self._heights.total

    def add(self, turn: Turn) -> None:
        """Put a turn at the end."""
        self._ordinal += 1
        turn.ordinal = self._ordinal
        self._turns.append(turn)
        self._heights.append(estimated_height(turn, self.width))

    def remove(self, turn: Turn) -> None:
        """Take a turn out."""
        self._heights.remove(self.index_of(turn))
        self._turns.remove(turn)
        self._layouts.pop(turn, None)

    def clear(self) -> None:
        """Take all turns out."""
        self._turns.clear()
        self._heights.clear()
        self._layouts.clear()

    def index_of(self, turn: Turn) -> int:
        """Where a turn is among the others."""
        return self.index_at(turn.ordinal)

    def index_at(self, ordinal: int) -> int:
        """Where the turn with this ordinal is, or the next one after it."""
        low, high = 0, len(self._turns)
        while low < high:
            middle = (low + high) // 2
            if self._turns[middle].ordinal < ordinal:
                low = middle + 1
            else:
                high = middle
        return low

    def set_width(self, width: int) -> None:
        """Lay out for another width, when turns are looked at."""
        if width != self.width:
            self.width = width
            self.forget_layouts()

    def forget_layouts(self) -> None:
        """Lay out all turns again, when they are looked at."""
        self._layouts.clear()
        for index, turn in enumerate(self._turns):
            self._heights[index] = estimated_height(turn, self.width)

    def top(self, index: int) -> int:
        """The line at which a turn begins."""
        return self._heights.top(index)

    def height_of(self, index: int) -> int:
        """The lines of a turn."""
        return self._heights[index]

    def find(self, line: int) -> tuple[int, int]:
        """The turn that a line is in, and which of its lines that is."""
        return self._heights.find(line)

    def is_laid_out(self, index: int) -> bool:
        """Whether a turn's height is known."""
        return self._turns[index] in self._layouts

    def layout(self, index: int) -> TurnLayout:
        """The lines of a turn, made now if need be."""
        turn = self._turns[index]
        layout = self._layouts.get(turn)
        if layout is None:
            layout = self._layouts[turn] = layout_of(turn, self.width)
            layout.update(self.colours)
            self._heights[index] = len(layout.lines)
        return layout

    def lines(self, index: int) -> list[Line]:
        """The lines of a turn."""
        return self.layout(index).lines

    def update(self, turn: Turn) -> int | None:
        """Lay out what is new in a turn.

        Returns:
            The first of its lines that changed; None when it is not laid out.
        """
        index = self.index_of(turn)
        layout = self._layouts.get(turn)
        if layout is None:
            self._heights[index] = estimated_height(turn, self.width)
            return None
        first = layout.update(self.colours)
        self._heights[index] = len(layout.lines)
        return first

    def recolour(self, fence: Fence) -> list[tuple[int, int]]:
        """Draw code again; returns the lines that changed: first and end, of each."""
        changed = []
        for turn, layout in self._layouts.items():
            first, end = layout.recolour(fence, self.colours)
            if first < end:
                top = self.top(self.index_of(turn))
                changed.append((top + first, top + end))
        return changed

    def forget_far_from(self, index: int) -> None:
        """Give up the lines of the turns that are farthest from one."""
        if len(self._layouts) <= _KEPT_LAYOUTS:
            return
        distance = {turn: abs(self.index_of(turn) - index) for turn in self._layouts}
        far = sorted(self._layouts, key=distance.__getitem__)[_KEPT_LAYOUTS // 2 :]
        for turn in far:
            if not isinstance(turn, AnswerTurn):
                del self._layouts[turn]
            elif turn.has_ended:
                del self._layouts[turn]
                turn.forget()


def estimated_height(turn: Turn, width: int) -> int:
    """About how many lines a turn will have: its text, the speaker, some room."""
    return 3 + turn.line_estimate(max(width, 1))
