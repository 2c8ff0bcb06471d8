"""Screens whose mouse may hit a widget that was taken away a moment before."""

from typing import TYPE_CHECKING, Any

from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget

# At run time no screen: Textual takes styles along the first base that is one.
if TYPE_CHECKING:
    _Base = Screen[Any]
else:
    _Base = object


class SafeMouse(_Base):
    """Placed before a screen class: the compositor is a frame behind the widgets, and
    Textual 8.2.8 asks the missing parent of a removed one for its region.
    """

    def get_widget_and_offset_at(
        self, x: int, y: int
    ) -> tuple[Widget | None, Offset | None]:
        """The widget at a cell, unless it is gone."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        if widget is not None and not widget.is_attached:
            return None, None
        return widget, offset
