"""The settings place: everything is changed where it stands, and written at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.reactive import reactive
from textual.widgets import Input, Static

from mlxtui import i18n, paths, settings
from mlxtui.backend.backend import Backend
from mlxtui.settings import SETTINGS, Settings
from mlxtui.ui import themes
from mlxtui.ui.actions import Action, bindings, key_text
from mlxtui.ui.messages import SettingChanged
from mlxtui.ui.panes.chat_actions import CHAT_ACTIONS
from mlxtui.ui.panes.settings import SettingsPane
from mlxtui.ui.setting_rows import SettingRow
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.folder_list import FolderList
from mlxtui.ui.widgets.key_capture import KeyCapture
from mlxtui.ui.widgets.setting_details import SettingDetails
from mlxtui.ui.widgets.setting_list import SettingList

# A test that waits this long has failed.
_DEADLINE_SECONDS = 30
_POLL_SECONDS = 0.01

_APP_ACTIONS = (
    Action(name="app.go.chat", title="Chat", meaning="Open the chat", keys="f2"),
    Action(name="app.go.settings", title="Settings", meaning="Open them", keys="f8"),
    Action(name="app.quit", title="Quit", meaning="Leave", keys="ctrl+q"),
    Action(
        name="app.keys", title="Keys", meaning="Show every key", keys="question_mark",
        types_text=True,
    ),
)  # fmt: skip
_ALL_ACTIONS = (*CHAT_ACTIONS, *SettingsPane.ACTIONS, *_APP_ACTIONS)


class SettingsApp(App[None]):
    """As little of the app as the place needs: it saves, and uses what it saved."""

    BINDINGS = bindings(_APP_ACTIONS)

    settings: reactive[Settings] = reactive(Settings())

    def __init__(self) -> None:
        styles = [paths.styles_dir() / name for name in ("app.tcss", "settings.tcss")]
        super().__init__(css_path=list(styles))
        themes.register(self)
        self.pane = SettingsPane(Backend.__new__(Backend))  # it asks nothing of it
        self.pane.all_actions = _ALL_ACTIONS
        self.settings = settings.load()

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Save it, as the real app does."""
        self.settings = settings.save_value(message.key, message.text)

    def watch_settings(self, used: Settings) -> None:
        """Use the keys and the language."""
        self.set_keymap(dict(used.keys))
        i18n.set_language(used.language)
        if self.pane.is_mounted:
            self.pane.retranslate()


@dataclass
class User:
    """Someone in front of the settings."""

    app: SettingsApp
    pilot: Pilot[None]

    @property
    def rows(self) -> SettingList:
        """The lines."""
        return self.app.query_one(SettingList)

    @property
    def row(self) -> SettingRow:
        """The line under the cursor."""
        assert self.rows.current is not None
        return self.rows.current

    @property
    def note(self) -> str:
        """What is said about the value."""
        return str(self.app.query_one(".note", Static).visual)

    def notes(self, text: str) -> bool:
        """Whether something with this text is said about the value."""
        return text in self.note

    @property
    def toasts(self) -> list[str]:
        """The notifications so far."""
        return [note.message for note in self.app._notifications]

    @property
    def picture(self) -> str:
        """What the screen shows, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip) for strip in strips)

    async def until(self, condition: Callable[[], object]) -> None:
        """Go on when the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.picture
            await asyncio.sleep(_POLL_SECONDS)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def go(self, key: str) -> None:
        """Put the cursor on a line."""
        self.rows.move_to(key)
        await self.pilot.pause()


@asynccontextmanager
async def open_settings(size: tuple[int, int] = (80, 24)) -> AsyncIterator[User]:
    """The place alone, with the settings of the file."""
    app = SettingsApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.pane.focus_first()
        await pilot.pause()
        yield User(app, pilot)


# What is shown


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_every_setting_and_action_has_a_line(
    size: tuple[int, int], language: i18n.Language
) -> None:
    settings.save_value("language", language)
    async with open_settings(size) as user:
        keys = {option.id for option in user.rows.options if option.id}
        assert keys == {
            *(key for key in settings.keys() if key != "keys"),
            *(f"keys.{action.name}" for action in _ALL_ACTIONS),
        }
        lines = [
            str(option.prompt)
            for option in user.rows.options
            if option.id and not option.id.startswith("keys.")
        ]
        starts = set()
        for line, key in zip(lines, settings.keys(), strict=False):
            shown = user.rows.row(key)
            assert shown is not None
            assert line.endswith(shown.shown)
            starts.add(cell_len(line.removesuffix(shown.shown)))
        assert len(starts) == 1  # the values stand under one another
        await user.press("end")
        assert user.row.title in user.picture
        assert user.row.meaning[:20] in user.picture


