"""The app in windows of every size, and in one whose size changes."""

import pytest
from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from mlxtui import i18n
from mlxtui.settings import Settings
from mlxtui.ui.places import PLACES
from mlxtui.ui.widgets.key_line import KeyLine
from mlxtui.ui.widgets.meter import Meter
from mlxtui.ui.widgets.place_bar import PlaceBar
from tests.ui.harness import User, answer, open_app

ANSWER = (
    "# Heading\n\n- list\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls -l\n```\n"
    "\nA long line of text that has to be wrapped somewhere. 日本語の長い文章です。\n"
)
LONG = "".join(f"Line {number}.\n\n" for number in range(200)) + "The end."
SIZES = [(80, 24), (200, 60), (60, 20), (40, 10), (20, 5), (2, 2), (1, 1)]
FULL_SIZES = [(60, 20), (80, 24), (200, 60)]


def settings_in(language: i18n.Language) -> Settings:
    """Nothing but the language is set."""
    return Settings(setup_done=True, language=language)


def assert_in_its_place(user: User) -> None:
    """Nothing is cut, nothing lies over anything else, each line is whole."""
    width, height = user.app.size
    for strip in user.strips:
        assert cell_len(strip.text) == width, strip.text
    screen = user.app.workspace
    place = screen.place.region
    rows = [
        (screen.query_one(PlaceBar).region, 1),
        (place, height - 3),
        (screen.query_one(Meter).region, 1),
        (screen.query_one(KeyLine).region, 1),
    ]
    y = 0
    for region, wanted_height in rows:
        assert (region.x, region.y) == (0, y)
        assert (region.width, region.height) == (width, wanted_height)
        y += region.height
    for line in (PlaceBar, Meter, KeyLine):
        widget = screen.query_one(line)
        text = widget.render()
        assert isinstance(text, Content)
        assert text.cell_length <= widget.content_size.width, str(text)
    for parent in screen.place.walk_children(Widget, with_self=True):
        shown = [item for item in parent.displayed_children if item.region.area]
        for number, one in enumerate(shown):
            assert parent.is_scrollable or parent.region.contains_region(one.region)
            for other in shown[number + 1 :]:
                assert not one.region.overlaps(other.region), (one, other)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_nothing_is_cut_and_nothing_overlaps(language: i18n.Language) -> None:
    async with open_app(answer(ANSWER), settings=settings_in(language)) as user:
        await user.ask("Draw.")
        for size in FULL_SIZES:
            await user.pilot.resize_terminal(*size)
            for place in PLACES:
                await user.press(place.KEY)
                assert_in_its_place(user)
                if place.NAME == "chat":
                    await user.press("ctrl+b")
                    assert_in_its_place(user)
                    await user.press("/")
                    assert_in_its_place(user)
                    await user.press("backspace", "ctrl+b")
            for title in (i18n._(place.TITLE) for place in PLACES):
                assert title in user.place_bar
            assert "guide" in user.meter_line


async def test_every_page_is_drawn_in_the_smallest_windows() -> None:
    async with open_app(answer(ANSWER), settings=settings_in("ja")) as user:
        await user.ask("Draw.")
        for size in SIZES[3:]:
            await user.pilot.resize_terminal(*size)
            for key in ("ctrl+b", "f2", "ctrl+t", "f3", "f8", "f1", "ctrl+p"):
                await user.pilot.press(key)
                assert len(user.picture.splitlines()) <= size[1]
                if key in ("f1", "ctrl+p"):
                    await user.pilot.press("escape")
            await user.press("f2")
        assert user.answers[0].text == ANSWER
        assert user.app.is_running


async def test_the_prompt_the_answer_and_the_model_are_in_view() -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        await user.press("x", "y", "z")
        for size in [*FULL_SIZES, (40, 10)]:
            await user.pilot.resize_terminal(*size)
            await user.settle()
            assert "xyz" in user.picture
            assert "Yes." in user.picture or size[1] <= 10
            assert "● guide" in user.picture
            assert user.prompt.region.height >= 3


async def test_lines_stay_short_enough_to_read_in_a_wide_window() -> None:
    async with open_app(answer("word " * 100), size=(200, 40)) as user:
        await user.ask("Tell me.")
        lines = [line for line in user.picture.splitlines() if "word" in line]
        assert max(len(line.strip()) for line in lines) <= 104
        left = min(line.index("word") for line in lines)
        assert user.prompt.region.x <= left <= user.prompt.region.x + 4


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


async def test_a_new_size_keeps_what_was_typed_and_what_is_read() -> None:
    async with open_app(answer(LONG), size=(80, 24)) as user:
        await user.ask("Tell me.")
        await user.press("ctrl+b")
        await user.type_text("Be brief.")
        await user.press("ctrl+b")
        await user.type_text("half a question")
        await user.press("left", "left", "pageup", "pageup", "pageup")
        read = next(line for line in user.picture.splitlines() if "Line " in line)
        for size in [(200, 60), (60, 20), (20, 6), (1, 1), (120, 50), (80, 24)]:
            await user.pilot.resize_terminal(*size)
            await user.settle()
            if size[0] > 20:
                await user.until(lambda: read.strip() in user.picture)
        assert user.prompt.text == "half a question"
        assert user.prompt.cursor_location == (0, 13)
        assert user.app.focused is user.prompt
        assert "The end." not in user.picture
        await user.press("ctrl+b")
        assert "Be brief." in user.picture


async def test_the_size_changes_while_the_list_of_models_is_open() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "down")
        for width, height in SIZES:
            await user.pilot.resize_terminal(width, height)
            await user.settle()
        await user.press("enter")
        await user.until(lambda: user.app.model_state.name.endswith("Qwen3-4B-4bit"))


async def test_the_view_stays_at_the_newest_text_in_a_smaller_window() -> None:
    async with open_app(answer(LONG), size=(80, 40)) as user:
        await user.ask("Tell me.")
        await user.pilot.resize_terminal(60, 20)
        await user.settle()
        await user.until(lambda: "The end." in user.picture)
