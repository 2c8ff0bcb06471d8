"""What the settings are called, and what can be done there."""

from typing import ClassVar

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.place_info import PlaceInfo


class SettingsInfo(PlaceInfo):
    """The names and actions of the place."""

    NAME = "settings"
    TITLE = N_("Settings")
    PURPOSE = N_("Language, colours, folders, memory, and the keys of every action")
    KEY = "f8"
    HELP: ClassVar[str | None] = N_(
        "↑ ↓ choose a line, Enter changes it, ← → take the next value. Delete brings"
        " the default back. A change is used at once, and written to the file.\n"
        "• marks what is not the default.\n"
        "Below the settings stand the keys of every action: Enter, then the new key.\n"
        "`mlxtui config` does the same in scripts; a variable such as MLXTUI_THEME"
        " overrides the file."
    )
    ACTIONS = (
        Action(
            name="settings.set",
            title=N_("Change"),
            meaning=N_("Change the setting under the cursor, or the one that is named"),
            keys="enter",
            slash="set",
            argument=N_("SETTING VALUE"),
            in_key_line=True,
        ),
        Action(
            name="settings.next",
            title=N_("Next value"),
            meaning=N_("Take the next value of the setting under the cursor"),
            keys="right",
            in_key_line=True,
        ),
        Action(
            name="settings.previous",
            title=N_("Previous value"),
            meaning=N_("Take the previous value of the setting under the cursor"),
            keys="left",
        ),
        Action(
            name="settings.reset",
            title=N_("Default"),
            meaning=N_("Bring the default back: of this setting, or the one named"),
            keys="delete",
            slash="reset",
            argument=N_("SETTING"),
            in_key_line=True,
        ),
        Action(
            name="settings.back",
            title=N_("Back"),
            meaning=N_("Leave the field of a setting as it was"),
            keys="escape",
            in_key_line=True,
        ),
    )
    WIDGET = "mlxtui.ui.panes.settings:SettingsPane"
