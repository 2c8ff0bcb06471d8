"""Text is selected with the mouse and copied as it is drawn."""

from tests.ui.transcript.harness import PARAGRAPHS, open_transcript

ANSWER = "One two three.\n\n- first item\n- second item\n\n```py\nx = 1\n  y = 2\n```\n"


async def test_a_selection_over_lines_has_no_room_at_the_left() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.drag("two", "= 2")
        assert reader.selected is not None
        assert reader.selected.split("\n") == [
            "two three.", "", "• first item", "• second item", "",
            "py" + " " * 65 + "copy", "x = 1", "  y =",
        ]  # fmt: skip


async def test_the_selected_text_is_marked() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.drag("two", "hree")
        assert reader.selected == "two th"
        x, y = reader.place_of("two")
        strip = reader.app.screen._compositor.render_strips()[y]
        marked = reader.app.screen.get_component_rich_style("screen--selection").bgcolor
        shown = strip.crop(x, x + 6)
        assert {part.style.bgcolor for part in shown if part.style} == {marked}
        rest = strip.crop(0, x)
        assert marked not in {part.style.bgcolor for part in rest if part.style}


async def test_a_selection_stays_while_text_streams_in_and_the_view_scrolls() -> None:
    async with open_transcript() as reader:
        await reader.ask()
        await reader.hear("One two three.\n\nFour ")
        await reader.drag("two", "Four")
        selected = reader.selected
        assert selected == "two three.\n\nF"
        await reader.hear("five.\n\n" + PARAGRAPHS)
        assert reader.selected == selected
        await reader.press("home", "down", "down")
        assert reader.selected == selected


async def test_a_double_click_selects_a_word() -> None:
    async with open_transcript() as reader:
        await reader.read("Some `config.toml` and 日本語のテキスト。")
        await reader.click("config", times=2)
        assert reader.selected == "config.toml"
        await reader.click("本語", times=2)
        assert reader.selected == "日本語"


async def test_a_triple_click_selects_a_line() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.click("irst", times=3)
        assert reader.selected == "• first item"


async def test_a_click_takes_the_selection_away() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.drag("two", "hree")
        await reader.click("One")
        assert reader.selected is None


async def test_a_new_width_takes_the_selection_away() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.drag("two", "hree")
        await reader.pilot.resize_terminal(60, 24)
        await reader.settle()
        assert reader.selected is None


async def test_everything_can_be_selected() -> None:
    async with open_transcript((80, 10)) as reader:
        await reader.read(PARAGRAPHS)
        reader.transcript.text_select_all()
        assert reader.selected is not None
        assert reader.selected.count("Paragraph") == 60
        assert reader.selected.strip() == reader.transcript.plain_text.strip()
