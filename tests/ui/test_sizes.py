"""The app in windows of every size, and in one whose size changes."""

import pytest

from mlxtui import i18n
from tests.ui.harness import answer, open_app

ANSWER = (
    "# Heading\n\n- list\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls -l\n```\n"
    "\nA long line of text that has to be wrapped somewhere. 日本語の長い文章です。\n"
)
SIZES = [(80, 24), (160, 50), (40, 10), (20, 5), (2, 2), (1, 1)]

every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size}")


@every_size
@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_every_page_is_drawn(size: tuple[int, int], language: str) -> None:
    i18n.set_language("ja" if language == "ja" else "en")
    async with open_app(answer(ANSWER), size=size) as user:
        await user.ask("Draw.")
        for key in ("ctrl+t", "ctrl+o", "f1", "ctrl+p"):
            await user.press(key)
            lines = user.picture.splitlines()
            assert len(lines) <= size[1]
            await user.press("escape")
        assert user.answers[0].text == ANSWER
        assert user.app.is_running


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 10)])
async def test_the_prompt_the_answer_and_the_model_are_in_view(
    size: tuple[int, int],
) -> None:
    async with open_app(answer("Yes."), size=size) as user:
        await user.ask("Is it?")
        await user.press("x", "y", "z")
        assert "xyz" in user.picture
        assert "● guide" in user.picture
        assert user.prompt.region.height >= 3


async def test_lines_stay_short_enough_to_read_in_a_wide_window() -> None:
    async with open_app(answer("word " * 100), size=(200, 40)) as user:
        turn = await user.ask("Tell me.")
        assert turn.region.width <= 104


async def test_the_size_changes_while_an_answer_streams() -> None:
    async with open_app(answer(ANSWER, holds=True)) as user:
        turn = await user.ask("Draw.")
        for width, height in [*SIZES, (80, 24), (0, 0), (120, 40)]:
            await user.pilot.resize_terminal(width, height)
            await user.say("\nMore *text*.\n")
        await user.press("escape")
        assert turn.text == ANSWER + "\nMore *text*.\n" * (len(SIZES) + 3)
        await user.until(lambda: "stopped by you" in user.picture)
        assert "More text." in user.picture


async def test_the_size_changes_while_the_list_of_models_is_open() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "down")
        for width, height in SIZES:
            await user.pilot.resize_terminal(width, height)
            await user.settle()
        await user.press("enter")
        assert "Qwen3" in user.model_line


async def test_the_view_stays_at_the_newest_text_in_a_smaller_window() -> None:
    lines = "".join(f"Line {number}.\n\n" for number in range(30)) + "The end."
    async with open_app(answer(lines), size=(80, 40)) as user:
        await user.ask("Tell me.")
        await user.pilot.resize_terminal(60, 20)
        await user.settle()
        await user.until(lambda: "The end." in user.picture)
