"""A repository's card, drawn as the Markdown of an answer is."""

import re
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from mlxtui.ui.markdown.blocks import Run
from mlxtui.ui.markdown.document import Document
from mlxtui.ui.markdown.line import Line
from mlxtui.ui.markdown.lines import blocks_lines
from mlxtui.ui.transcript.drawing import STYLE_NAMES, Drawing

# Parsing takes the screen's own thread: this much is parsed within a frame or two.
_MAX_CHARACTERS = 16_000

# Code keeps what looks like a tag. No pattern here goes back over what it has read.
_TAG = re.compile(r"(?P<code>`[^`\n]+`)|</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>")
_BLANK_LINES = re.compile(r"\n{3,}")


def without_html(text: str) -> str:
    """Markdown without the tags and comments that are meant for a browser."""
    pieces: list[list[str]] = [[]]
    fence = ""
    for line in _without_comments(text).split("\n"):
        mark = line.lstrip()[:3]
        if fence:
            pieces[-1].append(line)
            if mark == fence:
                fence = ""
                pieces.append([])
        elif mark in ("```", "~~~"):
            fence = mark
            pieces.append([line])
        else:
            pieces[-1].append(line)
    shown = []
    for lines in filter(None, pieces):
        piece = "\n".join(lines)
        is_code = piece.lstrip().startswith(("```", "~~~"))
        shown.append(
            piece if is_code else _TAG.sub(lambda tag: tag["code"] or "", piece)
        )
    return _BLANK_LINES.sub("\n\n", "\n".join(shown))


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)


def _without_copy(line: Line) -> Line:
    """A line without the word that copies code in an answer; here it does nothing."""
    if not any("copy" in run.style.split() for run in line.runs):
        return line
    runs = tuple(
        Run(" " * cell_len(run.text), "fence") if "copy" in run.style.split() else run
        for run in line.runs
    )
    return replace(line, runs=runs)


class CardText(Widget):
    """As high as its lines; only those in view are drawn. Nothing in it is opened."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"transcript--{name}" for name in STYLE_NAMES
    }
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._card = ""
        self._document = Document.of("")
        self._drawing = Drawing(self._style_of)
        self._lines: list[Line] = []
        self._lines_width = 0

    def show_card(self, card: str) -> None:
        """Show a text; a very long one ends early."""
        if card == self._card:
            return
        self._card = card
        shown = without_html(card[:_MAX_CHARACTERS])
        if len(card) > _MAX_CHARACTERS:
            shown = f"{shown.rstrip()} …"
        self._document = Document.of(shown)
        self._lines_width = 0
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at a width."""
        return len(self._lines_at(width))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        lines = self._lines_at(width)
        if y >= len(lines):
            return Strip.blank(width, self._drawing.style(""))
        return self._drawing.strip(lines[y])

    def notify_style_update(self) -> None:
        """The theme has changed."""
        super().notify_style_update()
        self._drawing.forget()

    def on_resize(self, _event: events.Resize) -> None:
        """Break the lines anew."""
        self.refresh()

    def _lines_at(self, width: int) -> list[Line]:
        if width != self._lines_width and width > 0:
            self._lines_width = width
            self._drawing.place(0, width, width)
            lines = blocks_lines(self._document.all_blocks, width)
            self._lines = [_without_copy(line) for line in lines]
        return self._lines

    def _style_of(self, names: tuple[str, ...]) -> Style:
        classes = [f"transcript--{name}" for name in names]
        return self.get_visual_style(*classes).rich_style
