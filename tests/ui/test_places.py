"""The places: opened by key, kept as they were left, told of everything."""

from typing import Any

import pytest
from textual import events
from textual.widget import Widget
from textual.widgets import DataTable, Input, OptionList

from mlxtui.backend.commands import MeasureMemory, ScanLibrary
from mlxtui.ui.places import PLACES
from mlxtui.ui.widgets.place_bar import PlaceBar
from tests.ui.harness import User, answer, open_app


def opened(user: User) -> list[str]:
    """The places that were made so far."""
    return [place.NAME for place in user.app.workspace.places]


def bold_words(user: User) -> str:
    """What stands out in the place bar."""
    strip = user.strips[user.app.workspace.query_one(PlaceBar).region.y]
    return "".join(part.text for part in strip if part.style and part.style.bold)


async def test_a_place_is_made_when_it_is_first_opened_and_then_kept() -> None:
    async with open_app() as user:
        assert opened(user) == ["chat"]
        await user.press("f8")
        assert opened(user) == ["chat", "settings"]
        await user.press("f3", "f8", "f2", "f2")
        assert opened(user) == ["chat", "settings", "models"]
        assert user.place == "chat"


@pytest.mark.parametrize("place", ["jobs", "settings"])
@pytest.mark.parametrize("ends", ["before", "meanwhile"])
async def test_a_place_that_opens_while_the_app_ends_stays_closed(
    place: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as user:
        workspace = user.app.workspace
        mount = workspace.mount

        async def ending_mount(*widgets: Widget, **where: Any) -> None:
            await mount(*widgets, **where)
            await workspace.remove_children([bar, user.meter, *widgets])

        bar = workspace.query_one(PlaceBar)
        if ends == "before":
            await workspace.remove_children([bar, user.meter])
        else:
            monkeypatch.setattr(workspace, "mount", ending_mount)
        await workspace.go(place)
        assert workspace.place == user.chat and not workspace.has_class("-jobs")


async def test_the_open_place_is_in_sight_marked_and_has_the_focus() -> None:
    async with open_app() as user:
        for place in PLACES:
            await user.press(place.KEY)
            shown = [item for item in user.app.workspace.places if item.display]
            assert [item.NAME for item in shown] == [place.NAME]
            for other in PLACES:
                assert other.TITLE in user.place_bar
                assert (other.TITLE in bold_words(user)) == (other is place)
            focused = user.app.focused
            assert focused is not None
            assert user.app.workspace.place in focused.ancestors


async def test_each_place_stays_as_it_was_left() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.ask("Count.")
        await user.type_text("half")
        await user.press("left", "f3", "down", "down")
        table = user.app.screen.query_one(DataTable)
        row = table.cursor_row
        assert row > 0
        await user.press("f8", "down", "down", "down")
        chosen = user.app.screen.query_one(OptionList).highlighted
        await user.press("f3")
        assert table.cursor_row == row
        await user.press("f8")
        assert user.app.screen.query_one(OptionList).highlighted == chosen
        await user.say(", two")
        await user.press("f2", "x")
        assert user.prompt.text == "halxf"
        await user.until(lambda: "One, two" in user.picture)


async def test_an_answer_goes_on_behind_another_place() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.ask("Count.")
        await user.press("f8")
        await user.say(", two")
        user.app.backend.cancel(user.script.asked()[0].request_id)
        await user.settle()
        assert "52.4 tokens/s" in user.meter_line
        assert user.answers[0].text == "One, two"
        await user.press("f2")
        assert "stopped by you" in user.picture


async def test_ctrl_o_begins_to_choose_a_model_from_everywhere() -> None:
    async with open_app() as user:
        await user.type_text("half")
        for key in ("f2", "f3", "f8", "f1", "ctrl+p"):
            await user.press(key, "ctrl+o")
            assert user.place == "models"
            assert isinstance(user.app.focused, Input)
            assert len(user.app.screen_stack) == 1
        await user.press("ctrl+o", *"qwen", "enter")
        await user.until(lambda: "Qwen3" in user.model_line)
        assert user.place == "chat"
        assert user.app.focused is user.prompt
        assert user.prompt.text == "half"


async def test_the_machine_is_looked_at_at_the_start_and_the_disk_when_asked() -> None:
    async with open_app() as user:
        await user.until(lambda: "9.6 GB free" in user.meter_line)
        kinds = [type(command) for command in user.script.commands]
        assert MeasureMemory in kinds
        assert ScanLibrary not in kinds
        await user.press("f3")
        assert any(isinstance(item, ScanLibrary) for item in user.script.commands)


async def test_what_is_typed_ahead_goes_to_the_place_that_was_asked_for() -> None:
    async with open_app() as user:
        for key in ("f3", "down", "z"):
            user.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await user.until(lambda: user.place == "models")
        await user.settle()
        assert user.prompt.text == ""
        user.app.post_message(events.Key("f2", None))
        user.app.post_message(events.Key("z", "z"))
        await user.until(lambda: user.prompt.text == "z")


async def test_the_key_line_offers_no_letters_while_they_are_typed() -> None:
    async with open_app() as user:
        await user.press("f3")
        assert "q Quantize" in user.key_line
        await user.press("/")
        assert "q Quantize" not in user.key_line and "Enter Chat" in user.key_line
        await user.press("tab")
        assert "q Quantize" in user.key_line
