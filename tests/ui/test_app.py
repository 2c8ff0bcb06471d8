"""The app as a whole: starting, leaving, themes, errors."""

import logging
import threading

import pytest
from textual.command import CommandPalette

from mlxtui import paths, settings
from mlxtui.settings import Settings
from mlxtui.ui import themes
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.widgets.prompt import PromptArea
from tests.recorded import Script
from tests.ui.harness import answer, open_app


async def test_the_first_screen_says_who_answers_and_what_to_press() -> None:
    async with open_app() as user:
        assert "You are talking to guide" in user.picture
        assert "Ctrl+O chooses another model" in user.picture
        assert user.model_line == "● guide"
        assert user.app.focused is user.prompt


async def test_a_suggested_question_is_answered_after_three_keys_at_most() -> None:
    """The questions of the first start included."""
    first_start = Settings(language="en")
    async with open_app(answer("Chat, for one."), settings=first_start) as user:
        assert len(user.app.screen_stack) == 2
        await user.press("enter", "down", "enter")
        assert user.questions == ["What can I do here?"]
        assert "Chat, for one." in user.picture
        assert settings.load().setup_done
    async with open_app(answer("Chat, for one.")) as user:
        await user.press("down", "enter")
        assert user.answers[0].text == "Chat, for one."


async def test_ctrl_q_leaves_from_every_place_and_page() -> None:
    for key in ("f3", "f8", "f1", "ctrl+p", "ctrl+b"):
        async with open_app() as user:
            await user.press(key, "ctrl+q")
            app = user.app
            await user.until(lambda app=app: not app.is_running)  # type: ignore[misc]
            assert app.return_code == 0


async def test_ctrl_q_leaves_the_questions_of_the_first_start() -> None:
    async with open_app(settings=Settings(language="en")) as user:
        await user.press("ctrl+q")
        await user.until(lambda: not user.app.is_running)
        assert not settings.load().setup_done


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


async def test_themes_change_live_and_are_kept() -> None:
    text = "# Yes\n\n`code`\n\n```py\nx = 1\n```\n"
    used = settings.save_values({"setup_done": "true", "language": "en"})
    async with open_app(answer(text), settings=used) as user:
        await user.ask("Is it?")
        await user.type_text("half")
        names = [theme.name for theme in themes.THEMES]
        for name in [*names[1:], names[0]]:
            await user.press("f9")
            assert user.app.theme == settings.load().theme == name
            assert "Yes" in user.picture and "half" in user.picture
        await user.app.perform("app.theme", "contrast")
        assert user.app.theme == "contrast"
        await user.app.perform("app.theme", "nord")
        await user.settle()
        assert user.app.theme == "contrast"
        assert user.toasts[-1] == f"There is no theme nord.\n{', '.join(names)}"


async def test_a_setting_that_cannot_be_written_is_told() -> None:
    used = settings.save_values({"setup_done": "true", "language": "en"})
    paths.settings_file().write_text("this is = = no TOML")
    async with open_app(settings=used) as user:
        await user.press("f9")
        assert user.app.theme == "dark"
        assert len(user.toasts) == 1


async def test_a_warning_of_the_start_is_shown() -> None:
    async with open_app(warning="config.toml cannot be read.\nMend it.") as user:
        assert user.toasts == ["config.toml cannot be read.\nMend it."]
        assert "config.toml cannot be read." in user.picture


async def test_one_page_at_a_time_lies_over_the_places() -> None:
    async with open_app() as user:
        await user.press("f1", "ctrl+p", "ctrl+p")
        assert len(user.app.screen_stack) == 2
        assert isinstance(user.app.screen, KeysScreen)
        await user.press("escape", "ctrl+p", "f1", "ctrl+p")
        assert len(user.app.screen_stack) == 2
        assert isinstance(user.app.screen, CommandPalette)


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
