"""Text that wants to drive the terminal or the app is shown and does nothing else."""

import re
from pathlib import Path

import pytest

from mlxtui.backend.backend import Backend
from mlxtui.backend.commands import Command, ScanLibrary
from mlxtui.backend.events import LibraryScanned
from mlxtui.types import LocalModel
from mlxtui.ui.app import MlxTuiApp
from tests.recorded import GUIDE, Answer, RecordedBackend, Script
from tests.ui.harness import User, answer, failure, find_none, open_app

ESCAPES = (
    "\x1b[2J\x1b[31mred\x1b]0;title\x07 \x1b]8;;file:///x\x1b\\link"
    " \x1bP+q\x1b\\ \x9b31m\x07\x08\x7f\x00"
)
BIDI = "\u202euser\u202c \u2066abc\u2069 \u202dx \U000e0041\U000e0042"
MARKUP = "[bold]x[/bold] [/] [/ [@click=app.quit]x[/] [red [link=file:///x]y[/link] ["
SURROGATES = "half \ud83d of a pair"
ODD_MARKDOWN = (
    "|a|\n|-|\n|[@click=app.quit]|\n\n<script>x</script> <b>y</b>\n\n![i](file:///x)\n"
    "[l](javascript:alert(1)) <file:///x> [](<>)\n\n```[bold]\n[/]\n```\n\n- [ ] t\n"
    "-\n>\n\n******\n***a**b*c\n\n[r]: <x>\n"
    "\n&#27;[31m &#x202e;x &rlm; &nbsp; &#0; &amp;\n"
)
COMBINING = "Z" + "\u0301" * 400 + " \u200b\u200d\ufeff \U0001f468\u200d\U0001f469"

HOSTILE = {
    "escapes": ESCAPES,
    "bidi": BIDI,
    "markup": MARKUP,
    "surrogates": SURROGATES,
    "markdown": ODD_MARKDOWN,
    "combining": COMBINING,
    "everything": ESCAPES + BIDI + MARKUP + ODD_MARKDOWN,
}

every_hostile_text = pytest.mark.parametrize(
    "text", HOSTILE.values(), ids=HOSTILE.keys()
)

# What a terminal or a reader may not get from the screen.
_HARMFUL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def assert_harmless(user: User) -> None:
    """Nothing on the screen drives the terminal, and the app goes on."""
    found = _HARMFUL.search(user.picture)
    assert found is None, repr(user.picture[found.start() - 20 : found.end() + 20])
    assert user.app.is_running
    assert user.app.return_value is None


class ManyModels(RecordedBackend):
    """Finds models of the given names."""

    def __init__(self, backend: RecordedBackend, name: str) -> None:
        self._played = backend
        self._name = name

    def submit(self, command: Command) -> None:
        """Answer a scan with one model; pass on everything else."""
        if isinstance(command, ScanLibrary):
            model = LocalModel(name=self._name, path=Path("/m"), source="models")
            found = LibraryScanned(request_id=command.request_id, models=(model,))
            self._played._front_end(found)
        else:
            self._played.submit(command)


@every_hostile_text
async def test_a_question_is_harmless(text: str) -> None:
    async with open_app(answer("Yes."), size=(80, 60)) as user:
        await user.type_text(text)
        assert_harmless(user)
        await user.press("enter")
        assert_harmless(user)
        assert len(user.questions) == 1
        await user.pilot.click(".question", offset=(4, 0))
        assert_harmless(user)


@every_hostile_text
async def test_an_answer_is_harmless(text: str) -> None:
    async with open_app(answer(text, holds=True), size=(80, 60)) as user:
        turn = await user.ask("Say it.")
        for character in text:
            await turn.add("answer", character)
        await user.press("escape")
        assert_harmless(user)
        assert turn.text == text * 2
        for y in range(10):
            await user.pilot.click("AnswerTurn", offset=(4, y))
        assert_harmless(user)


@every_hostile_text
async def test_reasoning_is_harmless(text: str) -> None:
    async with open_app(Answer([("reasoning", text)]), size=(80, 60)) as user:
        await user.ask("Think.")
        await user.press("ctrl+t")
        assert_harmless(user)


@every_hostile_text
async def test_an_error_of_an_answer_is_harmless(text: str) -> None:
    async with open_app(failure(text, text), size=(80, 60)) as user:
        await user.ask("Fail.")
        assert_harmless(user)


@every_hostile_text
async def test_a_model_s_name_is_harmless(text: str) -> None:
    model = LocalModel(name=text, path=Path("/models/x"), source="path")
    async with open_app(answer("Yes."), find_model=lambda: model) as user:
        assert_harmless(user)
        await user.ask("Who are you?")
        assert_harmless(user)


@every_hostile_text
async def test_a_name_in_the_list_of_models_is_harmless(text: str) -> None:
    def make_backend(*arguments: object) -> Backend:
        return ManyModels(Script().backend(*arguments), text)  # type: ignore[arg-type]

    async with open_app(make_backend=make_backend) as user:
        await user.press("ctrl+o")
        assert_harmless(user)
        await user.press("enter")
        assert_harmless(user)


@every_hostile_text
async def test_the_reason_why_a_model_does_not_load_is_harmless(text: str) -> None:
    async with open_app(script=Script(load_failure=(text, text))) as user:
        assert_harmless(user)


@every_hostile_text
async def test_a_notification_is_harmless(text: str) -> None:
    async with open_app(warning=text) as user:
        assert user.toasts
        assert_harmless(user)
        user.script.load_failure = (text, text)
        await user.press("ctrl+o", "q", "enter")
        assert len(user.toasts) == 2
        assert_harmless(user)


@every_hostile_text
async def test_a_typed_path_is_harmless(text: str) -> None:
    async with open_app(find_model=find_none) as user:
        await user.press("ctrl+o")
        await user.type_text("/" + text)
        await user.press("enter")
        assert_harmless(user)


async def test_markup_is_shown_as_it_was_written() -> None:
    spoken = Answer([("reasoning", "[b]r[/b]"), ("answer", "[bold]a[/bold]")])
    model = LocalModel(name="[red]m[/red]", path=GUIDE.path, source="path")
    async with open_app(spoken, find_model=lambda: model) as user:
        await user.ask("[i]q[/i]")
        await user.press("ctrl+t")
        for text in ("[b]r[/b]", "[bold]a[/bold]", "[red]m[/red]", "[i]q[/i]"):
            assert text in user.picture


@pytest.mark.parametrize("cell", ["[/", "[/b]", "[@click=app.quit]x[/]", "&#x202e;x"])
async def test_the_mouse_over_a_table_s_cell_does_no_harm(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MlxTuiApp, "TOOLTIP_DELAY", 0.001)
    async with open_app(answer(f"| a |\n|---|\n| {cell} |\n")) as user:
        turn = await user.ask("Draw a table.")
        for place in turn.query(".header, .cell"):
            # Textual reads a tooltip that is a string as markup.
            assert not isinstance(place.tooltip, str)
            await user.pilot.hover(place, offset=(2, 0))
            await user.settle()
        assert_harmless(user)


async def test_a_link_in_a_table_that_streamed_in_does_no_harm() -> None:
    rows = ("| a |\n|---|\n| [x](https://a.example) |\n", "| [y](file:///b) |\n")
    async with open_app(answer(*rows)) as user:
        turn = await user.ask("Draw a table.")
        for cell in turn.query(".cell"):
            await user.pilot.click(cell, offset=(1, 0))
        assert_harmless(user)
