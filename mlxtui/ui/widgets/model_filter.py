"""The field above a table: words that narrow it, a path, an address."""

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from mlxtui.ui.widgets.column_table import ColumnTable
from mlxtui.ui.widgets.ordered_input import OrderedInput


class ModelFilter(OrderedInput):
    """The keys that move go on to the table.

    Args:
        table: What is narrowed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('cursor_up')", show=False),
        Binding("down", "move('cursor_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]

    def __init__(self, table: ColumnTable[Any]) -> None:
        super().__init__(compact=True)
        self._table = table

    def action_move(self, step: str) -> None:
        """Move the table's cursor while the field keeps the focus."""
        getattr(self._table, f"action_{step}")()
