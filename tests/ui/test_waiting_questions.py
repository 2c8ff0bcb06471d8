"""Questions that are asked before the model is there."""

import threading

from mlxtui.backend.commands import LoadModel
from mlxtui.errors import ModelNotFound
from mlxtui.types import LocalModel
from tests.recorded import GUIDE, Script
from tests.ui.harness import answer, open_app


async def test_a_question_waits_for_the_model_and_then_goes_out() -> None:
    gate = threading.Event()
    async with open_app(script=Script([answer("Here.")], load_gate=gate)) as user:
        assert "guide is loading, 40 %" in user.model_line
        await user.ask("Are you there?")
        assert user.script.asked() == []
        assert "Waiting for the model…" in user.picture
        gate.set()
        await user.until(lambda: user.script.asked())
        await user.until(lambda: not user.is_answering)
        assert user.answers[0].text == "Here."
        assert user.prompt.text == ""


async def test_the_user_types_while_the_model_loads() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        await user.press("a", "b")
        gate.set()
        await user.until(lambda: "● guide" in user.model_line)
        await user.press("c")
        assert user.prompt.text == "abc"


async def test_escape_takes_a_waiting_question_back() -> None:
    gate = threading.Event()
    async with open_app(script=Script([answer("A")], load_gate=gate)) as user:
        await user.ask("Are you there?")
        await user.press("escape")
        assert user.prompt.text == "Are you there?"
        assert "Stopped before the model was ready." in user.picture
        gate.set()
        await user.until(lambda: "● guide" in user.model_line)
        assert user.script.asked() == []
        await user.press("enter")
        assert user.context() == [("user", "Are you there?")]


async def test_a_new_chat_drops_a_waiting_question() -> None:
    gate = threading.Event()
    async with open_app(script=Script([answer("A")], load_gate=gate)) as user:
        await user.ask("Are you there?")
        await user.press("ctrl+n")
        gate.set()
        await user.until(lambda: "● guide" in user.model_line)
        assert user.script.asked() == []


async def test_a_question_comes_back_when_its_model_does_not_load() -> None:
    looked_for = threading.Event()

    def find_model() -> LocalModel:
        looked_for.wait()
        return GUIDE

    script = Script(load_failure=("guide is damaged.", "Fetch it again."))
    async with open_app(script=script, find_model=find_model) as user:
        await user.type_text("Are you there?")
        await user.press("enter")
        looked_for.set()
        await user.until(lambda: "✗ guide is damaged." in user.model_line)
        await user.settle()
        assert user.prompt.text == "Are you there?"
        assert "Fetch it again." in user.picture


async def test_a_question_waits_while_the_model_is_still_looked_for() -> None:
    looked_for = threading.Event()

    def find_model() -> LocalModel:
        looked_for.wait()
        return GUIDE

    async with open_app(answer("Here."), find_model=find_model) as user:
        await user.type_text("Are you there?")
        await user.press("enter")
        looked_for.set()
        await user.until(lambda: "● guide" in user.model_line)
        await user.settle()
        assert user.questions == ["Are you there?"]
        assert user.script.asked() != []


async def test_a_model_chosen_during_the_search_is_not_overridden() -> None:
    looked_for = threading.Event()

    def find_model() -> LocalModel:
        looked_for.wait()
        return GUIDE

    async with open_app(find_model=find_model) as user:
        await user.press("ctrl+o", "q", "w", "e", "n", "enter")
        looked_for.set()
        await user.until(lambda: "●" in user.model_line)
        await user.settle()
        loads = [item for item in user.script.commands if isinstance(item, LoadModel)]
        assert [item.name for item in loads] == ["mlx-community/Qwen3-4B-4bit"]
        assert "Qwen3" in user.model_line


async def test_a_model_that_is_not_found_does_not_hide_a_chosen_one() -> None:
    looked_for, told = threading.Event(), threading.Event()

    def find_model() -> LocalModel:
        looked_for.wait()
        told.set()
        raise ModelNotFound("There is no model nothing on this machine.")

    async with open_app(find_model=find_model) as user:
        await user.press("ctrl+o", "q", "w", "e", "n", "enter")
        await user.until(lambda: "● mlx-community/Qwen3" in user.model_line)
        looked_for.set()
        await user.until(told.is_set)
        await user.settle()
        assert "● mlx-community/Qwen3" in user.model_line
