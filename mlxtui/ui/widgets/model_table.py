"""The table of models: as many columns as there is room for, its rows and cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.message import Message
from textual.widgets import DataTable

from mlxtui.i18n import _, current_language
from mlxtui.types import LocalModel
from mlxtui.ui.model_columns import COLUMNS, Column, ModelRow, Order
from mlxtui.ui.model_standing import MARKS, Standing
from mlxtui.ui.widgets.shortened import shortened

_MIN_NAME_CELLS = 24
_LEFT_ALIGNED = ("name", "memory", "abilities", "source")

# These have their mark before the name, the others before the word for the memory.
_MARKED = ("loaded", "loading", "broken")

_STYLES: dict[Standing, str] = {
    "loaded": "good", "loading": "busy", "fits": "good", "tight": "busy",
    "too-big": "bad", "unknown": "plain", "broken": "bad",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """Parts of text with their component classes; drawn in the theme's colours."""

    parts: tuple[tuple[str, str], ...]
    is_right_aligned: bool
    table: "ModelTable"

    def __rich__(self) -> Text:
        """Look the colours up now: the theme may have changed."""
        text = Text(justify="right" if self.is_right_aligned else "left", end="")
        for part, name in self.parts:
            style = self.table.get_component_rich_style(name, partial=True)
            text.append(part, style if name else "")
        return text

    def __str__(self) -> str:
        return "".join(part for part, _name in self.parts)


class ModelTable(DataTable[Cell], inherit_bindings=False):
    """Rows are made anew only when other models are shown; the cursor stays on its
    model."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", show=False),
        Binding("down", "cursor_down", show=False),
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
        Binding("home,ctrl+home", "scroll_top", show=False),
        Binding("end,ctrl+end", "scroll_bottom", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "model-table--plain", "model-table--muted", "model-table--good",
        "model-table--busy", "model-table--bad",
    }  # fmt: skip

    class Chosen(Message):
        """A model was double-clicked."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row")
        self._rows: list[ModelRow] = []
        self._layout: tuple[tuple[str, str, int], ...] = ()
        self._frame: object = None
        self._order = Order()

    @property
    def current(self) -> LocalModel | None:
        """The model under the cursor."""
        if 0 <= self.cursor_row < len(self._rows):
            return self._rows[self.cursor_row].model
        return None

    @property
    def columns_shown(self) -> list[Column]:
        """The columns that there is room for."""
        names = {name for name, _title, _cells in self._layout}
        return [column for column in COLUMNS if column.name in names]

    def show_rows(self, rows: Sequence[ModelRow], order: Order) -> None:
        """Show these models in this order; only what has changed is drawn again."""
        before, current, cursor_row = self._rows, self.current, self.cursor_row
        self._order = order
        self._rows = order.sorted(rows)
        models = [row.model for row in self._rows]
        frame = (models, order, current_language(), self.size.width)
        if frame == self._frame:
            self._update_cells(before)
            return
        self._frame = frame
        with self.app.batch_update():
            self._rebuild()
            names = [model.name for model in models]
            if current is not None and current.name in names:
                cursor_row = names.index(current.name)
            self.move_cursor(row=min(cursor_row, max(len(names) - 1, 0)))

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many columns as there is room for."""
        self.show_rows(self._rows, self._order)

    def on_click(self, event: events.Click) -> None:
        """A double click on a row chooses its model."""
        if event.chain == 2 and event.style.meta.get("row", -1) >= 0:
            self.post_message(self.Chosen())

    def _rebuild(self) -> None:
        self._layout = self._fitting_layout()
        self.clear(columns=True)
        for name, title, cells in self._layout:
            justify = "left" if name in _LEFT_ALIGNED else "right"
            label = Text(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
            self.add_column(label, width=cells, key=name)
        for row in self._rows:
            self.add_row(*self._cells(row))

    def _update_cells(self, before: Sequence[ModelRow]) -> None:
        for number, row in enumerate(self._rows):
            if row != before[number]:
                for place, cell in enumerate(self._cells(row)):
                    self.update_cell_at(Coordinate(number, place), cell)

    def _cells(self, row: ModelRow) -> list[Cell]:
        columns = {column.name: column for column in COLUMNS}
        return [
            Cell(
                self._parts(columns[name], row, cells), name not in _LEFT_ALIGNED, self
            )
            for name, _title, cells in self._layout
        ]

    def _parts(
        self, column: Column, row: ModelRow, cells: int
    ) -> tuple[tuple[str, str], ...]:
        style = f"model-table--{_STYLES[row.standing]}"
        plain = "model-table--" + ("muted" if row.model.problem else "plain")
        text = column.text(row)
        if column.name == "name":
            mark = MARKS[row.standing] if row.standing in _MARKED else " "
            owner, _slash, name = text.rpartition("/")
            name = shortened(name, cells - 2)
            owner = f"  {owner}" if owner else ""
            if cell_len(name + owner) > cells - 2:
                owner = ""
            return (f"{mark} ", style), (name, plain), (owner, "model-table--muted")
        if column.name == "memory":
            mark = " " if row.standing in _MARKED else MARKS[row.standing]
            return ((f"{mark} {text}", style),)
        return ((text, plain),)

    def _fitting_layout(self) -> tuple[tuple[str, str, int], ...]:
        """Name, title and width of each column that fits; the first takes the rest."""
        padding = 2 * self.cell_padding
        room = self.size.width - padding - self.styles.scrollbar_size_vertical
        layout: list[tuple[str, str, int]] = []
        for column in COLUMNS[1:]:
            extra = 2 if column.name == "memory" else 0  # its mark
            texts = [cell_len(column.text(row)) + extra for row in self._rows]
            # The arrow of the sorted column always has its place.
            cells = max([cell_len(_(column.title)) + 2, *texts])
            if room - cells - padding < _MIN_NAME_CELLS:
                break
            room -= cells + padding
            layout.append((column.name, self._title(column), cells))
        name = COLUMNS[0]
        return ((name.name, "  " + self._title(name), max(room, 1)), *layout)

    def _title(self, column: Column) -> str:
        if column != self._order.column:
            return _(column.title)
        return _(column.title) + (" ▼" if self._order.largest_first else " ▲")
