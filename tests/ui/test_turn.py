"""An answer on the screen: its reasoning, its statistics, its links."""

import pytest
from textual.widgets import Collapsible, Markdown

from mlxtui.ui.widgets.turn import AnswerTurn
from tests.recorded import Answer
from tests.ui.harness import User, answer, failure, open_app, statistics_of

THOUGHT = Answer([("reasoning", "Let me think."), ("answer", "Yes.")])
FIGURES = (
    "finished · 48 tokens · 52.4 tokens/s · first after 0.21 s"
    " · prompt 56 (34 cached) at 812/s · peak 2.6 GB"
)


def fold_of(turn: AnswerTurn) -> Collapsible:
    """The reasoning's fold."""
    return turn.query_one(Collapsible)


async def click_link(user: User, href: str) -> None:
    """Click a link of the last answer."""
    markdown = user.answers[-1].query_one(Markdown)
    markdown.post_message(Markdown.LinkClicked(markdown, href))
    await user.settle()


async def test_the_statistics_stand_under_the_answer() -> None:
    async with open_app(answer("Yes."), size=(120, 30)) as user:
        turn = await user.ask("Is it?")
        assert statistics_of(turn) == FIGURES
        assert FIGURES[:60] in user.picture


async def test_there_are_no_statistics_while_the_answer_streams() -> None:
    async with open_app(answer("One", holds=True)) as user:
        turn = await user.ask("Count.")
        assert not turn.query_one(".statistics").display
        await user.press("escape")
        assert turn.query_one(".statistics").display


async def test_an_answer_cut_at_its_limit_says_so() -> None:
    async with open_app(Answer([("answer", "And")], reason="length")) as user:
        turn = await user.ask("Tell me.")
        assert statistics_of(turn).startswith("cut at the length limit · ")


async def test_the_error_stands_under_what_there_is_of_the_answer() -> None:
    broken = failure("Out of memory.", "Close other apps.", after="Because")
    async with open_app(broken) as user:
        turn = await user.ask("Why?")
        assert statistics_of(turn) == "Out of memory.\nClose other apps."
        lines = [line.strip() for line in user.picture.splitlines()]
        assert lines.index("Because") < lines.index("Out of memory.")


async def test_the_speaker_is_the_model() -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        lines = [line.strip() for line in user.picture.splitlines()]
        assert "You" in lines and "guide" in lines


async def test_reasoning_is_folded_until_it_is_asked_for() -> None:
    async with open_app(THOUGHT) as user:
        turn = await user.ask("Is it?")
        assert fold_of(turn).title.startswith("Thought for ")
        assert "Let me think." not in user.picture
        await user.press("ctrl+t")
        assert "Let me think." in user.picture
        await user.press("ctrl+t")
        assert "Let me think." not in user.picture
        assert "Yes." in user.picture


async def test_reasoning_streams_while_it_is_unfolded() -> None:
    async with open_app(Answer([("reasoning", "First")], holds=True)) as user:
        turn = await user.ask("Is it?")
        assert fold_of(turn).title == "Thinking…"
        await user.press("ctrl+t")
        await user.say(", second", "reasoning")
        assert "First, second" in user.picture
        await user.say("Yes.")
        assert fold_of(turn).title.startswith("Thought for ")


async def test_unfolded_reasoning_is_unfolded_in_the_next_answer_too() -> None:
    again = Answer([("reasoning", "Once more."), ("answer", "Still.")])
    async with open_app(THOUGHT, again) as user:
        await user.ask("Is it?")
        await user.press("ctrl+t")
        await user.ask("Sure?")
        assert "Once more." in user.picture
        await user.press("ctrl+t")
        assert "Once more." not in user.picture
        assert "Let me think." not in user.picture


async def test_reasoning_that_is_stopped_keeps_its_text() -> None:
    async with open_app(Answer([("reasoning", "Hmm")], holds=True)) as user:
        turn = await user.ask("Is it?")
        await user.press("escape", "ctrl+t")
        assert fold_of(turn).title.startswith("Thought for ")
        assert "Hmm" in user.picture


async def test_an_answer_without_reasoning_has_no_fold() -> None:
    async with open_app(answer("Yes.")) as user:
        turn = await user.ask("Is it?")
        assert not fold_of(turn).display


async def test_a_click_unfolds_the_reasoning_and_typing_goes_on() -> None:
    async with open_app(THOUGHT) as user:
        await user.ask("Is it?")
        await user.pilot.click("CollapsibleTitle")
        await user.settle()
        assert "Let me think." in user.picture
        await user.press("o", "k")
        assert user.prompt.text == "ok"


@pytest.mark.parametrize(
    "href", ["https://example.com/a", "http://example.com", "mailto:a@example.com"]
)
async def test_what_a_browser_opens_is_opened(
    href: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    async with open_app(answer("See there.")) as user:
        monkeypatch.setattr(user.app, "open_url", opened.append)
        await user.ask("Where?")
        await click_link(user, href)
        assert opened == [href]


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd", "FILE:///bin/sh", "ssh://host", "javascript:alert(1)",
        "x-apple.systempreferences:com.apple", "/bin/sh", "#heading", "",
    ],
)  # fmt: skip
async def test_other_links_are_not_opened(
    href: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    async with open_app(answer("See there.")) as user:
        monkeypatch.setattr(user.app, "open_url", opened.append)
        await user.ask("Where?")
        await click_link(user, href)
        assert opened == []
        assert user.toasts == [f"This link is not opened: {href}"]


async def test_a_link_is_opened_by_a_click_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    async with open_app(answer("[docs](https://example.com/x)")) as user:
        monkeypatch.setattr(user.app, "open_url", opened.append)
        await user.ask("Where?")
        await user.pilot.click("MarkdownParagraph", offset=(1, 0))
        await user.until(lambda: opened)
        assert opened == ["https://example.com/x"]
