"""The line that says which model answers and what it is doing."""

import threading
from dataclasses import replace
from pathlib import Path

from mlxtui.types import LocalModel
from tests.recorded import GUIDE, Answer, Script
from tests.ui.harness import answer, find_none, open_app


async def test_no_model() -> None:
    async with open_app(find_model=find_none) as user:
        assert user.model_line == "○ no model – Ctrl+O chooses one"
        assert user.activity == ""


async def test_a_model_that_loads_shows_how_far_it_is() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        assert user.model_line == "◌ guide is loading, 40 %"
        gate.set()
        await user.until(lambda: user.model_line == "● guide · 2.6 MB")


async def test_a_model_that_failed_says_why() -> None:
    async with open_app(script=Script(load_failure=("It is damaged.", ""))) as user:
        assert user.model_line == "✗ It is damaged."


async def test_the_activity_follows_an_answer() -> None:
    async with open_app(Answer([], holds=True)) as user:
        await user.ask("Why?")
        assert user.activity == "Reading the prompt, 34 of 56 tokens"
        await user.say("Because")
        assert user.activity == "Answering – Esc stops"
        await user.press("escape")
        assert user.activity == "52.4 tokens/s"
        await user.press("ctrl+n")
        assert user.activity == ""


async def test_a_long_name_leaves_room_for_the_activity() -> None:
    model = replace(GUIDE, name="a-very-long-name/" * 20)
    async with open_app(answer("Yes."), find_model=lambda: model) as user:
        await user.ask("Is it?")
        line = user.picture.splitlines()[-2]
        assert "52.4 tokens/s" in line and "…" in line


async def test_a_japanese_name_is_shown() -> None:
    model = LocalModel(name="日本語モデル", path=Path("/m"), source="path")
    async with open_app(find_model=lambda: model) as user:
        assert "● 日本語モデル" in user.picture
        assert "You are talking to 日本語モデル." in user.picture
