"""The table of the models of this machine."""

from collections.abc import Hashable, Sequence

from rich.cells import cell_len
from textual import events

from mlxtui.i18n import _
from mlxtui.types import LocalModel
from mlxtui.ui.model_columns import COLUMNS, ModelRow, Order
from mlxtui.ui.model_standing import MARKS, Standing
from mlxtui.ui.table_columns import Column
from mlxtui.ui.widgets.column_table import (
    BAD,
    BUSY,
    GOOD,
    MUTED,
    PLAIN,
    ColumnTable,
    Parts,
)
from mlxtui.ui.widgets.shortened import shortened

# These have their mark before the name, the others before the word for the memory.
_MARKED = ("loaded", "loading", "broken")

_STYLES: dict[Standing, str] = {
    "loaded": GOOD, "loading": BUSY, "fits": GOOD, "tight": BUSY, "too-big": BAD,
    "unknown": PLAIN, "broken": BAD, "to-import": PLAIN, "imported": MUTED,
}  # fmt: skip


class ModelTable(ColumnTable[ModelRow], inherit_bindings=True):
    """Models in an order of the user's."""

    def __init__(self) -> None:
        super().__init__()
        self._order = Order()

    @property
    def current(self) -> LocalModel | None:
        """The model under the cursor."""
        return self.current_row.model if self.current_row else None

    def show_rows(self, rows: Sequence[ModelRow], order: Order) -> None:
        """Show these models in this order."""
        self._order = order
        self.show(order.sorted(rows), order)

    def go_to(self, name: str) -> bool:
        """Move the cursor to a model; False when it is not shown."""
        names = [row.model.name for row in self._shown_rows]
        if name not in names:
            return False
        self.move_cursor(row=names.index(name))
        return True

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many columns as there is room for."""
        self.show_rows(self._shown_rows, self._order)

    def columns_wanted(self) -> Sequence[Column[ModelRow]]:
        """All that is known of a model."""
        return COLUMNS

    def key_of(self, row: ModelRow) -> Hashable:
        """Its name."""
        return row.model.name

    def frame_of(self, row: ModelRow) -> object:
        """A model's own facts; its standing comes and goes."""
        return row.model

    def title_of(self, column: Column[ModelRow]) -> str:
        """With an arrow where the rows are sorted by it."""
        if column != self._order.column:
            return _(column.title)
        return _(column.title) + (" ▼" if self._order.largest_first else " ▲")

    def parts_of(self, column: Column[ModelRow], row: ModelRow, cells: int) -> Parts:
        """The name with its owner behind it; marks before words, not colours alone."""
        style = _STYLES[row.standing]
        plain = MUTED if row.model.problem else PLAIN
        text = column.text(row)
        if column.name == "name":
            mark = MARKS[row.standing] if row.standing in _MARKED else " "
            return (f"{mark} ", style), *name_parts(text, cells - 2, plain)
        if column.name == "memory":
            mark = " " if row.standing in _MARKED else MARKS[row.standing]
            return ((f"{mark} {text}", style),)
        return ((text, plain),)


def name_parts(full_name: str, cells: int, style: str) -> Parts:
    """A name, and its owner behind it where there is room."""
    owner, _slash, name = full_name.rpartition("/")
    name = shortened(name, cells)
    owner = f"  {owner}" if owner else ""
    if cell_len(name + owner) > cells:
        owner = ""
    return (name, style), (owner, MUTED)
