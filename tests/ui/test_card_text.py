"""A repository's card: what is drawn of it, and what is not."""

import time

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll

from mlxtui import paths
from mlxtui.ui import themes
from mlxtui.ui.widgets.card_text import CardText, without_html


class CardApp(App[None]):
    """A card alone."""

    CSS = "CardText { height: auto; }"
    CSS_PATH = [paths.styles_dir() / "transcript.tcss"]

    def __init__(self) -> None:
        super().__init__()
        themes.register(self)

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield CardText()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<p align="center"><img src="x"></p>text', "text"),
        ("a<!-- <b>gone\n --> b<br/>c", "a bc"),
        ("`<think>` <|im_end|> 1 < 2 <https://x.y>", "`<think>` <|im_end|> 1 < 2 <https://x.y>"),
        ("<details\nopen>x</details>", "x"),
        ("```html\n<b>kept</b>\n```\n<b>bold</b>", "```html\n<b>kept</b>\n```\nbold"),
        ("never <!-- closed", "never "),
    ],
)  # fmt: skip
def test_tags_for_a_browser_are_left_out(written: str, shown: str) -> None:
    assert without_html(written) == shown


@pytest.mark.parametrize(
    "part", ["<a ", "`", "<!--", "```\n", "<a\n", "~~~", "</", "<"]
)
def test_no_card_is_slow_to_read(part: str) -> None:
    def seconds(count: int) -> float:
        started = time.perf_counter()
        without_html(part * count)
        return time.perf_counter() - started

    seconds(10)
    # Sixteen times the text: quadratic would be 256 times the time.
    short = min(seconds(2_000) for _time in range(5))
    assert min(seconds(32_000) for _time in range(5)) < 100 * short + 0.01


async def test_a_card_is_as_high_as_its_lines_and_scrolls() -> None:
    app = CardApp()
    async with app.run_test(size=(40, 10)) as pilot:
        card = app.query_one(CardText)
        card.show_card("# Title\n\n" + "".join(f"- item {n}\n" for n in range(50)))
        await pilot.pause()
        await pilot._wait_for_screen()
        assert card.size.height == 52
        app.query_one(VerticalScroll).focus()
        await pilot.press("end")
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        assert "item 49" in "\n".join(strip.text for strip in strips)


async def test_a_very_long_card_ends_early_and_says_so() -> None:
    app = CardApp()
    async with app.run_test(size=(80, 10)) as pilot:
        card = app.query_one(CardText)
        card.show_card("word " * 20_000)
        await pilot.pause()
        lines = [line.text for line in card._lines_at(78)]
        assert len(lines) < 300
        assert lines[-1].endswith("…")


async def test_code_offers_no_copy_that_would_do_nothing() -> None:
    app = CardApp()
    async with app.run_test(size=(40, 10)) as pilot:
        card = app.query_one(CardText)
        card.show_card("```sh\nls -l\n```\n")
        await pilot.pause()
        text = "\n".join(line.text for line in card._lines_at(40))
        assert "sh" in text and "ls -l" in text and "copy" not in text


async def test_the_theme_colours_it() -> None:
    app = CardApp()
    async with app.run_test(size=(40, 10)) as pilot:
        card = app.query_one(CardText)
        card.show_card("# Title")
        colours = set()
        for theme in ("dark", "light"):
            app.theme = theme
            await pilot.pause()
            await pilot._wait_for_screen()
            (segment, *_rest) = card.render_line(0)
            assert segment.style is not None and segment.style.bold
            colours.add(segment.style.color)
        assert len(colours) == 2
