"""Each place as text and styles: what a reader of a diff can see at once.

A picture is the lines of the screen, then for each theme a key of its styles and, line
by line, how many cells have which one: `a12 b3` are twelve cells of a and three of b.
"""

import platform
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import textual
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip
from textual.widgets import Static

from mlxtui import settings
from mlxtui.backend.backend import new_request_id
from mlxtui.i18n import Language
from mlxtui.plans import JobSpec
from mlxtui.ui.messages import BackendEvent, PlanRequested
from mlxtui.ui.screens.plan import PlanScreen
from mlxtui.ui.widgets.hub_details import HubDetails
from tests.recorded import Answer, memory_measured
from tests.recorded_gguf import FILE
from tests.recorded_scene import JOBS, QUANTIZED, scene
from tests.ui.harness import User, open_app

FOLDER = Path(__file__).parent
RECORDED_WITH = FOLDER / "recorded_with.txt"

SIZES = ((80, 24), (120, 40))
THEMES = ("dark", "light")

_ANSWERS: dict[Language, tuple[str, str]] = {
    "en": (
        "How do I list files?",
        "Use `ls`, or **`ls -l`** for *details*:\n\n```sh\nls -l  # long form\n```\n\n"
        "| option | shows |\n|---|---|\n| `-a` | hidden files |\n| `-h` | sizes |\n\n"
        "1. See the [manual](https://example.com/ls).\n2. Press `q` to leave it.\n",
    ),
    "ja": (
        "ファイルの一覧は？",
        "`ls`、**詳しくは** `ls -l` です。\n\n```sh\nls -l  # 詳細\n```\n\n"
        "| 指定 | 意味 |\n|---|---|\n| `-a` | 隠しファイル |\n| `-h` | 大きさ |\n\n"
        "1. [説明書](https://example.com/ls)を見る。\n2. `q` で閉じる。\n",
    ),
}


def versions() -> str:
    """What pictures depend on beside our own code."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"Python {python}, Textual {textual.__version__}"


async def pictures(language: Language) -> AsyncIterator[tuple[Path, str]]:
    """Every picture in a language, with its file."""
    question, text = _ANSWERS[language]
    spoken = Answer([("reasoning", "1 + 1"), ("answer", text)])
    used = settings.save_values({"setup_done": "true", "language": language})
    for width, height in SIZES:
        size = (width, height)
        async with open_app(spoken, script=scene(), settings=used, size=size) as user:
            async for name in _states(user, question):
                file = FOLDER / f"{name}-{width}x{height}-{language}.txt"
                yield file, await _picture(user)


async def _states(user: User, question: str) -> AsyncIterator[str]:
    measured = memory_measured(new_request_id(), 9_600_000_000)
    user.app.post_message(BackendEvent(measured))
    await user.settle()
    yield "chat-empty"
    turn = await user.ask(question)
    turn.thinking_seconds = 3.2
    turn.changed(turn)
    await user.app.workers.wait_for_complete()  # the colours of the code
    await user.settle()
    yield "chat"
    await user.press("f3", "down")
    # It is measured every two seconds; the pictures shall not depend on when.
    user.app.post_message(BackendEvent(measured))
    await user.settle()
    yield "models"
    await user.press("f")
    await user.type_text("qwen3")
    await user.press("enter")
    await user.until(lambda: _is_described(user))
    await user.settle()
    yield "hub"
    await user.press("f8", "down")
    yield "settings"
    user.script.jobs = {job.job_id: job for job in JOBS}
    user.app._jobs.list_jobs()
    await user.press("f2", "f7")
    await user.until(lambda: "43 %" in user.picture)
    user.chat.action_newest()
    await user.settle()
    yield "jobs"
    user.app.post_message(PlanRequested(QUANTIZED.spec))
    await user.until(lambda: isinstance(user.app.screen, PlanScreen))
    await user.until(lambda: "8.1 GB" in user.picture)
    yield "plan"
    await user.press("escape")
    await user.until(lambda: not isinstance(user.app.screen, PlanScreen))
    user.app.post_message(PlanRequested(JobSpec(source=FILE)))
    await user.until(lambda: isinstance(user.app.screen, PlanScreen))
    await user.until(lambda: "23.76" in user.picture)
    yield "import"


def _is_described(user: User) -> bool:
    details = user.app.workspace.query_one(HubDetails).query_one(Static)
    return "3.1 GB" in str(details.visual)


async def _picture(user: User) -> str:
    lines = [line.rstrip() for line in user.picture.splitlines()]
    rows_before: list[str] = []
    for theme in THEMES:
        user.app.theme = theme
        await _stand_still(user)
        names: dict[str, str] = {}
        rows = list(_styled_rows(user.strips, names))
        lines += ["", f"--- {theme}"]
        lines += [f"{name} = {style}" for style, name in names.items()]
        lines += ["where: as above"] if rows == rows_before else rows
        rows_before = rows
    user.app.theme = THEMES[0]
    await user.settle()
    return "\n".join([*lines, ""])


async def _stand_still(user: User) -> None:
    """Wait until nothing is drawn any more; a theme comes widget by widget."""
    before: list[Strip] | None = None
    while before != user.strips:
        before = user.strips
        await user.settle()


def _styled_rows(strips: list[Strip], names: dict[str, str]) -> Iterator[str]:
    """The styles of each line that has others than the one before."""
    before = ""
    for number, strip in enumerate(strips, start=1):
        row = " ".join(_runs(strip, names))
        if row != before:
            yield f"{number}: {row}"
        before = row


def _runs(strip: Strip, names: dict[str, str]) -> Iterator[str]:
    name, cells = "", 0
    for text, style, _control in strip:
        new = names.setdefault(_described(style or Style()), _name(len(names)))
        if new != name and cells:
            yield f"{name}{cells}"
            cells = 0
        name = new
        cells += cell_len(text)
    if cells:
        yield f"{name}{cells}"


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    first, last = divmod(number, len(letters))
    return (letters[first - 1] if first else "") + letters[last]


def _described(style: Style) -> str:
    attributes = ("bold", "dim", "italic", "underline", "strike", "reverse")
    parts = [name for name in attributes if getattr(style, name)]
    colour = style.color.name if style.color else "default"
    ground = style.bgcolor.name if style.bgcolor else "default"
    return " ".join([*parts, colour, "on", ground])
