"""Draw the README's pictures from the real app: `python -m screenshots.make`.

The answers are recorded, so that the pictures do not change by themselves.
"""

import asyncio
import html
import itertools
import re
from pathlib import Path

from rich.cells import cell_len
from textual.pilot import Pilot

from mlxtui import i18n
from mlxtui.settings import Settings
from mlxtui.types import LocalModel, TextKind
from mlxtui.ui.app import MlxTuiApp
from tests.recorded import GUIDE, Answer, Script

_FOLDER = Path(__file__).parent

_TEXT = re.compile(
    r'(<text [^>]*)x="([\d.]+)"([^>]*)textLength="([\d.]+)"([^>]*>)([^<]+)</text>'
)

_QUESTION = {
    "en": "How do I use another model?",
    "ja": "別のモデルを使うには？",
}
_REASONING = "The user wants to switch models. Ctrl+O opens the list."
_REASONING_SECONDS = 1.4
_ANSWER = {
    "en": (
        "Press **Ctrl+O**. The list shows every model on this machine:\n\n"
        "1. type a part of its name, or the path of a folder,\n"
        "2. choose it with the arrows,\n"
        "3. press **Enter**.\n\n"
        "From a shell:\n\n"
        '```sh\nmlxtui run Qwen3-4B-4bit "Why is the sky blue?"\n```\n'
    ),
    "ja": (
        "**Ctrl+O** を押すと、この Mac にあるモデルの一覧が開きます。\n\n"
        "1. 名前の一部、またはフォルダのパスを入力\n"
        "2. 矢印キーで選ぶ\n"
        "3. **Enter** で読み込み\n\n"
        "シェルからは：\n\n"
        '```sh\nmlxtui run Qwen3-4B-4bit "空はなぜ青い？"\n```\n'
    ),
}


async def _draw(
    name: str,
    language: i18n.Language,
    size: tuple[int, int],
    theme: str,
    keys: tuple[str, ...] = (),
) -> None:
    i18n.set_language(language)
    pieces: list[tuple[TextKind, str]] = [
        ("reasoning", _REASONING),
        ("answer", _ANSWER[language]),
    ]
    script = Script(answers=[Answer(pieces, pause_seconds=_REASONING_SECONDS)])

    def find_model() -> LocalModel:
        return GUIDE

    app = MlxTuiApp(Settings(theme=theme), find_model, make_backend=script.backend)
    async with app.run_test(size=size) as pilot:
        await _settle(pilot)
        if "chat" in name:
            app.screen.query_one("PromptArea").text = _QUESTION[language]  # type: ignore[attr-defined]
            await pilot.press("enter")
            await _settle(pilot)
            while app.screen.query(".-waiting, .-streaming"):
                await pilot.pause(0.1)
        await pilot.press(*keys)
        await _settle(pilot)
        picture = _TEXT.sub(_in_cells, app.export_screenshot(title="mlxtui"))
        (_FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


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


async def _settle(pilot: Pilot[None]) -> None:
    for _turn in range(3):
        await pilot.pause(0.1)


async def main() -> None:
    """Draw all of them."""
    wide, small = (100, 32), (80, 24)
    await _draw("start", "en", small, "textual-dark")
    await _draw("chat", "en", wide, "textual-dark")
    await _draw("chat-ja", "ja", wide, "textual-light")
    await _draw("models", "en", wide, "textual-dark", ("ctrl+o", "down"))
    await _draw("keys", "en", small, "textual-light", ("f1",))


if __name__ == "__main__":
    asyncio.run(main())
