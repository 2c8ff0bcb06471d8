"""Another model: the former one answers until the new one is there, and is freed."""

import threading

from mlxtui.backend.commands import LoadModel, UnloadModel
from tests.recorded import GUIDE, LIBRARY, Script
from tests.ui.harness import User, answer, open_app

QWEN = LIBRARY[1]


def unloaded(user: User) -> list[str]:
    """The folders of the models that were freed."""
    return [
        str(item.path) for item in user.script.commands if isinstance(item, UnloadModel)
    ]


def load_requests(user: User) -> list[LoadModel]:
    """The loads so far."""
    return [item for item in user.script.commands if isinstance(item, LoadModel)]


async def test_the_former_model_is_freed_when_the_next_is_there() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "q", "enter")
        assert "● mlx-community/Qwen3-4B-4bit" in user.model_line
        assert unloaded(user) == [str(GUIDE.path)]


async def test_the_same_model_again_is_not_freed() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "enter")
        assert unloaded(user) == []


async def test_a_model_that_fails_to_load_at_the_start_says_why() -> None:
    script = Script(load_failure=("guide is damaged.", "Reinstall mlxtui."))
    async with open_app(script=script) as user:
        assert user.model_line == "✗ guide is damaged."
        assert "Reinstall mlxtui." in user.picture
        await user.type_text("Hello?")
        await user.press("enter")
        assert user.prompt.text == "Hello?"
        assert user.toasts == ["No model is loaded. Ctrl+O chooses one."]


async def test_another_model_that_fails_keeps_the_former() -> None:
    async with open_app(answer("Still here.")) as user:
        user.script.load_failure = ("It needs 41 GB.", "Try the 4-bit one.")
        await user.press("ctrl+o", "q", "enter")
        assert "● guide" in user.model_line
        assert user.toasts == ["It needs 41 GB.\nTry the 4-bit one."]
        assert unloaded(user) == []
        await user.ask("Are you there?")
        assert user.script.asked()[0].path == GUIDE.path


async def test_after_a_failure_another_model_can_be_chosen() -> None:
    script = Script([answer("Hello.")], load_failure=("guide is damaged.", ""))
    async with open_app(script=script) as user:
        script.load_failure = None
        await user.press("ctrl+o", "q", "enter")
        await user.ask("Hi")
        assert user.script.asked()[0].path == QWEN.path


async def test_a_question_during_a_switch_goes_to_the_new_model() -> None:
    async with open_app(answer("New.")) as user:
        gate = user.script.load_gate = threading.Event()
        await user.press("ctrl+o", "q", "enter")
        assert "Qwen3-4B-4bit is loading, 40 %" in user.model_line
        await user.ask("Who are you?")
        assert user.script.asked() == []
        gate.set()
        await user.until(lambda: user.script.asked())
        assert user.script.asked()[0].path == QWEN.path
        assert user.answers[0].model_name == QWEN.name


async def test_a_waiting_question_goes_to_the_former_model_when_the_new_one_fails() -> (
    None
):
    async with open_app(answer("I do.")) as user:
        user.script.load_gate = gate = threading.Event()
        await user.press("ctrl+o", "q", "enter")
        await user.ask("Who answers?")
        # The load fails instead of ending.
        from mlxtui.backend.events import Failed
        from mlxtui.ui.messages import BackendEvent

        request_id = load_requests(user)[-1].request_id
        failed = Failed(request_id=request_id, message="It is damaged.", hint="")
        user.app.post_message(BackendEvent(failed))
        await user.until(lambda: user.script.asked())
        assert user.script.asked()[0].path == GUIDE.path
        gate.set()


async def test_the_model_that_was_chosen_last_is_the_one() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        await user.press("ctrl+o", "q", "enter")
        assert user.script.cancelled[-1] == load_requests(user)[0].request_id
        gate.set()
        await user.until(lambda: "● mlx-community/Qwen3" in user.model_line)


async def test_a_model_that_was_loaded_too_late_to_be_cancelled_is_freed() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        await user.press("ctrl+o", "q", "enter")
        gate.set()
        await user.until(lambda: "● mlx-community/Qwen3" in user.model_line)
        await user.until(lambda: unloaded(user))
        assert unloaded(user) == [str(GUIDE.path)]


async def test_the_start_does_not_wait_for_the_model() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        assert "Ask a question" in user.picture
        assert "◌ guide is loading, 40 %" in user.model_line
        gate.set()
