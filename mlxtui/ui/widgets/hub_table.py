"""The table of what was found on the hub."""

from collections.abc import Hashable, Sequence

from textual import events

from mlxtui.i18n import _
from mlxtui.plans import Fit
from mlxtui.repositories import SearchOrder
from mlxtui.ui.hub_rows import RECOMMENDED_COLUMNS, HubRow, found_columns
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
from mlxtui.ui.widgets.model_table import name_parts
from mlxtui.ui.widgets.shortened import shortened

_FIT_STYLES: dict[Fit, str] = {"fits": GOOD, "tight": BUSY, "too-big": BAD}
_NOTE_CELLS = 44


class HubTable(ColumnTable[HubRow], inherit_bindings=True):
    """Repositories in the order in which the hub gives them."""

    def __init__(self) -> None:
        super().__init__()
        self._order: SearchOrder | None = None

    def show_rows(self, rows: Sequence[HubRow], order: SearchOrder | None) -> None:
        """Show these repositories.

        Args:
            order: By which the hub has sorted them; None for the recommended ones.
        """
        self._order = order
        self.show(rows, order)

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many columns as there is room for."""
        self.show_rows(self._shown_rows, self._order)

    def columns_wanted(self) -> Sequence[Column[HubRow]]:
        """The recommended ones have notes, the found ones figures."""
        return found_columns(self._order) if self._order else RECOMMENDED_COLUMNS

    def title_of(self, column: Column[HubRow]) -> str:
        """With an arrow where the hub has sorted by it."""
        return _(column.title) + (" ▼" if column.name == self._order else "")

    def key_of(self, row: HubRow) -> Hashable:
        """What it is asked for with."""
        return row.address

    def frame_of(self, row: HubRow) -> object:
        """All of it: what comes later may be wider than its column."""
        return row

    def parts_of(self, column: Column[HubRow], row: HubRow, cells: int) -> Parts:
        """The name with its owner behind it; a fit by mark, word and colour."""
        text = column.text(row)
        if column.name == "name":
            return ("  ", PLAIN), *name_parts(text, cells - 2, PLAIN)
        if column.name == "memory" and row.fit is not None:
            return ((text, _FIT_STYLES[row.fit]),)
        if column.name == "access":
            return ((text, BUSY),)
        if column.name == "note":
            return ((shortened(text, min(cells, _NOTE_CELLS)), MUTED),)
        return ((text, PLAIN),)
