"""The app on a screen without a terminal, and what a user does with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual import events
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from mlxtui.backend.backend import Backend
from mlxtui.backend.events import TextDelta
from mlxtui.settings import Settings
from mlxtui.types import LocalModel, TextKind
from mlxtui.ui.app import MakeBackend, MlxTuiApp
from mlxtui.ui.messages import BackendEvent
from mlxtui.ui.panes.chat import ChatPane
from mlxtui.ui.widgets.prompt import PromptArea
from mlxtui.ui.widgets.status_line import StatusLine
from mlxtui.ui.widgets.turn import AnswerTurn, QuestionTurn
from tests.recorded import GUIDE, Answer, Script

FindModel = Callable[[], LocalModel | None]

# A test that waits this long has failed.
_DEADLINE_SECONDS = 30
_POLL_SECONDS = 0.01


def answer(*texts: str, holds: bool = False) -> Answer:
    """A recorded answer of these pieces."""
    return Answer([("answer", text) for text in texts], holds=holds)


def failure(message: str, hint: str = "", *, after: str = "") -> Answer:
    """An answer that fails, at once or after some text."""
    return Answer([("answer", after)] if after else [], failure=(message, hint))


def find_guide() -> LocalModel:
    """The built-in model, at once."""
    return GUIDE


def find_none() -> None:
    """No model at the start."""


@dataclass
class User:
    """Someone in front of the running app."""

    app: MlxTuiApp
    pilot: Pilot[None]
    script: Script
    has_real_engine: bool = False

    @property
    def chat(self) -> ChatPane:
        """The conversation, whatever lies over it."""
        return self.app.screen_stack[0].query_one(ChatPane)

    @property
    def prompt(self) -> PromptArea:
        """The editor."""
        return self.chat.query_one(PromptArea)

    @property
    def answers(self) -> list[AnswerTurn]:
        """The answers in the conversation."""
        return list(self.chat.query(AnswerTurn))

    @property
    def questions(self) -> list[str]:
        """The questions in the conversation."""
        return [turn.text for turn in self.chat.query(QuestionTurn)]

    @property
    def model_line(self) -> str:
        """The left half of the status line."""
        line = self.app.screen_stack[0].query_one(StatusLine)
        return words(line.query_one(".model", Static))

    @property
    def activity(self) -> str:
        """The right half of the status line."""
        return self.app.screen_stack[0].query_one(StatusLine).activity

    @property
    def toasts(self) -> list[str]:
        """The notifications so far."""
        return [note.message for note in self.app._notifications]

    @property
    def picture(self) -> str:
        """What the screen shows, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip) for strip in strips)

    def context(self, question: int = -1) -> list[tuple[str, str]]:
        """What a question was sent with, the question included."""
        asked = self.script.asked()[question]
        return [(message.role, message.content) for message in asked.messages]

    async def until(self, condition: Callable[[], object]) -> None:
        """Go on when the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.picture
            await asyncio.sleep(_POLL_SECONDS)

    async def settle(self) -> None:
        """Let everything that is on its way arrive and be drawn."""
        for _turn in range(3):
            # `pause` also waits for an idle processor: a real engine leaves none.
            await self.pilot._wait_for_screen()
            if not self.has_real_engine:
                await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type_text(self, text: str) -> None:
        """Put text in where the cursor is, as a terminal's paste does."""
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def ask(self, question: str) -> AnswerTurn:
        """Type a question and send it."""
        before = len(self.answers)
        await self.type_text(question)
        await self.press("enter")
        await self.until(lambda: len(self.answers) > before)
        await self.settle()
        return self.answers[-1]

    async def turn_wheel_up(self, over: Widget) -> None:
        """Turn the mouse wheel over a widget."""
        x, y = (int(part) for part in over.region.center)
        event = events.MouseScrollUp(
            None, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y
        )
        self.app.post_message(event)
        await self.settle()

    async def say(self, text: str, kind: TextKind = "answer") -> None:
        """Let the model of the last question say more."""
        request_id = self.script.asked()[-1].request_id
        delta = TextDelta(request_id=request_id, text=text, kind=kind)
        self.app.post_message(BackendEvent(delta))
        await self.settle()


@asynccontextmanager
async def open_app(
    *answers: Answer,
    script: Script | None = None,
    find_model: FindModel = find_guide,
    settings: Settings | None = None,
    size: tuple[int, int] = (80, 24),
    warning: str = "",
    make_backend: MakeBackend | None = None,
) -> AsyncIterator[User]:
    """Start the app over recorded answers, unless another backend is given."""
    played = script or Script()
    played.answers.extend(answers)
    app = MlxTuiApp(
        settings or Settings(),
        find_model,
        warning=warning,
        make_backend=make_backend or played.backend,
    )
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            user = User(app, pilot, played, make_backend is Backend)
            await user.settle()
            yield user
    finally:
        app.backend.close()


def words(widget: Widget) -> str:
    """What a widget shows, without its style."""
    assert isinstance(widget, Static)
    return str(widget.visual)


def statistics_of(turn: AnswerTurn) -> str:
    """The line under an answer."""
    return words(turn.query_one(".statistics", Static))
