"""A conversation: questions, answers, stops and failures."""

import threading

import pytest

from tests.recorded import Answer, Script
from tests.ui.harness import answer, failure, find_none, open_app


async def test_a_question_and_its_answer_are_shown() -> None:
    async with open_app(answer("The answer", " is 42.")) as user:
        turn = await user.ask("What is it?")
        assert turn.text == "The answer is 42."
        assert "What is it?" in user.picture
        assert "The answer is 42." in user.picture
        assert not user.is_answering
        assert user.activity == "52.4 tokens/s"


async def test_the_earlier_turns_are_sent_along() -> None:
    async with open_app(answer("A1"), answer("A2"), answer("A3")) as user:
        for question in ("Q1", "Q2", "Q3"):
            await user.ask(question)
        assert user.context() == [
            ("user", "Q1"),
            ("assistant", "A1"),
            ("user", "Q2"),
            ("assistant", "A2"),
            ("user", "Q3"),
        ]


async def test_reasoning_is_not_sent_back() -> None:
    thought = Answer([("reasoning", "Hmm."), ("answer", "Yes.")])
    async with open_app(thought, answer("Again.")) as user:
        await user.ask("Is it?")
        await user.ask("Sure?")
        assert ("assistant", "Yes.") in user.context()
        assert "Hmm" not in str(user.context())


async def test_escape_stops_the_answer_and_its_text_stays() -> None:
    async with open_app(answer("One, two", holds=True), answer("Three.")) as user:
        turn = await user.ask("Count.")
        assert user.is_answering
        await user.press("escape")
        assert user.script.cancelled == [user.script.asked()[0].request_id]
        assert not user.is_answering
        assert turn.state == "cancelled"
        assert "One, two" in user.picture
        assert turn.statistics.startswith("stopped by you")
        await user.ask("Go on.")
        assert user.context()[1] == ("assistant", "One, two")


async def test_escape_at_rest_does_nothing() -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        await user.press("escape", "escape")
        assert user.script.cancelled == []
        assert user.app.is_running


async def test_stop_is_offered_only_while_there_is_something_to_stop() -> None:
    async with open_app(answer("One", holds=True)) as user:
        assert "Stop" not in user.picture.splitlines()[-1]
        await user.ask("Count.")
        assert "Esc Stop" in user.picture.splitlines()[-1]
        await user.press("escape")
        assert "Stop" not in user.picture.splitlines()[-1]


async def test_a_second_enter_while_answering_keeps_the_text() -> None:
    async with open_app(answer("One", holds=True), answer("Two")) as user:
        await user.ask("Count.")
        await user.type_text("And then?")
        await user.press("enter")
        assert user.prompt.text == "And then?"
        assert len(user.script.asked()) == 1
        assert user.toasts == ["The answer is still being written. Esc stops it."]
        await user.press("escape", "enter")
        assert user.questions == ["Count.", "And then?"]


async def test_a_new_chat_forgets_the_earlier_turns() -> None:
    async with open_app(answer("A1"), answer("A2")) as user:
        await user.ask("Q1")
        assert "You are talking to guide" not in user.picture
        await user.press("ctrl+n")
        assert user.answers == [] and user.questions == []
        assert "You are talking to guide" in user.picture
        await user.ask("Q2")
        assert user.context() == [("user", "Q2")]


async def test_a_new_chat_stops_the_answer_of_the_old_one() -> None:
    async with open_app(answer("A1", holds=True), answer("A2")) as user:
        await user.ask("Q1")
        await user.press("ctrl+n")
        assert user.script.cancelled == [user.script.asked()[0].request_id]
        assert not user.is_answering
        await user.ask("Q2")
        assert user.answers[-1].text == "A2"
        assert "A1" not in user.picture


async def test_keys_in_quick_succession_do_not_confuse_a_conversation() -> None:
    answers = [answer("text " * 50, holds=True) for _turn in range(8)]
    async with open_app(*answers) as user:
        for _turn in range(4):
            await user.type_text("Q")
            # Without waiting in between: the stop and the new chat overlap.
            await user.pilot.press("enter", "escape", "ctrl+n")
            await user.type_text("Q")
            await user.pilot.press("enter", "ctrl+n", "escape")
        await user.settle()
        assert user.app.is_running
        assert user.answers == []
        assert not user.is_answering


async def test_a_failed_generation_gives_the_question_back() -> None:
    async with open_app(failure("The engine met an error: x", "Try again.")) as user:
        turn = await user.ask("Why?")
        assert turn.state == "failed"
        assert "The engine met an error: x" in user.picture
        assert "Try again." in user.picture
        assert user.prompt.text == "Why?"
        assert user.prompt.cursor_location == (0, 4)
        user.script.answers.append(answer("Because."))
        await user.press("enter")
        assert user.context() == [("user", "Why?")]


async def test_a_question_given_back_does_not_overwrite_newer_text() -> None:
    gate = threading.Event()
    script = Script([failure("It broke.")], load_gate=gate)
    async with open_app(script=script) as user:
        await user.ask("Why?")
        await user.type_text("newer")
        gate.set()
        await user.until(lambda: not user.is_answering)
        assert user.prompt.text == "newer"


async def test_what_came_before_a_failure_stays_in_the_context() -> None:
    broken = failure("Out of memory.", after="Because")
    async with open_app(broken, answer("Yes.")) as user:
        await user.ask("Why?")
        assert user.prompt.text == ""
        await user.ask("Go on.")
        assert user.context()[:2] == [("user", "Why?"), ("assistant", "Because")]


async def test_without_a_model_the_text_stays_and_the_way_out_is_said() -> None:
    async with open_app(find_model=find_none) as user:
        await user.type_text("Anyone?")
        await user.press("enter")
        assert user.prompt.text == "Anyone?"
        assert user.toasts == ["No model is loaded. Ctrl+O chooses one."]
        assert user.script.asked() == []


async def test_the_prompt_that_is_being_read_is_counted() -> None:
    async with open_app(Answer([], holds=True)) as user:
        turn = await user.ask("Why?")
        assert "Reading the prompt, 34 of 56 tokens" in user.picture
        assert user.activity == "prompt 61 %"
        await user.press("escape")
        assert turn.statistics.startswith("stopped by you")


@pytest.mark.parametrize("empty", [[], [("answer", "\r")], [("answer", " \n")]])
async def test_an_answer_without_text_ends_well(empty: list[object]) -> None:
    async with open_app(Answer(empty), answer("Yes.")) as user:  # type: ignore[arg-type]
        turn = await user.ask("Why?")
        assert turn.statistics.startswith("finished")
        await user.ask("Again?")
        assert user.answers[-1].text == "Yes."
