"""Sentences of the app, broken into lines as Japanese wants them."""

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from mlxtui.ui.markdown.wrap import wrap


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text at a width in cells, by kinsoku rules."""
    return [
        line[start:end]
        for line in text.split("\n")
        for start, end in wrap(line, max(width, 1)) or [(0, 0)]
    ]


class Prose(Static):
    """A `Static` for plain text; Textual breaks Japanese at spaces or anywhere."""

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(text, markup=False, id=id, classes=classes)

    def render(self) -> Content:
        """The lines for the present width."""
        return Content("\n".join(wrapped(str(self.visual), self.content_size.width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at a width."""
        return len(wrapped(str(self.visual), width))
