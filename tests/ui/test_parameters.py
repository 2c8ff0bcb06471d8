"""The panel of system prompt and parameters: checked as typed, used when sent."""

from typing import Any

import pytest
from textual.widgets import Input, Static, Switch

from mlxtui.sampling import RANGES, SamplingParams
from mlxtui.ui.widgets.parameters import ParametersPanel
from tests.ui.harness import User, answer, open_app, words

WRONG = {
    "temperature": ("-1", "warm", "nan", "inf"),
    "top_p": ("1.5", "half"),
    "top_k": ("-1", "1.5", "many"),
    "min_p": ("2", "-0.1"),
    "max_tokens": ("0", "-5", "1e3"),
    "seed": ("-1", "x"),
    "repetition_penalty": ("0", "-1"),
    "presence_penalty": ("99", "x"),
    "frequency_penalty": ("-99", "x"),
    "penalty_window": ("-1", "0.5"),
    "logit_bias": ("15", "a: 1", "15: x", "1: 1000"),
}
RIGHT: dict[str, tuple[str, Any]] = {
    "temperature": ("0.5", 0.5),
    "top_p": ("0.9", 0.9),
    "top_k": ("40", 40),
    "min_p": ("0.05", 0.05),
    "max_tokens": ("100", 100),
    "seed": ("7", 7),
    "repetition_penalty": ("1.1", 1.1),
    "presence_penalty": ("0.5", 0.5),
    "frequency_penalty": ("-0.5", -0.5),
    "penalty_window": ("64", 64),
    "stop": ("END | a\\nb", ("END", "a\nb")),
    "logit_bias": ("15: -100, 42: 3.5", {15: -100.0, 42: 3.5}),
}


def field(user: User, name: str) -> Input:
    """The entry of a parameter."""
    return user.chat.query_one(f"#{name}", Input)


def problem(user: User, name: str) -> str:
    """What is said about a parameter; empty when it is right."""
    row = field(user, name).query_ancestor(".field")
    note = row.query_one(".problem", Static)
    return words(note) if note.display else ""


async def test_every_parameter_is_checked_as_it_is_typed() -> None:
    async with open_app(size=(120, 60)) as user:
        await user.press("ctrl+b")
        entries = {item.id for item in user.chat.query(Input)}
        assert entries == set(RIGHT)
        assert set(RANGES) <= entries
        for name, values in WRONG.items():
            for value in values:
                field(user, name).value = value
                await user.pilot.pause()
                assert problem(user, name), (name, value)
                if name in RANGES:
                    assert str(RANGES[name]) in problem(user, name), (name, value)
            field(user, name).value = RIGHT[name][0]
            await user.pilot.pause()
            assert problem(user, name) == "", name


async def test_everything_typed_arrives_with_the_question() -> None:
    async with open_app(answer("A"), answer("B"), answer("C")) as user:
        await user.ask("before")
        await user.press("ctrl+b")
        await user.type_text("Answer in one word.\nAlways.")
        for name, (text, _value) in RIGHT.items():
            field(user, name).value = text
        user.chat.query_one(Switch).value = False
        await user.press("ctrl+b")
        assert user.app.focused is user.prompt
        await user.ask("after")
        first, second = user.script.asked()
        assert first.sampling == SamplingParams()
        assert first.thinking
        expected = {name: value for name, (_text, value) in RIGHT.items()}
        assert second.sampling == SamplingParams(**expected)
        assert not second.thinking
        assert user.context()[0] == ("system", "Answer in one word.\nAlways.")
        assert user.context()[1:] == [
            ("user", "before"),
            ("assistant", "A"),
            ("user", "after"),
        ]
        await user.press("ctrl+n")
        await user.ask("once more")
        assert [role for role, _text in user.context()] == ["system", "user"]


async def test_a_wrong_value_refuses_to_send_and_keeps_the_text() -> None:
    async with open_app(answer("A")) as user:
        await user.press("ctrl+b", *["tab"] * 2, *"warm")
        assert field(user, "temperature").value == "warm"
        await user.press("ctrl+b")
        await user.type_text("Well?")
        await user.press("enter")
        assert user.script.asked() == []
        assert user.prompt.text == "Well?"
        assert len(user.toasts) == 1
        assert str(RANGES["temperature"]) in user.toasts[0]
        # Hidden or not, what has to be mended is shown and has the focus.
        assert user.chat.query_one(ParametersPanel).display
        assert user.app.focused is field(user, "temperature")
        await user.press("ctrl+u", "1")
        await user.press("ctrl+b", "enter")
        assert user.script.asked()[0].sampling.temperature == 1


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_typing_goes_into_the_panel_and_what_was_typed_stays(
    size: tuple[int, int],
) -> None:
    async with open_app(size=size) as user:
        await user.type_text("half")
        await user.press("ctrl+b", *"Be?1")
        assert "Be?1" in user.picture
        assert user.prompt.text == "half"
        await user.press("ctrl+b", "x")
        assert user.prompt.text == "halfx"
        await user.press("f3", "f2", "ctrl+b", "end", "2")
        panel = user.chat.query_one(ParametersPanel)
        assert panel.system == "Be?12"


async def test_each_field_says_what_it_takes() -> None:
    async with open_app(size=(120, 60)) as user:
        await user.press("ctrl+b")
        for name, allowed in RANGES.items():
            assert field(user, name).placeholder == str(allowed)
        for name in RIGHT:
            assert field(user, name).placeholder
