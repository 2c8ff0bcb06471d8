"""The settings: their keys, kinds and ranges, and the file they are kept in.

A value comes from the environment (`MLXTUI_THEME`), else from the user's file, else it
is the default. `table` says what can be set, `kinds` which values that may be, `file`
reads and `save` writes; a front end needs this module only.
"""

from mlxtui.settings.file import Origin, Reading, load, origin, read
from mlxtui.settings.kinds import (
    Address,
    Choice,
    Flag,
    Folder,
    Folders,
    Keys,
    Line,
    Number,
    Secret,
    Setting,
)
from mlxtui.settings.save import save_value, save_values
from mlxtui.settings.table import (
    KEYS_PREFIX,
    SETTINGS,
    Settings,
    description,
    keys,
    parse,
    setting_of,
    variable,
)

__all__ = [
    "KEYS_PREFIX",
    "SETTINGS",
    "Address",
    "Choice",
    "Flag",
    "Folder",
    "Folders",
    "Keys",
    "Line",
    "Number",
    "Origin",
    "Reading",
    "Secret",
    "Setting",
    "Settings",
    "description",
    "keys",
    "load",
    "origin",
    "parse",
    "read",
    "save_value",
    "save_values",
    "setting_of",
    "variable",
]