async def test_a_row_is_explained_with_its_default() -> None:
    settings.save_value("memory_limit_gib", "24")
    async with open_settings() as user:
        await user.go("memory_limit_gib")
        for text in (
            "• Memory for models", "24 GiB", "memory_limit_gib",
            "GiB of memory that models may use", "a number from 0 to 4096",
            "Default: 0 GiB",
        ):  # fmt: skip
            assert text in user.picture
        await user.go("language")
        assert "• Language" not in user.picture
        assert "the terminal's language" in user.note


async def test_the_details_stand_beside_the_list_where_there_is_room() -> None:
    async with open_settings((120, 40)) as user:
        details = user.app.query_one(SettingDetails)
        assert details.region.x >= user.rows.region.right
        await user.pilot.resize_terminal(80, 24)
        await user.pilot.pause()
        assert details.region.y >= user.rows.region.bottom


async def test_the_language_changes_live_and_the_cursor_stays() -> None:
    async with open_settings() as user:
        await user.go("language")
        await user.press("right", "right")
        assert settings.load().language == "ja"
        assert user.row.key == "language"
        assert user.row.title == i18n._("Language")
        assert "モデル" in user.picture


# Choices and flags


async def test_right_and_left_take_the_next_value_at_once() -> None:
    async with open_settings() as user:
        await user.press("down")
        assert user.row.key == "theme"
        await user.press("right")
        assert settings.load().theme == "light"
        assert user.row.shown == "light"
        await user.press("left", "left")
        assert settings.load().theme == "ansi"
        assert user.rows.has_focus


@pytest.mark.parametrize("key", ["enter", "space", "right"])
async def test_a_flag_is_switched(key: str) -> None:
    async with open_settings() as user:
        await user.go("reduced_motion")
        await user.press(key)
        assert settings.load().reduced_motion is True
        await user.press(key)
        assert settings.load().reduced_motion is False


async def test_a_click_looks_at_a_row_and_a_click_on_a_value_takes_it() -> None:
    async with open_settings() as user:
        await user.pilot.click(SettingList, offset=(6, 2))
        await user.pilot.pause()
        assert user.row.key == "theme"
        assert not paths.settings_file().exists()
        row = user.app.query_one(ChoiceRow)
        assert str(row.render()) == " dark   light   contrast   ansi "
        await user.pilot.click(ChoiceRow, offset=(19, 0))
        await user.pilot.pause()
        assert settings.load().theme == "contrast"
        await user.pilot.click(SettingList, offset=(6, 2))  # now it is Enter
        await user.pilot.pause()
        assert settings.load().theme == "ansi"


async def test_delete_brings_the_default_back() -> None:
    settings.save_values({"theme": "light", "language": "en"})
    async with open_settings() as user:
        await user.go("theme")
        await user.press("delete")
        assert user.row.shown == "dark"
        assert "theme" not in paths.settings_file().read_text()
        assert settings.load().language == "en"


# Fields


async def test_a_number_is_typed_and_saved_by_enter() -> None:
    async with open_settings() as user:
        await user.go("prompt_cache_gib")
        await user.press("enter", *"12.5")
        assert settings.load().prompt_cache_gib == 2
        await user.press("enter")
        await user.until(lambda: settings.load().prompt_cache_gib == 12.5)
        await user.until(lambda: user.rows.has_focus)
        assert user.row.shown == "12.5 GiB"


async def test_a_wrong_number_is_told_while_it_is_typed_and_not_saved() -> None:
    async with open_settings() as user:
        await user.go("prompt_cache_gib")
        await user.press("enter", *"9999")
        await user.until(lambda: "from 0 to 1024" in user.note)
        await user.press("enter")
        assert user.app.query_one(Input).has_focus
        assert not paths.settings_file().exists()
        await user.press("backspace")
        await user.until(lambda: "Enter saves" in user.note)
        await user.press("enter")
        await user.until(lambda: settings.load().prompt_cache_gib == 999)


