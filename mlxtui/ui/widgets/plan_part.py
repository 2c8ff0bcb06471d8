"""A part of the plan's page that is drawn in one piece, for the width that it has."""

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size

from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.line_widget import LineWidget


class PlanPart(LineWidget):
    """Hidden while it has nothing to say."""

    PREFIX = "plan"
    COMPONENT_CLASSES = {
        "plan--muted", "plan--strong", "plan--stage",
        "plan--good", "plan--warning", "plan--bad",
    }  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines_at: Callable[[int], list[Line]] = lambda width: []
        self.display = False

    def show_lines(self, lines_at: Callable[[int], list[Line]]) -> None:
        """Show what this function gives for a width in cells."""
        self._lines_at = lines_at
        self.display = bool(lines_at(80))
        self.refresh(layout=True)

    def render(self) -> Content:
        """The lines for the present width."""
        return Content("\n").join(
            Content.assemble(
                *(
                    (text, self.part_style(part)) if part else text
                    for text, part in line
                )
            )
            for line in self._lines_at(self.content_size.width)
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at a width."""
        return len(self._lines_at(width))
