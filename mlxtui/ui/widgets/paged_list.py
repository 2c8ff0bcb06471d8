"""A list of options that may get keys before it is laid out."""

from typing import Literal

from textual.widgets import OptionList


class PagedList(OptionList):
    """Textual 8.2.8 looks up lines that a list without a size does not have."""

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        if (self.highlighted or 0) in self._index_to_line:
            super()._move_page(direction)
