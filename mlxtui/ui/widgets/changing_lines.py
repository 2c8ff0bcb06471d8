"""Lines of which a few change often: only those are drawn, and nothing is laid out."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

Line = tuple[tuple[str, str], ...]
"""Parts of text, harmless already, each with the name of its style; may be empty."""


class ChangingLines(ScrollView):
    """Draws lines whose parts are styled as `PREFIX--part` in the style sheet."""

    PREFIX: ClassVar[str]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: list[Line] = []

    @property
    def shown_lines(self) -> list[str]:
        """The lines as plain text."""
        return ["".join(text for text, _part in line) for line in self._shown]

    @property
    def line_cells(self) -> int:
        """The room for a line; the scrollbar's is not part of it."""
        return self.scrollable_size.width

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines; those that are shown already are not drawn again."""
        before, self._shown = self._shown, list(lines)
        if len(lines) != len(before):
            self.virtual_size = Size(0, len(lines))
            self.refresh()
            return
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        for y in range(top, min(bottom, len(lines))):
            if lines[y] != before[y]:
                self.refresh_line(y)

    def render_line(self, y: int) -> Strip:
        """One line of what is in view."""
        number = self.scroll_offset.y + y
        width = self.size.width
        plain = self.line_style(number)
        if not 0 <= number < len(self._shown):
            return Strip.blank(width, plain)
        segments = [
            Segment(text, plain + self._part_style(part) if part else plain)
            for text, part in self._shown[number]
        ]
        return Strip(segments).adjust_cell_length(width, plain)

    def line_style(self, number: int) -> Style:
        """What a line is drawn in where its parts say nothing else."""
        return self.rich_style

    def _part_style(self, part: str) -> Style:
        return self.get_component_rich_style(f"{self.PREFIX}--{part}", partial=True)
