"""Draw the README's pictures from the real app: `python -m screenshots.make`.

In the chat the built-in model answers, as it does for a newcomer; the list of models is
a recorded one. The PNGs are made of the SVGs by Chromium, where it is installed.
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
from mlxtui.i18n import LANGUAGES, Language
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.app import MakeBackend, MlxTuiApp
from mlxtui.ui.panes.chat import ChatPane
from tests.recorded import GUIDE, Script

Theme = Literal["dark", "light"]

_FOLDER = Path(__file__).parent

_TEXT = re.compile(
    r'(<text [^>]*)x="([\d.]+)"([^>]*)textLength="([\d.]+)"([^>]*>)([^<]+)</text>'
)

_QUESTIONS = {
    "en": ("What can I do here?", "How do I use another model?"),
    "ja": ("ここでは何ができますか？", "別のモデルを使うには？"),
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
        if place == "chat":
            await _chat(pilot, app.workspace.chat, language)
        else:
            await pilot.press({"models": "f3", "settings": "f8"}[place], "down")
        await pilot.pause(3)  # the figures of the memory come
        picture = _TEXT.sub(_in_cells, app.export_screenshot(title="mlxtui"))
    app.backend.close()
    file = _FOLDER / f"{place}-{theme}-{language}.svg"
    file.write_text(picture, encoding="utf-8")
    _make_png(file)
    print(file.name)


async def _chat(pilot: Pilot[None], chat: ChatPane, language: Language) -> None:
    for question in _QUESTIONS[language]:
        pilot.app.post_message(events.Paste(question))
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await _until(pilot, lambda: not chat.conversation.is_answering)


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
        for place in ("models", "settings"):
            await _draw(place, "dark", "en", Script().backend)
            await _draw(place, "light", "ja", Script().backend)


if __name__ == "__main__":
    asyncio.run(main())
