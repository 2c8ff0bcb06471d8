"""Lines to strips in the theme's colours."""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from mlxtui.ui.markdown.line import Line

STYLE_NAMES = (
    "speaker", "user", "model", "muted", "warning", "error", "fold", "cursor",
    "heading", "subheading", "strong", "emphasis", "strike", "code", "link", "marker",
    "bar", "border", "rule", "fence", "language", "copy",
    "comment", "keyword", "string", "number", "constant", "name", "builtin",
    "decorator", "deleted", "inserted",
)  # fmt: skip
"""What a run's style may name; each is a component class of the transcript."""

# A few screens: a strip is made quickly, but holds many objects.
_KEPT_STRIPS = 256
_INDENT_CELLS = 2


class Drawing:
    """Draws lines and keeps the strips of the last ones.

    Args:
        style_of: The style that the theme gives to some names at once.
    """

    def __init__(self, style_of: Callable[[tuple[str, ...]], Style]) -> None:
        self._style_of = style_of
        self._styles: dict[str, Style] = {}
        self._strips: LRUCache[Line, Strip] = LRUCache(_KEPT_STRIPS)
        self._left = 0
        self._column = 0
        self._width = 0

    def forget(self) -> None:
        """Draw all again: the theme has changed."""
        self._styles.clear()
        self._strips.clear()

    def place(self, left: int, column: int, width: int) -> None:
        """Say where lines stand.

        Args:
            left: Cells before a line's text.
            column: Cells of the text.
            width: Cells of the whole.
        """
        if (left, column, width) != (self._left, self._column, self._width):
            self._left, self._column, self._width = left, column, width
            self._strips.clear()

    def style(self, names: str) -> Style:
        """The style of a run."""
        style = self._styles.get(names)
        if style is None:
            known = tuple(name for name in names.split() if name in STYLE_NAMES)
            style = self._styles[names] = self._style_of(known)
        return style

    @property
    def title_room(self) -> int:
        """The cells before a title."""
        return max(self._left - _INDENT_CELLS, 0)

    def room_before(self, line: Line) -> int:
        """The cells, which are characters, before a line's text."""
        return self.title_room if line.is_title else self._left

    def strip(self, line: Line) -> Strip:
        """The line as wide as the widget."""
        strip = self._strips.get(line)
        if strip is None:
            strip = self._strips[line] = self._drawn(line)
        return strip

    def _drawn(self, line: Line) -> Strip:
        plain = self.style("")
        room = self.room_before(line)
        segments = [Segment(" " * room, plain)] if room else []
        segments += [Segment(run.text, self.style(run.style)) for run in line.runs]
        strip = Strip(segments)
        if line.fill:
            edge = self._left + self._column
            strip = strip.extend_cell_length(edge, self.style(line.fill))
        strip = strip.extend_cell_length(self._width, plain)
        return strip.crop(0, self._width)


def restyled(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """A strip with another style over some of its characters."""
    segments = []
    position = 0
    for text, own, _control in strip:
        length = len(text)
        first = min(max(start - position, 0), length)
        last = min(max(end - position, first), length)
        if first == last:
            segments.append(Segment(text, own))
        else:
            covered = own + style if own else style
            parts = (
                (text[:first], own),
                (text[first:last], covered),
                (text[last:], own),
            )
            segments += [Segment(part, own_style) for part, own_style in parts if part]
        position += length
    return Strip(segments, strip.cell_length)
