"""The lines of an answer's Markdown, which are only made again at its open end."""

from bisect import bisect_right
from collections.abc import Iterator

from mlxtui.ui.markdown.blocks import Block, Fence
from mlxtui.ui.markdown.document import Document
from mlxtui.ui.markdown.line import BLANK, Line
from mlxtui.ui.markdown.lines import (
    Colours,
    block_lines,
    blocks_lines,
    code_lines,
    fence_header,
    is_gap_between,
    plain_lines,
    shown_line,
)
from mlxtui.ui.markdown.tail import OpenLines


class BodyLines:
    """Follows a document that grows."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.lines: list[Line] = []
        self._blocks: list[Block] = []
        self._tops: list[int] = []
        self._finished = 0
        self._revision = 0
        self._open: OpenLines | None = None
        self._open_fence: Fence | None = None
        self._open_count = 0
        self._stable = 0

    def update(self, document: Document, colours: Colours) -> int:
        """Bring the lines up to date; returns the first that changed."""
        if document.revision != self._revision:
            self._revision = document.revision
            self._blocks.clear()
            self._tops.clear()
            self._finished = self._stable = 0
            self._open = None
        opened = document.open_lines
        blocks = document.blocks[len(self._blocks) :]
        if not blocks and opened is not None and opened is self._open:
            first = self._stable
            self._grow_open(opened)
            return first
        first = self._finished
        del self.lines[first:]
        for block in blocks:
            self._finish(block, colours)
        self._open = opened
        if opened is not None:
            self._begin_open(opened)
        elif document.tail:
            self._leave_gap(document.tail[0])
            self.lines += blocks_lines(document.tail, self._width)
        return first

    def recolour(self, fence: Fence, colours: Colours) -> tuple[int, int]:
        """Draw the blocks with this code again; the number of lines is the same."""
        changed = [index for index, line in enumerate(self.lines) if line.code == fence]
        if not changed or changed[0] >= self._finished:
            return 0, 0
        first = bisect_right(self._tops, changed[0]) - 1
        last = bisect_right(self._tops, min(changed[-1], self._finished - 1)) - 1
        for index in range(first, last + 1):
            drawn = list(block_lines(self._blocks[index], self._width, colours))
            top = self._tops[index]
            self.lines[top : top + len(drawn)] = drawn
        end = self._tops[last + 1] if last + 1 < len(self._tops) else self._finished
        return self._tops[first], end

    def _leave_gap(self, below: Block) -> None:
        if self._blocks and is_gap_between(self._blocks[-1], below):
            self.lines.append(BLANK)

    def _finish(self, block: Block, colours: Colours) -> None:
        self._leave_gap(block)
        self._blocks.append(block)
        self._tops.append(len(self.lines))
        self.lines += block_lines(block, self._width, colours)
        self._finished = len(self.lines)

    def _begin_open(self, opened: OpenLines) -> None:
        if self._blocks:
            self.lines.append(BLANK)
        if opened.kind == "fence":
            self._open_fence = Fence(opened.language, "")
            self.lines.append(fence_header(self._open_fence, self._width))
        self._open_count = 0
        self._stable = len(self.lines)
        self._grow_open(opened)

    def _grow_open(self, opened: OpenLines) -> None:
        """Add the lines that came; only the last one is drawn again."""
        del self.lines[self._stable :]
        self.lines += self._open_lines(opened, opened.lines[self._open_count :])
        self._open_count = len(opened.lines)
        self._stable = len(self.lines)
        if opened.partial:
            self.lines += self._open_lines(opened, [opened.partial])

    def _open_lines(self, opened: OpenLines, texts: list[str]) -> Iterator[Line]:
        if opened.kind == "table":
            return plain_lines(texts, self._width)
        shown = [shown_line(text) for text in texts]
        return code_lines(shown, self._width, self._open_fence)
