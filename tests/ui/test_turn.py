"""An answer on the screen: its reasoning, its statistics, its links, its code."""

import pytest

from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.terminal_app import TerminalApp
from mlxtui.ui.transcript.messages import LinkClicked
from tests.recorded import Answer
from tests.ui.harness import User, answer, failure, open_app

THOUGHT = Answer([("reasoning", "Let me think."), ("answer", "Yes.")])
FIGURES = (
    "finished · 48 tokens · 52.4 tokens/s · first after 0.21 s"
    " · prompt 56 (34 cached) at 812/s · peak 2.6 GB"
)
TWO_CODES = "```sh\nls -l\n```\n\nand\n\n```python\nprint('hi')\n```\n"


async def click_text(user: User, text: str) -> None:
    """Click the beginning of a text on the screen."""
    for y, line in enumerate(user.picture.splitlines()):
        if text in line:
            await user.pilot.click(offset=(line.index(text) + 1, y))
            break
    else:
        raise AssertionError(f"{text!r} is not on the screen:\n{user.picture}")
    await user.settle()


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the app was asked to copy: the text and what it is."""
    texts: list[tuple[str, str]] = []

    def hear(_app: TerminalApp, message: CopyRequested) -> None:
        texts.append((message.text, message.what))

    monkeypatch.setattr(TerminalApp, "on_copy_requested", hear)
    return texts


async def test_the_statistics_stand_under_an_answer_that_has_ended() -> None:
    async with open_app(answer("Yes.", holds=True), answer("No.")) as user:
        await user.pilot.resize_terminal(140, 30)
        await user.ask("Is it?")
        assert "tokens/s · first" not in user.picture
        await user.press("escape")
        assert "stopped by you · 48 tokens" in user.picture
        await user.ask("Sure?")
        assert user.answers[-1].statistics == FIGURES
        assert FIGURES[:60] in user.picture


async def test_an_answer_cut_at_its_limit_says_so() -> None:
    async with open_app(Answer([("answer", "And")], reason="length")) as user:
        await user.ask("Tell me.")
        assert "cut at the length limit · " in user.picture


async def test_the_error_stands_under_what_there_is_of_the_answer() -> None:
    broken = failure("Out of memory.", "Close other apps.", after="Because")
    async with open_app(broken) as user:
        await user.ask("Why?")
        lines = [line.strip() for line in user.picture.splitlines()]
        assert lines.index("Because") < lines.index("Out of memory.")
        assert lines.index("Out of memory.") < lines.index("Close other apps.")


async def test_the_speaker_is_the_model() -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        lines = [line.strip() for line in user.picture.splitlines()]
        assert lines.index("You") < lines.index("guide")


async def test_reasoning_is_folded_until_it_is_asked_for() -> None:
    again = Answer([("reasoning", "Once more."), ("answer", "Still.")])
    async with open_app(THOUGHT, again) as user:
        await user.ask("Is it?")
        assert "▸ Thought for " in user.picture
        assert "Let me think." not in user.picture
        await user.press("ctrl+t")
        assert "Let me think." in user.picture
        await user.ask("Sure?")
        assert "Once more." in user.picture
        await user.press("ctrl+t")
        assert "Once more." not in user.picture
        assert "Let me think." not in user.picture
        assert "Still." in user.picture


async def test_reasoning_streams_while_it_is_unfolded() -> None:
    async with open_app(Answer([("reasoning", "First")], holds=True)) as user:
        await user.ask("Is it?")
        assert "Thinking…" in user.picture
        await user.press("ctrl+t")
        await user.say(", second", "reasoning")
        await user.until(lambda: "First, second" in user.picture)
        await user.say("Yes.")
        await user.until(lambda: "Thought for " in user.picture)


async def test_reasoning_that_is_stopped_keeps_its_text() -> None:
    async with open_app(Answer([("reasoning", "Hmm")], holds=True)) as user:
        await user.ask("Is it?")
        await user.press("escape", "ctrl+t")
        assert "Thought for " in user.picture
        assert "Hmm" in user.picture


async def test_an_answer_without_reasoning_has_no_fold() -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        await user.press("ctrl+t")
        assert "Thought" not in user.picture


async def test_a_click_unfolds_the_reasoning_and_typing_goes_on() -> None:
    async with open_app(THOUGHT) as user:
        await user.ask("Is it?")
        await click_text(user, "Thought for")
        assert "Let me think." in user.picture
        await user.press("o", "k")
        assert user.prompt.text == "ok"


async def test_answers_and_code_are_copied_as_they_were_written(
    copied: list[tuple[str, str]],
) -> None:
    async with open_app(answer(TWO_CODES)) as user:
        await user.press("ctrl+g", "ctrl+l")
        assert user.toasts == ["There is no answer yet.", "There is no code block yet."]
        await user.ask("How?")
        await user.press("ctrl+g", "ctrl+l", "ctrl+l", "ctrl+l")
        assert copied == [
            (TWO_CODES, "the answer"),
            ("print('hi')\n", "code block 2 of 2"),
            ("ls -l\n", "code block 1 of 2"),
            ("print('hi')\n", "code block 2 of 2"),
        ]


async def test_a_part_is_copied_by_keys_and_by_mouse(
    copied: list[tuple[str, str]],
) -> None:
    async with open_app(answer(TWO_CODES), size=(80, 30)) as user:
        await user.ask("How?")
        await click_text(user, " copy")
        await user.press("tab", "p", "c")
        texts = [text for text, _what in copied]
        assert texts[0] == "ls -l\n"
        assert len(texts) == 2 and texts[1]
        assert user.prompt.text == ""


async def test_links_open_in_the_browser_only_when_they_are_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    async with open_app(answer("[docs](https://example.com/x)")) as user:
        monkeypatch.setattr(user.app, "open_url", opened.append)
        await user.ask("Where?")
        await click_text(user, "docs")
        assert opened == ["https://example.com/x"]
        for href in ("http://example.com", "mailto:a@example.com"):
            user.transcript.post_message(LinkClicked(href))
            await user.settle()
        assert opened[1:] == ["http://example.com", "mailto:a@example.com"]
        refused = (
            "file:///etc/passwd", "FILE:///bin/sh", "ssh://host", "javascript:alert(1)",
            "x-apple.systempreferences:com.apple", "/bin/sh", "#heading", "",
        )  # fmt: skip
        for href in refused:
            user.transcript.post_message(LinkClicked(href))
        await user.settle()
        assert len(opened) == 3
        assert user.toasts == [f"This link is not opened: {href}" for href in refused]
