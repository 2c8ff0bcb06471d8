"""The field in which the list of models is narrowed, or a folder's path is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from mlxtui.ui.widgets.model_table import ModelTable
from mlxtui.ui.widgets.ordered_input import OrderedInput


class ModelFilter(OrderedInput):
    """The field above the table; the keys that move go on to the table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"move('{step}')", show=False)
        for key, step in (
            ("up", "cursor_up"), ("down", "cursor_down"),
            ("pageup", "page_up"), ("pagedown", "page_down"),
        )
    ]  # fmt: skip

    def __init__(self, table: ModelTable) -> None:
        super().__init__(compact=True)
        self._table = table

    def action_move(self, step: str) -> None:
        """Move the table's cursor while the field keeps the focus."""
        getattr(self._table, f"action_{step}")()
