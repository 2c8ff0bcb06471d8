"""The questions of the first start: one key answers them all, one key skips them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from mlxtui import i18n, paths
from mlxtui.settings import Settings
from mlxtui.ui import themes
from mlxtui.ui.screens.first_run import FirstRunScreen
from mlxtui.ui.widgets.choice_row import ChoiceRow

# A test that waits this long has failed.
_DEADLINE_SECONDS = 30
_POLL_SECONDS = 0.01

Answers = dict[str, str] | None


@dataclass
class User:
    """Someone who starts mlxtui for the first time."""

    app: App[None]
    pilot: Pilot[None]
    ended_with: list[Answers] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A label or a note."""
        return str(self.app.screen.query_one(f"#{name}", Static).visual)

    @property
    def send_key(self) -> ChoiceRow:
        """The third question."""
        return self.app.screen.query_one("#send-key", ChoiceRow)

    @property
    def folder(self) -> Input:
        """The second question."""
        return self.app.screen.query_one("#folder", Input)

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

    async def answers(self) -> Answers:
        """What the page ended with."""
        await self.until(lambda: self.ended_with)
        return self.ended_with[0]


@asynccontextmanager
async def first_start(
    *, language: i18n.Language = "en", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[User]:
    """The page alone, in the language that was guessed from the locale."""
    i18n.set_language(language)
    styles = [
        paths.styles_dir() / name
        for name in ("app.tcss", "settings.tcss", "first_run.tcss")
    ]
    app = App[None](css_path=list(styles))
    themes.register(app)
    async with app.run_test(size=size) as pilot:
        user = User(app, pilot)
        app.push_screen(FirstRunScreen(Settings()), user.ended_with.append)
        await pilot.pause()
        yield user


async def test_enter_alone_takes_what_is_shown() -> None:
    async with first_start() as user:
        assert isinstance(user.app.focused, Button)
        await user.press("enter")
        assert await user.answers() == {
            "language": "en", "models_folder": "", "send_key": "enter"
        }  # fmt: skip


async def test_escape_skips_the_questions() -> None:
    async with first_start() as user:
        await user.press("escape")
        assert await user.answers() is None


async def test_in_japanese_ctrl_s_is_proposed_with_its_reason() -> None:
    async with first_start(language="ja") as user:
        assert user.send_key.value == "ctrl+s"
        await user.press("enter")
        assert await user.answers() == {
            "language": "ja", "models_folder": "", "send_key": "ctrl+s"
        }  # fmt: skip


async def test_the_language_changes_the_page_at_once_and_with_it_the_proposal() -> None:
    async with first_start() as user:
        english = user.text("language-label")
        await user.press("tab", "right")  # from the button round to the first question
        assert i18n.current_language() == "ja"
        assert user.text("language-label") == i18n._("Language") != english
        assert user.send_key.value == "ctrl+s"
        await user.press("left")
        assert user.text("language-label") == english
        assert user.send_key.value == "enter"


async def test_a_key_that_was_chosen_stays_when_the_language_changes() -> None:
    async with first_start(language="ja") as user:
        await user.press("up", "right")
        assert user.send_key.value == "enter"
        await user.press("up", "up", "right", "right")
        assert user.send_key.value == "enter"


@pytest.mark.parametrize("last", ["enter", "escape"])
async def test_the_page_leaves_the_language_to_the_app(last: str) -> None:
    async with first_start() as user:
        await user.press("tab", "right", last)
        answers = await user.answers()
        assert (answers or {}).get("language") == ("ja" if last == "enter" else None)
        assert i18n.current_language() == "en"


async def test_the_free_space_of_the_folders_disk_is_shown() -> None:
    async with first_start() as user:
        await user.until(lambda: "free on its disk" in user.text("folder-note"))


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("models", "whole path"),
        ("", "whole path"),
        (__file__, "is a file"),
        (f"{__file__}/models", "is a file"),
        ("~no-such-user-here/x", "whole path"),
        ("/" + "x" * 300, "cannot be made"),
    ],
)
async def test_a_folder_that_cannot_hold_models_is_told_and_not_taken(
    folder: str, reason: str
) -> None:
    async with first_start() as user:
        user.folder.value = folder
        await user.until(lambda: reason in user.text("folder-note"))
        await user.press("enter")
        await user.until(lambda: user.folder.has_focus)
        assert user.ended_with == []


async def test_a_folder_that_can_be_made_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "外付け" / "models"
    async with first_start() as user:
        await user.press("up", "up")
        user.folder.value = f"  {folder} "
        await user.press("enter")
        answers = await user.answers()
        assert answers is not None
        assert answers["models_folder"] == str(folder)
        assert not folder.exists()


async def test_a_click_answers_and_starts() -> None:
    async with first_start() as user:
        await user.pilot.click("#send-key", offset=(9, 0))
        assert user.send_key.value == "ctrl+s"
        await user.pilot.click("#start")
        answers = await user.answers()
        assert answers is not None
        assert answers["send_key"] == "ctrl+s"


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_whole_page_is_on_the_screen(
    size: tuple[int, int], language: i18n.Language
) -> None:
    async with first_start(language=language, size=size) as user:
        screen = user.app.screen
        for name in ("welcome", "language", "folder", "send-key-note", "start"):
            region = screen.query_one(f"#{name}").region
            assert region.area > 0
            assert screen.region.contains_region(region), name
        for name in ("language-label", "folder-label", "send-key-label"):
            assert user.text(name) in user.picture
