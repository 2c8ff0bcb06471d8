"""The settings: each is changed where it stands, used and written at once."""

from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import OptionList

from mlxtui import settings
from mlxtui.backend.backend import Backend
from mlxtui.errors import SettingsError
from mlxtui.i18n import _
from mlxtui.settings import Choice, Flag, Settings
from mlxtui.ui.actions import bindings
from mlxtui.ui.key_rules import keys_problem
from mlxtui.ui.messages import SettingChanged
from mlxtui.ui.panes.settings_actions import SettingsInfo
from mlxtui.ui.place import Place
from mlxtui.ui.setting_check import value_problem
from mlxtui.ui.setting_rows import SettingRow, setting_rows
from mlxtui.ui.widgets.setting_details import SettingDetails
from mlxtui.ui.widgets.setting_list import SettingList

# The details stand beside the list from here on, below it in less.
_WIDE_CELLS = 100


class SettingsPane(SettingsInfo, Place):
    """Every setting with its value, and every action with its key."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SettingsInfo.ACTIONS)

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._list = SettingList()
        self._details = SettingDetails()
        self._used = Settings()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="body"):
            yield self._list
            yield self._details

    def on_mount(self) -> None:
        """Follow the settings in use."""
        self.watch(self.app, "settings", self._show)

    def focus_first(self) -> None:
        """The list has the keys."""
        self.screen.set_focus(self._list)

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self._show(self._used)

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room for them."""
        self.set_class(event.size.width >= _WIDE_CELLS, "-wide")

    def _show(self, used: Settings) -> None:
        self._used = used
        origins = settings.read().origins
        self._list.show_rows(list(setting_rows(used, origins, self.all_actions)))
        self._details.show_row(self._list.current)

    # What the user asks for

    def action_set(self, argument: str = "") -> None:
        """Change a setting: `theme light`, or the row under the cursor."""
        key, _blank, text = argument.strip().partition(" ")
        row = self._row_named(key) if key else self._list.current
        if row is None:
            return
        if text:
            self._change_typed(row, text.strip())
        elif not self._is_overridden(row):
            self._list.move_to(row.key)
            if isinstance(row.setting, Choice | Flag) and not key:
                self._details.step(1)
            else:
                self._details.show_row(row)
                self._details.edit()

    def action_next(self) -> None:
        """Take the next value."""
        self._step(1)

    def action_previous(self) -> None:
        """Take the value before."""
        self._step(-1)

    def action_reset(self, argument: str = "") -> None:
        """Bring a default back; in a list of folders, take one away."""
        if not argument and self._details.remove_folder():
            return
        row = self._row_named(argument) if argument else self._list.current
        if row is not None:
            self._change(row, "")

    def action_back(self) -> None:
        """Leave the field as it was."""
        self._details.leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Values are stepped through in the list only; Esc is for the fields."""
        if action in ("next", "previous"):
            row = self._list.current
            is_stepped = row is not None and isinstance(row.setting, Choice | Flag)
            return is_stepped and not self._details.has_focus_within
        if action == "back":
            return self._details.has_focus_within
        return True

    # What its parts report

    def on_option_list_option_highlighted(self) -> None:
        """Say more about the row under the cursor."""
        self._details.show_row(self._list.current)
        self.refresh_bindings()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click on the row under the cursor."""
        event.stop()
        self.action_set()

    def on_setting_details_wanted(self, message: SettingDetails.Wanted) -> None:
        """Use a value of the details' fields."""
        message.stop()
        row, text = message.row, message.text
        if row.action is None:
            self._change(row, text)
        elif problem := self._keys_problem(row, text):
            self._details.show_note(problem)
        else:
            self._change(row, "" if text == row.action.keys else text)
            self._list.focus()

    def on_setting_details_left(self, message: SettingDetails.Left) -> None:
        """Back to the list."""
        message.stop()
        self._list.focus()

    # How it is done

    def _row_named(self, key: str) -> SettingRow | None:
        row = self._list.row(key)
        if row is None:
            try:
                settings.setting_of(key)
                error = SettingsError(
                    _("There is no setting {key}.").format(key=key),
                    hint=_("`?` shows every key."),
                )
            except SettingsError as unknown:
                error = unknown
            self._refuse(error.message, error.hint)
        return row

    def _step(self, by: int) -> None:
        row = self._list.current
        if row is not None and not self._is_overridden(row):
            self._details.step(by)

    def _is_overridden(self, row: SettingRow) -> bool:
        if row.origin != "environment":
            return False
        self._refuse(
            _("The variable {name} sets this.").format(name=settings.variable(row.key)),
            _("Unset it to change the setting here."),
        )
        return True

    @work
    async def _change_typed(self, row: SettingRow, text: str) -> None:
        problem = await value_problem(row.key, text)
        if not problem and row.action is not None:
            problem = self._keys_problem(row, text)
        if problem:
            self._refuse(problem, "")
        else:
            self._change(row, text)

    def _keys_problem(self, row: SettingRow, keys: str) -> str:
        assert row.action is not None
        return keys_problem(row.action, keys, self.all_actions, self._used.keys)

    def _change(self, row: SettingRow, text: str) -> None:
        if not self._is_overridden(row):
            self.post_message(SettingChanged(row.key, text))

    def _refuse(self, message: str, hint: str) -> None:
        text = "\n".join(filter(None, (message, hint)))
        self.notify(text, severity="error", markup=False)
