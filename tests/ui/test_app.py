"""The app as a whole: keys, palette, leaving, themes, languages, errors."""

import logging
import threading

import pytest
from textual.command import CommandPalette

from mlxtui import i18n, paths
from mlxtui.settings import Settings
from mlxtui.ui.screens.keys import KeysScreen, key_rows
from mlxtui.ui.screens.models import ModelsScreen
from mlxtui.ui.widgets.prompt import PromptArea
from tests.recorded import Script
from tests.ui.harness import User, answer, open_app

COMMANDS = ("Models", "New chat", "Stop", "Reasoning", "Keys", "Theme", "Quit")


async def run_command(user: User, name: str) -> None:
    """Run a command of the palette by its name."""
    await user.press("ctrl+p")
    palette = user.app.screen
    assert isinstance(palette, CommandPalette)
    await user.type_text(name)
    await user.until(lambda: palette._list_visible and not palette._show_busy)
    await user.until(lambda: palette.query_one("CommandList").option_count)  # type: ignore[attr-defined]
    await user.press("enter")
    if user.app.screen is palette:  # the first Enter marks, the second one runs
        await user.press("enter")
    await user.until(lambda: palette not in user.app.screen_stack)
    await user.settle()


async def test_the_first_screen_says_who_answers_and_what_to_press() -> None:
    async with open_app() as user:
        assert "You are talking to guide" in user.picture
        assert "Ctrl+O chooses another model" in user.picture
        assert user.model_line == "● guide · 2.6 MB"


async def test_f1_shows_every_key_and_closes_again() -> None:
    async with open_app(size=(100, 40)) as user:
        await user.press("f1")
        assert isinstance(user.app.screen, KeysScreen)
        for key, meaning in key_rows():
            assert key in user.picture and meaning in user.picture
        await user.press("f1")
        assert not isinstance(user.app.screen, KeysScreen)
        await user.press("f1", "escape", "a")
        assert user.prompt.text == "a"


async def test_a_page_is_not_opened_twice() -> None:
    async with open_app() as user:
        await user.press("f1", "ctrl+o", "f1", "ctrl+o")
        kinds = [type(screen) for screen in user.app.screen_stack]
        assert kinds.count(ModelsScreen) == kinds.count(KeysScreen) == 1


async def test_every_key_of_the_app_is_on_the_page_of_keys() -> None:
    listed = " ".join(key for key, _meaning in key_rows()).lower()
    async with open_app() as user:
        for binding in user.app.BINDINGS + user.chat.BINDINGS + PromptArea.BINDINGS:
            for key in binding.key.split(","):  # type: ignore[union-attr]
                assert key.replace("escape", "esc") in listed, key


async def test_the_palette_has_every_command() -> None:
    async with open_app() as user:
        commands = user.app.get_system_commands(user.app.screen)
        assert tuple(command.title for command in commands) == COMMANDS


async def test_the_palette_opens_and_closes() -> None:
    async with open_app() as user:
        await user.press("ctrl+p")
        assert isinstance(user.app.screen, CommandPalette)
        await user.press("escape", "a")
        assert user.prompt.text == "a"


async def test_the_palette_opens_the_models_and_the_keys() -> None:
    async with open_app() as user:
        await run_command(user, "Models")
        assert isinstance(user.app.screen, ModelsScreen)
        await user.press("escape")
        await run_command(user, "Keys")
        assert isinstance(user.app.screen, KeysScreen)


async def test_the_palette_stops_an_answer() -> None:
    async with open_app(answer("One", holds=True)) as user:
        turn = await user.ask("Count.")
        await run_command(user, "Stop")
        await user.until(lambda: not user.chat.is_answering)
        assert turn.has_class("-cancelled")


async def test_the_palette_s_stop_at_rest_does_nothing() -> None:
    async with open_app() as user:
        await run_command(user, "Stop")
        assert user.app.is_running


async def test_the_palette_begins_a_new_chat() -> None:
    async with open_app(answer("One")) as user:
        await user.ask("Count.")
        await run_command(user, "New chat")
        await user.until(lambda: not user.answers)
        await user.press("a")
        assert user.prompt.text == "a"


async def test_the_palette_folds_the_reasoning() -> None:
    async with open_app(answer("One")) as user:
        turn = await user.ask("Count.")
        await run_command(user, "Reasoning")
        assert not turn.query_one("Collapsible").collapsed  # type: ignore[attr-defined]


async def test_the_palette_changes_the_theme() -> None:
    async with open_app() as user:
        await run_command(user, "Theme")
        assert isinstance(user.app.screen, CommandPalette)
        await user.type_text("textual-light")
        await user.until(
            lambda: user.app.screen.query_one("CommandList").option_count  # type: ignore[attr-defined]
        )
        await user.press("down", "enter")
        if isinstance(user.app.screen, CommandPalette):
            await user.press("enter")
        await user.until(lambda: user.app.theme == "textual-light")


async def test_the_palette_quits() -> None:
    async with open_app() as user:
        await user.press("ctrl+p")
        await user.type_text("Quit")
        await user.press("enter", "enter")
        await user.until(lambda: not user.app.is_running)
        assert user.app.return_code == 0


async def test_ctrl_q_leaves_at_rest() -> None:
    async with open_app() as user:
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        assert user.app.return_code == 0


async def test_ctrl_q_leaves_while_a_model_loads() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        await user.ask("Are you there?")
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        gate.set()
        assert user.app.return_code == 0


async def test_ctrl_q_leaves_while_an_answer_is_written() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.ask("Count.")
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        assert user.app.return_code == 0


@pytest.mark.parametrize("key", ["ctrl+o", "f1", "ctrl+p"])
async def test_ctrl_q_leaves_from_every_page(key: str) -> None:
    async with open_app() as user:
        await user.press(key, "ctrl+q")
        await user.until(lambda: not user.app.is_running)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord"])
async def test_the_theme_of_the_settings_is_used(theme: str) -> None:
    async with open_app(answer("# Yes\n\n`code`"), settings=Settings(theme=theme)) as (
        user
    ):
        await user.ask("Is it?")
        assert user.app.theme == theme
        assert "Yes" in user.picture


async def test_an_unknown_theme_falls_back() -> None:
    async with open_app(settings=Settings(theme="no-such-theme")) as user:
        assert user.app.theme == "textual-dark"


async def test_the_screen_speaks_japanese() -> None:
    i18n.set_language("ja")
    async with open_app(answer("はい。"), size=(100, 30)) as user:
        assert "Ask a question" not in user.picture
        await user.ask("元気？")
        await user.press("f1")
        for _key, meaning in key_rows():
            assert i18n._(meaning) in user.picture
        await user.press("escape", "ctrl+o")
        assert "Models on this machine" not in user.picture


async def test_a_warning_of_the_start_is_shown() -> None:
    async with open_app(warning="config.toml cannot be read.\nMend it.") as user:
        assert user.toasts == ["config.toml cannot be read.\nMend it."]
        assert "config.toml cannot be read." in user.picture


async def test_an_error_in_a_handler_leaves_with_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_prompt: PromptArea) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(PromptArea, "action_send", broken)
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(ZeroDivisionError),
    ):
        async with open_app() as user:
            await user.pilot.press("enter")
    assert user.app.return_code == 1
    shown = capsys.readouterr().err
    assert "".join(shown.splitlines()) == (
        "mlxtui met an error and had to stop."
        f" Details are in {paths.log_file()}."
    )  # fmt: skip
    assert "Traceback" not in shown
    assert "a fault of ours" in caplog.text
