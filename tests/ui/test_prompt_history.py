"""Earlier prompts: across starts, with the draft, after a crash, on a full disk."""

import json
import os
from pathlib import Path

import pytest

from mlxtui import paths
from mlxtui.ui.prompt_history import MAX_ENTRIES, PromptHistory
from tests.ui.harness import answer, open_app


async def test_earlier_questions_come_back_after_a_restart() -> None:
    async with open_app(answer("A"), answer("B")) as user:
        await user.ask("first")
        await user.ask("second\nof two lines")
        await user.type_text("/keys")
        await user.press("enter", "escape")
    async with open_app() as user:
        shown = []
        for _number in range(5):
            await user.press("up")
            shown.append(user.prompt.text)
        # One ↑ more moves to the first of the two lines.
        two_lines = "second\nof two lines"
        assert shown == ["/keys", two_lines, two_lines, "first", "first"]
        await user.press("down", "down")
        assert user.prompt.text == "/keys"
        await user.press("down")
        assert user.prompt.text == ""


async def test_the_draft_comes_back() -> None:
    history = PromptHistory(paths.prompt_history_file())
    for text in ("one", "two"):
        history.add(text)
    async with open_app() as user:
        await user.type_text("a draft")
        await user.press("up")
        assert user.prompt.text == "two"
        assert user.prompt.cursor_location == (0, 3)
        await user.press("up", "up")
        assert user.prompt.text == "one"
        await user.press("down")
        assert user.prompt.text == "two"
        await user.press("down")
        assert user.prompt.text == "a draft"
        await user.press("down")
        assert user.prompt.text == "a draft"


async def test_recalled_text_that_was_edited_is_not_lost() -> None:
    PromptHistory(paths.prompt_history_file()).add("one")
    async with open_app() as user:
        await user.type_text("draft")
        await user.press("up", "x")
        assert user.prompt.text == "onex"
        await user.press("up")
        assert user.prompt.text == "one"
        await user.press("down")
        assert user.prompt.text == "onex"
        await user.press("ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        assert user.prompt.text == "draft"  # undo still has the draft of before


async def test_arrows_move_in_a_text_of_several_lines_first() -> None:
    PromptHistory(paths.prompt_history_file()).add("one")
    async with open_app() as user:
        await user.type_text("a\nb\nc")
        await user.press("up", "up")
        assert user.prompt.text == "a\nb\nc"
        assert user.prompt.cursor_location[0] == 0
        await user.press("up")
        assert user.prompt.text == "one"


async def test_proposals_are_below_an_empty_prompt_of_an_empty_chat_only() -> None:
    async with open_app(answer("Yes.")) as user:
        proposals = []
        for _number in range(4):
            await user.press("down")
            proposals.append(user.prompt.text)
        assert proposals[0] == "What can I do here?"
        assert len(set(proposals)) == 3
        await user.press("up", "up", "up")
        assert user.prompt.text == ""
        await user.ask("Is it?")
        await user.press("down")
        assert user.prompt.text == ""


def test_the_same_prompt_twice_in_a_row_is_kept_once(tmp_path: Path) -> None:
    history = PromptHistory(tmp_path / "h")
    for text in ("a", "a", "b", "a"):
        history.add(text)
    assert PromptHistory(tmp_path / "h").entries == ["a", "b", "a"]


@pytest.mark.parametrize("text", ["日本語", "a\nb\r\n\u2028c", "\ud83d half", '"\\"'])
def test_any_text_is_kept_as_it_is(text: str, tmp_path: Path) -> None:
    PromptHistory(tmp_path / "h").add(text)
    assert PromptHistory(tmp_path / "h").entries == [text]


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "h"
    file.write_text('"one"\n{"not": "ours"}\n7\n"tw')
    history = PromptHistory(file)
    assert history.entries == ["one"]
    history.add("three")
    assert PromptHistory(file).entries == ["one", "three"]


def test_two_apps_at_once_keep_both_prompts(tmp_path: Path) -> None:
    one, two = PromptHistory(tmp_path / "h"), PromptHistory(tmp_path / "h")
    assert one.entries == two.entries == []
    one.add("a")
    two.add("b")
    assert PromptHistory(tmp_path / "h").entries == ["a", "b"]


def test_a_file_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "h"
    file.write_bytes(b"\xff\xfe\x00")
    assert PromptHistory(file).entries == []


def test_the_file_stays_bounded(tmp_path: Path) -> None:
    file = tmp_path / "h"
    lines = [json.dumps(f"prompt {number}") for number in range(3 * MAX_ENTRIES)]
    file.write_text("\n".join(lines) + "\n")
    history = PromptHistory(file)
    assert len(history.entries) == MAX_ENTRIES
    assert history.entries[-1] == f"prompt {3 * MAX_ENTRIES - 1}"
    assert len(file.read_text().splitlines()) == MAX_ENTRIES


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "h"
    PromptHistory(file).add("secret")
    assert file.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_written_does_not_break_sending() -> None:
    file = paths.prompt_history_file()
    # A file where the folder should be: root, too, cannot write into it.
    os.makedirs(file.parent.parent, exist_ok=True)
    file.parent.touch()
    async with open_app(answer("A"), answer("B")) as user:
        await user.ask("first")
        await user.ask("second")
        assert user.questions == ["first", "second"]
        await user.press("up")
        assert user.prompt.text == "second"
