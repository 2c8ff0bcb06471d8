"""Lines of the screen, and texts broken into them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from mlxtui.ui.markdown.blocks import Fence, Inline, Run
from mlxtui.ui.markdown.wrap import Span, wrap

CHROME = frozenset(
    ("bar", "border", "box", "copy", "fold", "language", "marker", "rule", "speaker")
)
"""Styles of what is drawn around a text and is no part of it."""


@dataclass(slots=True, eq=False)
class Line:
    """One line of the screen, not changed once it is made."""

    runs: tuple[Run, ...] = ()
    indent: int = 0
    """Characters at its start that are room, not text: they are not copied."""
    fill: str = ""
    """The style of what is right of the text, up to the edge."""
    code: Fence | None = None
    """The block of code that it is a line of."""
    is_title: bool = False
    """It begins left of the other lines."""

    @property
    def text(self) -> str:
        """What the line says, room and all."""
        return "".join(run.text for run in self.runs)

    @property
    def copied(self) -> str:
        """What the line says, without the room around it."""
        return self.text[self.indent :].rstrip()

    @property
    def ink(self) -> int:
        """The characters that are drawn of its text: the same at every width."""
        return sum(
            len(run.text) - run.text.count(" ")
            for run in self.runs
            if CHROME.isdisjoint(run.style.split())
        )

    def prefixed(self, prefix: Run, *, is_text: bool = False) -> "Line":
        """The line with something before it.

        Args:
            prefix: Room or a mark.
            is_text: It is copied with the text, if nothing is that is not.
        """
        if not prefix.text:
            return self
        indent = self.indent + len(prefix.text)
        if is_text and not self.indent:
            indent = 0
        return replace(self, runs=(prefix, *self.runs), indent=indent)


BLANK = Line()
"""An empty line between two blocks."""


def broken(text: Inline, width: int, style: str = "") -> Iterator[Inline]:
    """The runs of each line of a text.

    Args:
        text: Newlines in it end a line.
        width: Cells of a line.
        style: Goes before the styles of the runs.
    """
    for part in _split(text):
        plain = "".join(run.text for run in part)
        yield from cut(part, wrap(plain, width), style)


def _split(text: Inline) -> Iterator[Sequence[Run]]:
    if not any("\n" in run.text for run in text):
        yield text
        return
    line: list[Run] = []
    for run in text:
        first, *others = run.text.split("\n")
        line.append(run._replace(text=first))
        for other in others:
            yield line
            line = [run._replace(text=other)]
    yield line


def cut(
    runs: Sequence[Run], spans: Iterable[Span], style: str = ""
) -> Iterator[Inline]:
    """The runs of some stretches of a text.

    Args:
        runs: The whole text.
        spans: The first character of each stretch and the one after its last; in
            order, none lies over another.
        style: Goes before the styles of the runs.
    """
    index = 0
    position = 0
    for start, end in spans:
        stretch = []
        while index < len(runs):
            run = runs[index]
            length = len(run.text)
            first, last = max(start - position, 0), min(end - position, length)
            if first < last:
                name = f"{style} {run.style}".strip() if style else run.style
                stretch.append(Run(run.text[first:last], name, run.href))
            if position + length > end:
                break
            position += length
            index += 1
        yield tuple(stretch)


def cells_of(runs: Iterable[Run]) -> int:
    """How wide the runs are."""
    return sum(cell_len(run.text) for run in runs)
