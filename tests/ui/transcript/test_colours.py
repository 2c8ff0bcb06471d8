"""Colours come from the theme, and code gets them when it is complete."""

import pytest
from rich.segment import Segment

from mlxtui.ui.themes import THEMES
from tests.ui.transcript.harness import Reader, open_transcript

ANSWER = "# Head\n\nText **bold** and [link](https://a.example).\n\n```py\nx = 1\n```\n"


def piece(reader: Reader, text: str) -> Segment:
    """The piece of the screen that a text begins in."""
    x, y = reader.place_of(text)
    strip = reader.app.screen._compositor.render_strips()[y]
    return next(iter(strip.crop(x, x + 1)))


def number_colour(reader: Reader) -> object:
    """What a number in the code is drawn in."""
    style = piece(reader, "1").style
    assert style is not None
    return style.color


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_a_theme_colours_what_is_drawn_already(theme: str) -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        reader.app.theme = theme
        await reader.settle()
        switched = piece(reader, "Head")
        reader.transcript.clear()
        await reader.read(ANSWER)
        assert piece(reader, "Head") == switched
        bold = piece(reader, "bold").style
        assert bold is not None and bold.bold


async def test_code_is_coloured_when_it_is_complete() -> None:
    async with open_transcript() as reader:
        await reader.ask()
        await reader.hear("```py\nx = 1\n")
        plain = number_colour(reader)
        await reader.hear("```\n")
        await reader.until(lambda: number_colour(reader) != plain)
        x_style = piece(reader, "x = ").style
        assert x_style is not None and x_style.color == plain


async def test_code_in_a_list_is_coloured_too() -> None:
    async with open_transcript() as reader:
        await reader.read("- a\n\n  ```py\n  x = 1\n  ```\n\n- b\n")
        plain = piece(reader, "x = ").style
        assert plain is not None
        await reader.until(lambda: number_colour(reader) != plain.color)


async def test_long_code_in_an_unknown_language_stays_plain() -> None:
    async with open_transcript() as reader:
        await reader.read("```nonsense\n" + "x = 1\n" * 90 + "```\n")
        await reader.until(lambda: not reader.transcript._is_colouring)
        assert piece(reader, "x = ").style == piece(reader, "1").style


async def test_without_colours_everything_is_still_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        shown = "\n".join(reader.picture)
        assert "Head" in shown and "x = 1" in shown
