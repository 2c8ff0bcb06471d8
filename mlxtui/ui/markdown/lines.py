"""Blocks to lines of a width."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells

from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.ui.markdown.blocks import (
    Block,
    Fence,
    Heading,
    Inline,
    Item,
    Paragraph,
    Plain,
    Quote,
    Rule,
    Run,
    Table,
)
from mlxtui.ui.markdown.code import CodeRuns
from mlxtui.ui.markdown.line import BLANK, Line, broken, cut
from mlxtui.ui.markdown.tables import table_lines

# Inside of less than this there is no room for an indent.
_NARROWEST_CELLS = 8
# `99.` and the space after it: the numbers of a list stand under each other.
_NUMBER_CELLS = 4
_TAB_CELLS = 4

Colours = Callable[[Fence], tuple[CodeRuns, ...] | None]
"""The coloured lines of a block of code, if they are known yet."""


def no_colours(_fence: Fence) -> None:
    """Code without colours."""


def is_gap_between(above: Block, below: Block, *, is_loose: bool = True) -> bool:
    """Whether a blank line stands between two blocks."""
    if isinstance(above, Item) and isinstance(below, Item):
        return below.is_apart
    return is_loose


def blocks_lines(
    blocks: Sequence[Block],
    width: int,
    colours: Colours = no_colours,
    *,
    is_loose: bool = True,
) -> Iterator[Line]:
    """The lines of blocks one under the other.

    Args:
        blocks: In order.
        width: Cells of a line; no line is wider, if a wide character fits in at all.
        colours: Knows the colours of code.
        is_loose: Blank lines stand between the blocks.
    """
    above: Block | None = None
    for block in blocks:
        if above is not None and is_gap_between(above, block, is_loose=is_loose):
            yield BLANK
        yield from block_lines(block, width, colours)
        above = block


def block_lines(
    block: Block, width: int, colours: Colours = no_colours
) -> Iterator[Line]:
    """The lines of one block."""
    match block:
        case Paragraph():
            yield from (Line(runs) for runs in broken(block.text, width))
        case Heading():
            style = "heading" if block.level < 3 else "subheading"
            yield from (Line(runs) for runs in broken(block.text, width, style))
        case Fence():
            yield from fence_lines(block, width, colours(block))
        case Table():
            yield from table_lines(block, width)
        case Quote():
            yield from _quote_lines(block, width, colours)
        case Item():
            yield from _item_lines(block, width, colours)
        case Rule():
            yield Line((Run("─" * width, "rule"),))
        case Plain():
            yield from plain_lines(block.text.split("\n"), width)


def plain_lines(texts: Sequence[str], width: int, style: str = "") -> Iterator[Line]:
    """Lines as they were written, broken where they are too long."""
    for text in texts:
        runs = (Run(shown_line(text), style),)
        yield from (Line(line) for line in broken(runs, width))


def shown_line(text: str) -> str:
    """A line as it was written, made harmless, its tabs as spaces."""
    return harmless(text).expandtabs(_TAB_CELLS)


def _room(width: int, wanted: int) -> int:
    """The cells of an indent: none where a narrow column has none to spare."""
    return wanted if width - wanted >= _NARROWEST_CELLS else 0


def _quote_lines(quote: Quote, width: int, colours: Colours) -> Iterator[Line]:
    bar = Run("▎ " if _room(width, 2) else "", "bar")
    for line in blocks_lines(quote.blocks, width - len(bar.text), colours):
        yield line.prefixed(bar)


def _item_lines(item: Item, width: int, colours: Colours) -> Iterator[Line]:
    is_number = item.marker[0].isdigit()
    marker = item.marker.rjust(_NUMBER_CELLS - 1) + " " if is_number else "• "
    box = "" if item.is_done is None else "[x] " if item.is_done else "[ ] "
    room = _room(width, len(marker) + len(box))
    if not room:
        marker = marker.lstrip()
    first = Run(marker + box, "marker")
    other = Run(" " * room)
    lines = blocks_lines(item.blocks, width - room, colours, is_loose=item.is_loose)
    opening = next(lines, BLANK)
    if room or cell_len(opening.text) + len(first.text) <= width:
        yield opening.prefixed(first, is_text=True)
    else:
        marks = (first._replace(text=first.text.rstrip()),)
        yield from (Line(runs) for runs in broken(marks, width))
        yield opening
    for line in lines:
        yield line.prefixed(other, is_text=True) if line.runs else line


def shown_code(fence: Fence) -> list[str]:
    """The lines of code, as they are drawn."""
    return [shown_line(text) for text in fence.code.split("\n")[:-1]]


def fence_lines(
    fence: Fence, width: int, colours: tuple[CodeRuns, ...] | None = None
) -> Iterator[Line]:
    """A quiet line with the language and "copy", and the code on its own ground."""
    yield fence_header(fence, width)
    if colours is None:
        yield from code_lines(shown_code(fence), width, fence)
    else:
        for runs in colours:
            styled = tuple(Run(text, f"fence {style}".strip()) for text, style in runs)
            yield from _code_line(styled, width, fence)


def fence_header(fence: Fence, width: int) -> Line:
    """The line over the code."""
    copy = _("copy")
    language = one_line(fence.language)
    room = width - cell_len(copy) - 3
    while cell_len(language) > max(room, 0):
        language = language[:-1]
    gap = " " * max(width - 2 - cell_len(language) - cell_len(copy), 0)
    runs = (
        Run(" ", "fence"),
        Run(language, "fence language"),
        Run(gap, "fence"),
        Run(copy if room >= 0 else "", "fence copy"),
    )
    return Line(tuple(run for run in runs if run.text), 1, "fence", fence)


def code_lines(
    texts: Sequence[str], width: int, fence: Fence | None = None
) -> Iterator[Line]:
    """Lines of code without colours; long ones go on under themselves.

    Args:
        texts: From `shown_line`.
    """
    for text in texts:
        yield from _code_line((Run(text, "fence"),), width, fence)


def _code_line(runs: Inline, width: int, fence: Fence | None) -> Iterator[Line]:
    pad = Run(" " if _room(width, 2) else "", "fence")
    indent = len(pad.text)
    inner = max(width - 2 * indent, 1)
    text = "".join(run.text for run in runs)
    if text.isascii() and len(text) <= inner:
        yield Line((pad, *runs), indent, "fence", fence)
        return
    # A space of code is part of it, at the end of a line, too.
    ends = list(accumulate(map(len, chop_cells(text, inner))))
    spans = zip([0, *ends], ends, strict=False) if ends else [(0, 0)]
    for part in cut(runs, spans):
        yield Line((pad, *part), indent, "fence", fence)
