"""The list of the settings: titles at the left, values beside them."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from mlxtui.ui.setting_rows import SettingRow
from mlxtui.ui.widgets.paged_list import PagedList

_MARK = "• "
_GAP_CELLS = 2


class SettingList(PagedList):
    """Every row is a line; changed values stand out by a mark and by colour."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._rows: dict[str, SettingRow] = {}
        self._title_cells = 0

    @property
    def current(self) -> SettingRow | None:
        """The row under the cursor."""
        option = self.highlighted_option
        return self._rows.get(option.id or "") if option else None

    def row(self, key: str) -> SettingRow | None:
        """The row of a key."""
        return self._rows.get(key)

    def show_rows(self, rows: Sequence[SettingRow]) -> None:
        """Show these rows; the cursor stays, and what is shown already, too."""
        before, self._rows = self._rows, {row.key: row for row in rows}
        cells = max((cell_len(row.title) for row in rows), default=0)
        is_same_frame = cells == self._title_cells and [
            (row.key, row.group) for row in before.values()
        ] == [(row.key, row.group) for row in rows]
        self._title_cells = cells
        if is_same_frame:
            for row in rows:
                if row != before[row.key]:
                    self.replace_option_prompt(row.key, self._line(row))
            return
        cursor = self.current
        top = self.scroll_y
        self.set_options(self._options_of(rows))
        if cursor is not None and cursor.key in self._rows:
            self.move_to(cursor.key)
            self.scroll_to(y=top, animate=False)
        else:
            self.action_first()

    def move_to(self, key: str) -> None:
        """Put the cursor on a row."""
        self.highlighted = self.get_option_index(key)

    def _options_of(self, rows: Sequence[SettingRow]) -> list[Option]:
        options: list[Option] = []
        group = ""
        for row in rows:
            if row.group != group:
                head = Content.styled(row.group, "bold $text-accent")
                above = "\n" if group else ""
                options.append(Option(Content.assemble(above, head), disabled=True))
                group = row.group
            options.append(Option(self._line(row), id=row.key))
        return options

    def _line(self, row: SettingRow) -> Content:
        space = " " * (self._title_cells - cell_len(row.title) + _GAP_CELLS)
        mark = " " * cell_len(_MARK) if row.is_default else _MARK
        return Content.assemble(
            (mark, "$text-accent"),
            row.title,
            space,
            (row.shown, "$text-muted" if row.is_default else "$text-accent"),
        )

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Show the heading over the first row, too."""
        super().watch_highlighted(highlighted)
        if highlighted == 1:
            self.scroll_home(animate=False)

    async def _on_click(self, event: events.Click) -> None:
        """The first click puts the cursor on a row, the next one changes it."""
        event.prevent_default()  # or Textual's own handler follows
        clicked = event.style.meta.get("option")
        if clicked is None or self.options[clicked].disabled:
            return
        if clicked == self.highlighted:
            self.action_select()
        self.highlighted = clicked
