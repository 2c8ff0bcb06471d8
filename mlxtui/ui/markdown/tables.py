"""Tables within a width: columns that share it, or rows one under the other."""

from collections.abc import Iterator

from rich.cells import cell_len

from mlxtui.ui.markdown.blocks import Alignment, Inline, Run, Table
from mlxtui.ui.markdown.line import Line, broken, cells_of

# A column is not made narrower than this while its text is wider.
_NARROWEST_CELLS = 6
_GAP = Run(" │ ", "border")


def table_lines(table: Table, width: int) -> Iterator[Line]:
    """The lines of a table; too many columns for the width become a list."""
    rows = [[_Cell(text) for text in row] for row in (table.header, *table.rows)]
    natural = [max(cell.cells for cell in column) for column in zip(*rows, strict=True)]
    widths = column_widths(natural, width)
    if widths is None:
        yield from _list_lines(table, width)
        return
    rule = Line((Run("─┼─".join("─" * cells for cells in widths), "border"),))
    yield from _row_lines(rows[0], widths, table.alignments, "strong")
    yield rule
    is_wrapped = any(
        cell.has_break or cell.cells > cells
        for row in rows[1:]
        for cell, cells in zip(row, widths, strict=True)
    )
    for index, row in enumerate(rows[1:]):
        if index and is_wrapped:
            yield rule
        yield from _row_lines(row, widths, table.alignments, "")


class _Cell:
    """A cell's text, measured once."""

    __slots__ = ("cells", "has_break", "text")

    def __init__(self, text: Inline) -> None:
        self.text = text
        self.has_break = any("\n" in run.text for run in text)
        parts = "".join(run.text for run in text).split("\n")
        self.cells = max(max(map(cell_len, parts)), 1)

    def lines(self, width: int, style: str) -> list[Inline]:
        """Its lines in a column."""
        if self.has_break or self.cells > width or style:
            return list(broken(self.text, width, style))
        return [self.text]


def column_widths(natural: list[int], width: int) -> list[int] | None:
    """What each column gets of a width.

    Narrow columns get what they need, the others share the rest.

    Args:
        natural: The cells that each column would take.
        width: The cells that there are, for the gaps too.

    Returns:
        Cells of each column, or None when a column would be too narrow to read.
    """
    left = width - len(_GAP.text) * (len(natural) - 1)
    widths = [0] * len(natural)
    waiting = sorted(range(len(natural)), key=natural.__getitem__)
    while waiting:
        column = waiting[0]
        share = left // len(waiting)
        if natural[column] > share:
            break
        widths[column] = natural[column]
        left -= natural[column]
        waiting.pop(0)
    if not waiting:
        return widths
    share, more = divmod(left, len(waiting))
    if share < _NARROWEST_CELLS:
        return None
    for index, column in enumerate(sorted(waiting)):
        widths[column] = share + (index < more)
    return widths


def _row_lines(
    row: list[_Cell],
    widths: list[int],
    alignments: tuple[Alignment, ...],
    style: str,
) -> Iterator[Line]:
    cells = [cell.lines(width, style) for cell, width in zip(row, widths, strict=True)]
    last = len(cells) - 1
    for index in range(max(map(len, cells))):
        runs: list[Run] = []
        for column, lines in enumerate(cells):
            text = lines[index] if index < len(lines) else ()
            room = max(widths[column] - cells_of(text), 0)
            before = _room_before(room, alignments[column])
            if before:
                runs.append(Run(" " * before))
            runs += text
            if column < last:
                if room > before:
                    runs.append(Run(" " * (room - before)))
                runs.append(_GAP)
        yield Line(tuple(runs))


def _room_before(room: int, alignment: Alignment) -> int:
    match alignment:
        case "left":
            return 0
        case "center":
            return room // 2
        case "right":
            return room


def _list_lines(table: Table, width: int) -> Iterator[Line]:
    """Each row as lines of `header: value`, a blank line between rows."""
    for index, row in enumerate(table.rows or (tuple(() for _ in table.header),)):
        if index:
            yield Line()
        for name, cell in zip(table.header, row, strict=True):
            label = tuple(run._replace(style=f"strong {run.style}") for run in name)
            for runs in broken((*label, Run(": "), *cell), width):
                yield Line(runs)
