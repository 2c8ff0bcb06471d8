"""Text that wants to drive the terminal or the app is shown and does nothing else."""

import re
from pathlib import Path

import pytest

from mlxtui import settings
from mlxtui.backend.backend import Backend
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import LibraryScanned
from mlxtui.backend.job_commands import Command
from mlxtui.types import LocalModel
from tests.recorded import GUIDE, Answer, RecordedBackend, Script
from tests.ui.harness import User, answer, failure, open_app

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
async def test_a_conversation_is_harmless(text: str) -> None:
    answers = (answer(text, holds=True), Answer([("reasoning", text)]))
    async with open_app(*answers, failure(text, text), size=(80, 60)) as user:
        await user.type_text(text)
        assert_harmless(user)
        await user.press("enter")
        assert_harmless(user)
        assert len(user.questions) == 1
        turn = user.answers[0]
        for character in text:
            turn.add("answer", character)
        await user.press("escape")
        assert_harmless(user)
        assert turn.text == text * 2
        for y in range(0, 30, 2):
            await user.pilot.click("Transcript", offset=(6, y))
        assert_harmless(user)
        await user.ask("Think.")
        await user.press("ctrl+t")
        assert_harmless(user)
        await user.ask("Fail.")
        assert_harmless(user)
        await user.press("tab", "p", "p", "c")
        assert_harmless(user)


@every_hostile_text
async def test_a_model_s_name_is_harmless(text: str) -> None:
    model = LocalModel(name=text, path=Path("/models/x"), source="path")

    def make_backend(*arguments: object) -> Backend:
        played = Script([answer("Yes.")]).backend(*arguments)  # type: ignore[arg-type]
        return ManyModels(played, text)

    async with open_app(find_model=lambda: model, make_backend=make_backend) as user:
        assert_harmless(user)
        await user.type_text("Who are you?")
        await user.press("enter")
        assert len(user.answers) == 1
        assert_harmless(user)
        await user.press("ctrl+o")
        assert_harmless(user)
        await user.press("enter")
        assert_harmless(user)


@every_hostile_text
async def test_errors_notices_and_paths_are_harmless(text: str) -> None:
    script = Script(load_failure=(text, text))
    async with open_app(script=script, warning=text) as user:
        assert len(user.toasts) == 1
        assert_harmless(user)
        await user.press("ctrl+o")
        await user.type_text("/" + text)
        await user.press("enter")
        assert_harmless(user)
        await user.press("f2")
        await user.type_text("/theme " + text)
        await user.press("enter")
        assert len(user.toasts) == 2
        assert_harmless(user)


async def test_a_setting_s_text_is_harmless() -> None:
    # As much of it as a file can hold that was edited by hand.
    used = settings.save_values(
        {"setup_done": "true", "language": "en", "model": f"{BIDI} {MARKUP} \x9b31m"}
    )
    async with open_app(settings=used, size=(200, 40)) as user:
        await user.press("f8", *["down"] * 4)
        assert "[bold]x[/bold]" in user.picture
        assert_harmless(user)


async def test_markup_is_shown_as_it_was_written() -> None:
    spoken = Answer([("reasoning", "[b]r[/b]"), ("answer", "[bold]a[/bold]")])
    model = LocalModel(name="[red]m[/red]", path=GUIDE.path, source="path")
    async with open_app(spoken, find_model=lambda: model) as user:
        await user.ask("[i]q[/i]")
        await user.press("ctrl+t")
        for text in ("[b]r[/b]", "[bold]a[/bold]", "[red]m[/red]", "[i]q[/i]"):
            assert text in user.picture