async def test_a_token_is_typed_blindly_and_never_shown() -> None:
    secret = "hfSecret"
    async with open_settings() as user:
        await user.go("hub_token")
        assert "not set" in user.row.shown
        await user.press("enter", *secret)
        field = user.app.query_one(SettingDetails).query_one(Input)
        assert (field.value, field.password) == (secret, True)
        assert secret not in user.picture
        await user.press("enter")
        assert settings.load().hub_token == secret
        await user.until(lambda: "not shown" in user.row.shown)
        assert field.value == ""
        assert secret not in user.picture and secret not in repr(user.row)


async def test_a_token_stays_when_its_empty_field_is_left() -> None:
    settings.save_value("hub_token", "hf_Secret")
    async with open_settings() as user:
        await user.go("hub_token")
        for key in ("enter", "escape"):
            await user.press("enter")
            await user.until(lambda: user.notes("removes it"))
            await user.press(key)
            assert settings.load().hub_token == "hf_Secret"
        await user.press("delete")
        assert settings.load().hub_token == ""


async def test_a_token_half_typed_is_not_seen_in_the_next_field() -> None:
    async with open_settings() as user:
        await user.go("hub_token")
        await user.press("enter", *"hfSecret")
        await user.go("hub_endpoint")
        field = user.app.query_one(SettingDetails).query_one(Input)
        assert (field.value, field.password) == ("", False)
        await user.press(*"no")  # the field still has the keys
        await user.until(lambda: user.notes("https://"))
        assert "hfSecret" not in user.picture


async def test_escape_leaves_a_field_as_it_was() -> None:
    async with open_settings() as user:
        await user.go("model")
        await user.press("enter", *"other", "escape")
        assert user.rows.has_focus
        assert not paths.settings_file().exists()
        assert user.app.query_one(Input).value == "guide"


async def test_an_empty_field_is_the_default() -> None:
    settings.save_value("model", "other")
    async with open_settings() as user:
        await user.go("model")
        await user.press("enter", "delete", "enter")
        await user.until(lambda: settings.load().model == "guide")


async def test_a_folder_that_cannot_hold_models_is_not_saved(tmp_path: Path) -> None:
    async with open_settings() as user:
        await user.go("models_folder")
        await user.press("enter")
        for wrong, reason in (
            ("models", "whole path"),
            (__file__, "is a file"),
            (f"/{'x' * 300}", "cannot be made"),
        ):
            user.app.query_one(Input).value = wrong
            await user.until(partial(user.notes, reason))
        await user.press("enter")
        assert not paths.settings_file().exists()
        user.app.query_one(Input).value = str(tmp_path / "new" / "モデル")
        await user.press("enter")
        await user.until(lambda: paths.settings_file().exists())
        assert settings.load().models_dir() == tmp_path / "new" / "モデル"


async def test_folders_are_added_changed_and_taken_away(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("一", "two", "three"))
    for folder in (one, two, three):
        folder.mkdir()
    async with open_settings() as user:
        folders = user.app.query_one(FolderList)
        field = user.app.query_one(Input)

        async def enter_path(path: Path) -> None:
            await user.press("enter")
            await user.until(lambda: field.has_focus)
            field.value = str(path)
            await user.press("enter")

        await user.go("model_folders")
        await user.press("enter")
        assert folders.has_focus
        await enter_path(one)
        await user.until(lambda: settings.load().model_folders == (one,))
        await user.until(lambda: folders.has_focus)
        await user.press("end")
        await enter_path(two)
        await user.until(lambda: settings.load().model_folders == (one, two))
        await user.until(lambda: folders.has_focus)
        await user.press("home")
        await enter_path(three)
        await user.until(lambda: settings.load().model_folders == (three, two))
        await user.until(lambda: folders.has_focus)
        await user.press("home", "delete")
        await user.until(lambda: settings.load().model_folders == (two,))
        await user.press("escape")
        assert user.rows.has_focus
        assert str(two)[:20] in user.row.shown


async def test_a_folder_that_is_not_there_is_not_added(tmp_path: Path) -> None:
    async with open_settings() as user:
        await user.go("model_folders")
        await user.press("enter", "enter")
        user.app.query_one(Input).value = str(tmp_path / "nothing")
        await user.until(lambda: "There is no folder" in user.note)
        await user.press("enter", "escape", "escape")
        assert user.rows.has_focus
        assert not paths.settings_file().exists()


# What the environment sets


