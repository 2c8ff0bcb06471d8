"""Draw the README's pictures from the real app: `python -m screenshots.make`.

In the chat the built-in model answers, as it does for a newcomer; the models of the
machine and of the hub and the jobs are recorded ones. The PNGs are made of the SVGs by
Chromium, where it is installed.
"""

import asyncio
import html
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot

from mlxtui.backend.backend import Backend
from mlxtui.guide.questions import load_topics
from mlxtui.i18n import LANGUAGES, Language
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.app import MakeBackend, MlxTuiApp
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.panes.chat import ChatPane
from tests.recorded import GUIDE, Answer, Script
from tests.recorded_gguf import FILE
from tests.recorded_scene import JOBS, scene

Theme = Literal["dark", "light"]

_FOLDER = Path(__file__).parent

_TEXT = re.compile(
    r'(<text [^>]*)x="([\d.]+)"([^>]*)textLength="([\d.]+)"([^>]*>)([^<]+)</text>'
)

_QUESTIONS = {
    "en": ("What can I do here?", "How do I use another model?"),
    "ja": ("ここでは何ができますか？", "別のモデルを使うには？"),
}
_JOBS_QUESTION = {
    "en": "How do I see how far the quantization is?",
    "ja": "量子化はどこまで進みましたか？",
}
_SIZE = (100, 32)
_THEMES: tuple[Theme, ...] = ("dark", "light")
_MARGIN_PIXELS = 4


async def _draw(
    place: str, theme: Theme, language: Language, make_backend: MakeBackend
) -> None:
    def find_model() -> LocalModel:
        return GUIDE

    used = Settings(theme=theme, language=language, setup_done=True)
    app = MlxTuiApp(used, find_model, make_backend=make_backend)
    async with app.run_test(size=_SIZE) as pilot:
        await _until(pilot, lambda: app.model_state.phase == "ready")
        match place:
            case "chat":
                await _chat(pilot, app.workspace.chat, _QUESTIONS[language])
            case "find":
                await pilot.press("f3", "f")
                app.post_message(events.Paste("qwen3"))
                await pilot.press("enter")
            case "jobs":
                question = _JOBS_QUESTION[language]
                await _chat(pilot, app.workspace.chat, (question,))
                await pilot.press("f7")
            case "import":
                app.post_message(PlanRequested(JobSpec(source=FILE)))
            case _:
                await pilot.press({"models": "f3", "settings": "f8"}[place], "down")
        await pilot.pause(3)  # the figures of the memory come
        picture = _TEXT.sub(_in_cells, app.export_screenshot(title="mlxtui"))
    app.backend.close()
    file = _FOLDER / f"{place}-{theme}-{language}.svg"
    file.write_text(picture, encoding="utf-8")
    _make_png(file)
    print(file.name)


async def _chat(pilot: Pilot[None], chat: ChatPane, questions: tuple[str, ...]) -> None:
    for question in questions:
        pilot.app.post_message(events.Paste(question))
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await _until(pilot, lambda: not chat.conversation.is_answering)


def _script(place: str, language: Language) -> Script:
    """The machine and the hub; what the built-in model would say of jobs."""
    script = scene()
    if place == "jobs":
        script.jobs = {job.job_id: job for job in JOBS}
        topics = {topic.identifier: topic for topic in load_topics()}
        text = topics["jobs-drawer"].wordings[language].answer
        script.answers.append(Answer([("answer", text)]))
    return script


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.05)


def _in_cells(match: re.Match[str]) -> str:
    """Rich gives a text's length in characters where a wide one takes two cells: the
    text is cut into runs of one width, each at its own place."""
    before, x, after, length, end, text = match.groups()
    plain = html.unescape(text)
    cell = float(length) / len(plain)
    runs, left = [], float(x)
    for _wide, group in itertools.groupby(plain, key=lambda char: cell_len(char) > 1):
        run = "".join(group)
        width = cell * cell_len(run)
        runs.append(
            f'{before}x="{left:g}"{after}textLength="{width:g}"{end}'
            f"{html.escape(run)}</text>"
        )
        left += width
    return "".join(runs)


def _make_png(file: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print(f"no Chromium: {file.with_suffix('.png').name} is not made again")
        return
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', file.read_text("utf-8"))
    assert box is not None
    width, height = (int(float(side)) + _MARGIN_PIXELS for side in box.groups())
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--hide-scrollbars", f"--user-data-dir={profile}",
             f"--window-size={width},{height}",
             f"--screenshot={file.with_suffix('.png')}", file.as_uri()],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip


async def main() -> None:
    """Draw all of them."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["MLXTUI_HOME"] = home
        for theme in _THEMES:
            for language in LANGUAGES:
                await _draw("chat", theme, language, Backend)
        for place in ("models", "find", "settings", "jobs", "import"):
            await _draw(place, "dark", "en", _script(place, "en").backend)
            await _draw(place, "light", "ja", _script(place, "ja").backend)


if __name__ == "__main__":
    asyncio.run(main())
