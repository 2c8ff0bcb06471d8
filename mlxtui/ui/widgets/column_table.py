"""A table of as many columns as there is room for, whose cursor stays on its row."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.message import Message
from textual.widgets import DataTable

from mlxtui.i18n import _, current_language
from mlxtui.ui.table_columns import Column, RowT

PLAIN, MUTED = "column-table--plain", "column-table--muted"
GOOD, BUSY, BAD = "column-table--good", "column-table--busy", "column-table--bad"

Parts = tuple[tuple[str, str], ...]
"""Pieces of a cell's text, each with its component class."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Parts of text with their component classes; drawn in the theme's colours."""

    parts: Parts
    is_right_aligned: bool
    table: DataTable["Cell"]

    def __rich__(self) -> Text:
        """Look the colours up now: the theme may have changed."""
        text = Text(justify="right" if self.is_right_aligned else "left", end="")
        for part, name in self.parts:
            style = self.table.get_component_rich_style(name, partial=True)
            text.append(part, style if name else "")
        return text

    def __str__(self) -> str:
        return "".join(part for part, _name in self.parts)


class ColumnTable(DataTable[Cell], Generic[RowT], inherit_bindings=False):
    """Rows are made anew only when other ones are shown. The first column takes the
    room that the others leave; of these the last ones are left out where it is narrow.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", show=False),
        Binding("down", "cursor_down", show=False),
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
        Binding("home,ctrl+home", "scroll_top", show=False),
        Binding("end,ctrl+end", "scroll_bottom", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {PLAIN, MUTED, GOOD, BUSY, BAD}
    MIN_FIRST_CELLS: ClassVar[int] = 24
    """Room that the first column has at least, in cells."""

    class Chosen(Message):
        """A row was double-clicked."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row")
        self._shown_rows: list[RowT] = []
        self._layout: tuple[tuple[str, str, int], ...] = ()
        self._frame: object = None

    # What a table of one kind of rows says

    @abstractmethod
    def columns_wanted(self) -> Sequence[Column[RowT]]:
        """From the most to the least wanted."""

    @abstractmethod
    def key_of(self, row: RowT) -> Hashable:
        """What the cursor knows a row by when others come."""

    def frame_of(self, row: RowT) -> object:
        """What must be the same for the widths of the columns to stay as they are."""
        return self.key_of(row)

    def parts_of(self, column: Column[RowT], row: RowT, cells: int) -> Parts:
        """The text of a cell; no wider than `cells`."""
        return ((column.text(row), PLAIN),)

    def title_of(self, column: Column[RowT]) -> str:
        """The head of a column."""
        return _(column.title)

    # What is shown

    @property
    def current_row(self) -> RowT | None:
        """The row under the cursor."""
        if 0 <= self.cursor_row < len(self._shown_rows):
            return self._shown_rows[self.cursor_row]
        return None

    @property
    def columns_shown(self) -> list[Column[RowT]]:
        """The columns that there is room for."""
        names = {name for name, _title, _cells in self._layout}
        return [column for column in self.columns_wanted() if column.name in names]

    def show(self, rows: Sequence[RowT], *frame: object) -> None:
        """Show these rows in this order; only what has changed is drawn again.

        Args:
            rows: All of them.
            frame: What the heads depend on.
        """
        before, current, cursor_row = (
            self._shown_rows,
            self.current_row,
            self.cursor_row,
        )
        self._shown_rows = list(rows)
        whole = [self.frame_of(row) for row in rows]
        new_frame = (whole, frame, current_language(), self.size.width)
        if new_frame == self._frame:
            self._update_cells(before)
            return
        self._frame = new_frame
        with self.app.batch_update():
            self._rebuild()
            keys = [self.key_of(row) for row in rows]
            if current is not None and self.key_of(current) in keys:
                cursor_row = keys.index(self.key_of(current))
            self.move_cursor(row=min(cursor_row, max(len(keys) - 1, 0)))

    def on_click(self, event: events.Click) -> None:
        """A double click on a row chooses it."""
        meta = event.style.meta
        if (
            meta.get("column", 0) >= len(self.columns)
            or meta.get("row", 0) >= self.row_count
        ):
            # Drawn before the table was made anew; `DataTable` would raise IndexError.
            event.prevent_default()
            return
        if event.chain == 2 and meta.get("row", -1) >= 0:
            self.post_message(self.Chosen())

    def _rebuild(self) -> None:
        self._layout = self._fitting_layout()
        self.clear(columns=True)
        named = self._named_columns()
        for name, title, cells in self._layout:
            justify = "left" if named[name].is_left_aligned else "right"
            label = Text(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
            self.add_column(label, width=cells, key=name)
        for row in self._shown_rows:
            self.add_row(*self._cells(row))

    def _update_cells(self, before: Sequence[RowT]) -> None:
        for number, row in enumerate(self._shown_rows):
            if row != before[number]:
                for place, cell in enumerate(self._cells(row)):
                    self.update_cell_at(Coordinate(number, place), cell)

    def _named_columns(self) -> dict[str, Column[RowT]]:
        return {column.name: column for column in self.columns_wanted()}

    def _cells(self, row: RowT) -> list[Cell]:
        named = self._named_columns()
        return [
            Cell(
                self.parts_of(named[name], row, cells),
                not named[name].is_left_aligned,
                self,
            )
            for name, _title, cells in self._layout
        ]

    def _fitting_layout(self) -> tuple[tuple[str, str, int], ...]:
        """Name, title and width of each column that fits; the first takes the rest."""
        padding = 2 * self.cell_padding
        room = self.size.width - padding - self.styles.scrollbar_size_vertical
        first, *others = self.columns_wanted()
        layout: list[tuple[str, str, int]] = []
        for column in others:
            texts = [
                cell_len("".join(text for text, _name in parts))
                for row in self._shown_rows
                for parts in [self.parts_of(column, row, room)]
            ]
            if column.is_left_out_when_empty and not any(texts):
                continue
            # The arrow of a sorted column always has its place.
            cells = max([cell_len(_(column.title)) + 2, *texts])
            if room - cells - padding < self.MIN_FIRST_CELLS:
                break
            room -= cells + padding
            layout.append((column.name, self.title_of(column), cells))
        # Its rows begin with a mark.
        return ((first.name, "  " + self.title_of(first), max(room, 1)), *layout)