async def test_what_a_variable_sets_is_shown_and_cannot_be_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLXTUI_THEME", "light")
    monkeypatch.setenv("MLXTUI_MODEL", "other")
    async with open_settings() as user:
        for key in ("theme", "model"):
            await user.go(key)
            facts = str(user.app.query_one(".facts", Static).visual)
            assert f"Set by the variable {settings.variable(key)}" in facts
            await user.press("enter", "right", "delete")
            assert user.rows.has_focus
            assert settings.variable(key) in user.toasts[-1]
        assert not paths.settings_file().exists()


# Keys of actions


async def test_the_next_key_becomes_the_actions_key() -> None:
    async with open_settings() as user:
        await user.go("keys.chat.new")
        assert user.row.shown == "Ctrl+N"
        await user.press("enter")
        assert "Press the new key" in user.picture
        await user.press("ctrl+y")
        assert settings.load().keys == {"chat.new": "ctrl+y"}
        assert user.row.shown == "Ctrl+Y"
        assert user.rows.has_focus
        await user.press("delete")
        assert settings.load().keys == {}
        assert user.row.shown == "Ctrl+N"


@pytest.mark.parametrize(
    ("action", "key", "reason"),
    [
        ("chat.new", "ctrl+b", "Sampling"),
        ("chat.new", "ctrl+q", "Quit"),
        ("app.go.chat", "ctrl+n", "New chat"),
        ("chat.new", "x", "text fields"),
        ("chat.new", "enter", "text fields"),
        ("app.quit", "left", "text fields"),
        ("chat.new", "ctrl+c", "copies"),
    ],
)
async def test_a_key_that_would_not_do_is_refused_with_the_reason(
    action: str, key: str, reason: str
) -> None:
    async with open_settings() as user:
        await user.go(f"keys.{action}")
        await user.press("enter", key)
        assert user.app.is_running
        assert reason in user.note
        assert key_text(key) in user.note
        assert not paths.settings_file().exists()
        assert user.app.query_one(KeyCapture).has_focus
        await user.press("escape")
        assert user.rows.has_focus


async def test_keys_of_places_that_are_never_open_together_may_be_the_same() -> None:
    async with open_settings() as user:
        await user.go("keys.chat.stop")
        assert user.row.shown == key_text("escape")
        await user.go("keys.settings.reset")
        await user.press("enter", "backspace")
        assert settings.load().keys == {"settings.reset": "backspace"}


async def test_its_own_default_key_is_no_change() -> None:
    settings.save_value("keys.chat.new", "f4")
    async with open_settings() as user:
        await user.go("keys.chat.new")
        await user.press("enter", "ctrl+n")
        assert settings.load().keys == {}


# Slash commands


async def test_set_changes_a_setting_by_its_name() -> None:
    async with open_settings() as user:
        user.app.pane.action_set("theme light")
        await user.until(lambda: settings.load().theme == "light")
        user.app.pane.action_set("keys.chat.new f4")
        await user.until(lambda: settings.load().keys == {"chat.new": "f4"})
        user.app.pane.action_reset("keys.chat.new")
        await user.until(lambda: settings.load().keys == {})


@pytest.mark.parametrize(
    ("argument", "named"),
    [
        ("thme light", "Did you mean theme?"),
        ("theme nord", "one of dark, light, contrast, ansi"),
        ("keys.chat.new ctrl+q", "Quit"),
        ("keys.chat.nothing ctrl+q", "keys.chat.nothing"),
    ],
)
async def test_a_set_that_cannot_be_done_is_told(argument: str, named: str) -> None:
    async with open_settings() as user:
        user.app.pane.action_set(argument)
        await user.until(lambda: user.toasts)
        assert named in user.toasts[0]
        assert not paths.settings_file().exists()


async def test_set_with_a_name_alone_goes_there() -> None:
    async with open_settings() as user:
        user.app.pane.action_set("model")
        await user.pilot.pause()
        assert user.row.key == "model"
        assert user.app.query_one(Input).has_focus


async def test_no_text_of_the_file_is_taken_for_markup() -> None:
    settings.save_value("model", "[bold red]x[/] [link")
    async with open_settings() as user:
        await user.go("model")
        assert "[bold red]x[/] [link" in user.row.shown
        assert user.picture.count("[bold red]x[/] [link") == 2


def test_every_setting_belongs_to_one_group_that_stands_together() -> None:
    groups = [SETTINGS[key].group for key in settings.keys()]
    assert len(dict.fromkeys(groups)) == sum(
        group != before for before, group in zip([None, *groups], groups, strict=False)
    )
