"""A transcript alone on the screen, and someone in front of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlxtui import paths
from mlxtui.ui import themes
from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.transcript.transcript import Transcript
from mlxtui.ui.transcript.turns import AnswerTurn
from tests.recorded import STATS

# A test that waits this long has failed.
_DEADLINE_SECONDS = 30

PARAGRAPHS = "".join(f"Paragraph {number} of many.\n\n" for number in range(60))


class TranscriptApp(App[None]):
    """Remembers what it is asked to copy and to open."""

    def __init__(self) -> None:
        super().__init__(css_path=[paths.styles_dir() / "transcript.tcss"])
        themes.register(self)
        self.copied: list[tuple[str, str]] = []
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield Transcript()

    def on_copy_requested(self, message: CopyRequested) -> None:
        """Remember the text instead of copying it."""
        self.copied.append((message.what, message.text))

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Remember the address instead of opening it."""
        self.opened.append(url)


@dataclass
class Reader:
    """Someone who reads."""

    app: TranscriptApp
    pilot: Pilot[None]
    answer: AnswerTurn = field(init=False)
    """The last answer."""

    @property
    def transcript(self) -> Transcript:
        """What is read."""
        return self.app.query_one(Transcript)

    @property
    def picture(self) -> list[str]:
        """The lines of the screen, without the scrollbar."""
        strips = self.app.screen._compositor.render_strips()
        width = self.app.size.width
        return [strip.crop(0, width - 1).text.rstrip() for strip in strips]

    @property
    def is_at_end(self) -> bool:
        """Whether the newest text is in view."""
        return self.transcript.scroll_y >= self.transcript.max_scroll_y

    async def settle(self) -> None:
        """Let everything that is on its way arrive and be drawn."""
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Go on when the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.picture)
            await asyncio.sleep(0.01)

    async def ask(self, question: str = "Tell me.") -> AnswerTurn:
        """A question, and an answer that is yet to come."""
        self.transcript.add_question(question)
        self.answer = self.transcript.add_answer("guide")
        await self.settle()
        return self.answer

    async def read(self, text: str) -> AnswerTurn:
        """A question, and an answer that is complete."""
        turn = await self.ask()
        turn.add("answer", text)
        turn.finish("stop", STATS)
        await self.settle()
        return turn

    async def hear(self, text: str) -> None:
        """More of the last answer."""
        self.answer.add("answer", text)
        await self.until(lambda: not self.transcript._waiting)
        await self.settle()

    async def press(self, *keys: str) -> None:
        """Press keys while the transcript has the focus."""
        self.transcript.focus()
        await self.pilot.press(*keys)
        await self.settle()

    def place_of(self, text: str) -> tuple[int, int]:
        """The cell of the screen at which a text begins."""
        for y, line in enumerate(self.picture):
            if text in line:
                return line.index(text), y
        raise AssertionError("\n".join(self.picture))

    async def click(self, text: str, times: int = 1) -> None:
        """Click the first letter of a text on the screen."""
        await self.pilot.click(offset=self.place_of(text), times=times)
        await self.settle()

    async def drag(self, start: str, end: str) -> None:
        """Select from the first letter of a text to the first of another."""
        await self.pilot.mouse_down(offset=self.place_of(start))
        await self.pilot.hover(offset=self.place_of(end))
        await self.pilot.mouse_up(offset=self.place_of(end))
        await self.settle()

    @property
    def selected(self) -> str | None:
        """The selected text."""
        return self.app.screen.get_selected_text()


@asynccontextmanager
async def open_transcript(
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Reader]:
    """Show an empty transcript."""
    app = TranscriptApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        reader = Reader(app, pilot)
        await reader.settle()
        yield reader
