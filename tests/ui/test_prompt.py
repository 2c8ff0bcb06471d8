"""The prompt editor: what sends, what breaks a line, how far it grows."""

import asyncio
from typing import Literal

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input, TextArea

from mlxtui import settings
from mlxtui.settings import Settings
from tests.ui.harness import answer, find_none, open_app


async def test_enter_sends_the_text_and_empties_the_prompt() -> None:
    async with open_app(answer("Hello.")) as user:
        await user.press("h", "i", "enter")
        assert [item.messages[-1].content for item in user.script.asked()] == ["hi"]
        assert user.questions == ["hi"]
        assert user.prompt.text == ""


@pytest.mark.parametrize("send_key", ["enter", "ctrl+s"])
async def test_what_sends_and_what_breaks_the_line(
    send_key: Literal["enter", "ctrl+s"],
) -> None:
    used = Settings(setup_done=True, language="en", send_key=send_key)
    sending = {"ctrl+s", "ctrl+enter", "super+enter"}
    breaking = {"shift+enter", "alt+enter", "ctrl+j"}
    (sending if send_key == "enter" else breaking).add("enter")
    answers = [answer("Yes.") for _key in sending]
    async with open_app(*answers, settings=used) as user:
        shown = {
            "enter": "Enter sends · Ctrl+J new line",
            "ctrl+s": "Ctrl+S sends · Enter new line",
        }
        assert shown[send_key] in user.picture
        for key in breaking:
            await user.press("a", key, "b")
            assert user.prompt.text == "a\nb", key
            assert user.script.asked() == []
            await user.press("ctrl+u", "backspace", "backspace")
        for number, key in enumerate(sending, start=1):
            await user.press("a", key)
            assert len(user.questions) == number, key
            assert user.prompt.text == ""


async def test_the_key_that_sends_changes_live() -> None:
    used = settings.save_values({"setup_done": "true", "language": "en"})
    async with open_app(answer("Yes."), settings=used) as user:
        await user.type_text("half")
        await user.app.perform("settings.set", "send_key ctrl+s")
        await user.until(lambda: settings.load().send_key == "ctrl+s")
        await user.press("f2")
        assert "Ctrl+S sends · Enter new line" in user.picture
        await user.press("enter")
        assert user.prompt.text == "half\n"
        await user.press("ctrl+s")
        assert user.questions == ["half\n"]


async def test_every_printable_key_types() -> None:
    characters = "a" + "".join(map(chr, range(0x20, 0x7F)))
    async with open_app(find_model=find_none) as user:
        for character in characters:
            key = _character_to_key(character)
            user.app.post_message(events.Key(key, character))
        await user.settle()
        assert user.prompt.text == characters
        user.prompt.replace_text("")
        # Option with a digit, as a Mac's terminals send it.
        for key, character in (
            ("inverted_exclamation_mark", "¡"), ("euro_sign", "€"), ("alt+a", "a"),
        ):  # fmt: skip
            user.app.post_message(events.Key(key, character))
        for digit in "123456789":
            user.app.post_message(events.Key(f"alt+{digit}", digit))
        await user.settle()
        assert user.prompt.text == "¡€a123456789"
        assert user.place == "chat"
        assert len(user.app.screen_stack) == 1


async def test_nothing_blinks_where_an_input_method_may_be_open() -> None:
    async with open_app() as user:
        await user.press("ctrl+b", "f3", "f8", "f2")
        editors = [*user.app.workspace.query("TextArea, Input")]
        assert len(editors) > 10
        for editor in editors:
            assert isinstance(editor, TextArea | Input)
            assert not editor.cursor_blink, editor


@pytest.mark.parametrize("blank", ["", "   ", "\n\n", "\u3000", " \t\n"])
async def test_a_blank_prompt_is_not_sent(blank: str) -> None:
    async with open_app() as user:
        await user.type_text(blank)
        await user.press("enter")
        assert user.script.asked() == []
        assert user.questions == []


async def test_a_paste_of_several_lines_is_one_question() -> None:
    async with open_app(answer("Read.")) as user:
        await user.type_text("one\ntwo\n\nthree")
        assert user.script.asked() == []
        await user.press("enter")
        assert user.questions == ["one\ntwo\n\nthree"]


async def test_what_is_typed_right_after_enter_stays_for_the_next_question() -> None:
    async with open_app(answer("Yes."), answer("Again.")) as user:
        # As a terminal that was slow hands them over: all at once.
        for key, character in (("a", "a"), ("enter", "\r"), ("b", "b"), ("c", "c")):
            user.app.post_message(events.Key(key, character))
        await user.settle()
        assert user.questions == ["a"]
        assert user.prompt.text == "bc"
        await user.press("d")
        assert user.prompt.text == "bcd"


async def test_the_prompt_grows_with_its_lines_and_then_scrolls() -> None:
    async with open_app() as user:
        assert user.prompt.outer_size.height == 3
        await user.press("a", "ctrl+j", "b", "ctrl+j", "c")
        assert user.prompt.outer_size.height == 5
        await user.type_text("\nmore" * 40)
        tallest = user.prompt.outer_size.height
        assert tallest <= 12
        await user.type_text("\nmore" * 40)
        assert user.prompt.outer_size.height == tallest
        assert user.prompt.scroll_offset.y > 0, "the cursor is in sight"


async def test_the_prompt_shrinks_again_when_its_text_is_sent() -> None:
    async with open_app(answer("Read.")) as user:
        await user.type_text("one\ntwo\nthree")
        await user.press("enter")
        assert user.prompt.outer_size.height == 3


async def test_a_long_line_wraps() -> None:
    async with open_app(size=(40, 20)) as user:
        await user.type_text("word " * 20)
        assert user.prompt.outer_size.height > 3


async def test_japanese_is_typed_and_sent() -> None:
    async with open_app(answer("はい。")) as user:
        await user.press("日", "本")
        await user.type_text("語で答えて")
        await user.press("enter")
        assert user.questions == ["日本語で答えて"]
        assert "日本語で答えて" in user.picture
        assert "はい。" in user.picture


async def test_the_prompt_has_the_focus_at_the_start() -> None:
    async with open_app() as user:
        assert user.app.focused is user.prompt


async def test_ctrl_c_copies_the_selected_text() -> None:
    async with open_app() as user:
        await user.press("a", "b", "c", "shift+left", "shift+left", "ctrl+c")
        assert user.app.clipboard == "bc"
        assert user.prompt.text == "abc"


async def test_the_empty_prompt_says_what_it_is_for() -> None:
    async with open_app() as user:
        assert "Ask a question, or / for commands" in user.picture


async def test_a_long_paste_is_taken_in_bounded_time() -> None:
    async with open_app(answer("Read.")) as user:
        text = "A line of a long log file. 日本語も。\n" * 3000
        async with asyncio.timeout(30):
            await user.type_text(text)
            await user.press("enter")
        assert user.script.asked()[0].messages[-1].content == text


async def test_f6_marks_all_of_the_text() -> None:
    """Textual's key for that, F7, opens the jobs."""
    async with open_app() as user:
        await user.type_text("two\nlines")
        await user.press("f6", "x")
        assert user.prompt.text == "x"
