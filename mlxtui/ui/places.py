"""The registry of places: a new one is added here and nowhere else."""

import importlib
from collections.abc import Iterator

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.job_actions import JobsInfo
from mlxtui.ui.panes.chat_actions import ChatInfo
from mlxtui.ui.panes.models_actions import ModelsInfo
from mlxtui.ui.panes.settings_actions import SettingsInfo
from mlxtui.ui.place import Place
from mlxtui.ui.place_info import PlaceInfo

PLACES: tuple[type[PlaceInfo], ...] = (ChatInfo, ModelsInfo, SettingsInfo)
"""In the order of the place bar."""

ROOMS: tuple[type[PlaceInfo], ...] = (*PLACES, JobsInfo)
"""The places, and the drawer that lies under the open one."""

APP_ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            name=f"app.go.{place.NAME}",
            title=place.TITLE,
            meaning=place.PURPOSE,
            keys=place.KEY,
            slash=place.NAME,
        )
        for place in PLACES
    ),
    Action(
        name="app.jobs",
        title=JobsInfo.TITLE,
        meaning=N_("Open the jobs under the place that is open, or put them away"),
        keys=JobsInfo.KEY,
        slash="jobs",
    ),
    Action(
        name="app.choose_model",
        title=N_("Choose model"),
        meaning=N_("Type a part of a model's name, or the path of a model folder"),
        keys="ctrl+o",
        slash="choose",
    ),
    Action(
        name="app.help",
        title=N_("Help"),
        meaning=N_("Explain what has the focus"),
        keys="f1",
        slash="help",
        in_key_line=True,
    ),
    Action(
        name="app.keys",
        title=N_("Keys"),
        meaning=N_("Show every key"),
        keys="question_mark",
        slash="keys",
        types_text=True,
    ),
    Action(
        name="app.command_palette",
        title=N_("Commands"),
        meaning=N_("Search everything that can be done"),
        keys="ctrl+p",
        slash="commands",
        in_key_line=True,
    ),
    Action(
        name="app.theme",
        title=N_("Theme"),
        meaning=N_("Take the next colours: dark, light, contrast, ansi"),
        keys="f9",
        slash="theme",
        argument=N_("NAME"),
    ),
    Action(
        name="app.language",
        title=N_("Language"),
        meaning=N_("Switch between English and Japanese"),
        keys="f10",
        slash="language",
        argument=N_("LANGUAGE"),
    ),
    Action(
        name="app.quit",
        title=N_("Quit"),
        meaning=N_("Leave, at any moment"),
        keys="ctrl+q",
        slash="quit",
        in_key_line=True,
    ),
)


def all_actions() -> Iterator[Action]:
    """Every action of the rooms and of the app, in the order of the key sheet."""
    for room in ROOMS:
        yield from room.ACTIONS
    yield from APP_ACTIONS


def load_place(name: str) -> type[Place]:
    """Import the widgets of a place or of the drawer, by its name."""
    (info,) = (room for room in ROOMS if room.NAME == name)
    module, _colon, class_name = info.WIDGET.partition(":")
    place: type[Place] = getattr(importlib.import_module(module), class_name)
    return place
