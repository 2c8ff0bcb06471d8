"""The place where someone reads, which stays when lines are broken anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mlxtui.ui.markdown.line import Line
from mlxtui.ui.transcript.layout import TurnLayout
from mlxtui.ui.transcript.turns import Turn


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A line of a turn.

    When the lines are made anew, it is found by how many characters of text are drawn
    before it: they are the same at every width.
    """

    turn: Turn
    line: int
    lines: Sequence[Line]
    """Those of the turn when it was this line."""
    ink: int | None = None
    """The characters before it; None while the line is one of the present layout."""

    @classmethod
    def at(cls, turn: Turn, line: int, layout: TurnLayout) -> "Place":
        """The place of a line."""
        return cls(turn, line, layout.lines)

    def unknown(self) -> "Place":
        """The same place, when the lines are made anew."""
        if self.ink is not None:
            return self
        ink = sum(line.ink for line in self.lines[: self.line])
        return Place(self.turn, self.line, (), ink)

    def line_in(self, layout: TurnLayout) -> int:
        """Which line of a layout it is now."""
        last = max(len(layout.lines) - 1, 0)
        if not self.ink:
            return min(self.line, last)
        before = accumulate((line.ink for line in layout.lines), initial=0)
        found = 0
        for index, ink in enumerate(before):
            if ink > self.ink:
                break
            found = index
        return min(found, last)
