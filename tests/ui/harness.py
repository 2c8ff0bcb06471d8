"""The app on a screen without a terminal, and what a user does with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual import events
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from mlxtui.backend.backend import Backend
from mlxtui.backend.events import TextDelta
from mlxtui.settings import Settings
from mlxtui.types import LocalModel, TextKind
from mlxtui.ui.app import MakeBackend, MlxTuiApp
from mlxtui.ui.messages import BackendEvent
from mlxtui.ui.panes.chat import ChatPane
from mlxtui.ui.transcript.transcript import Transcript
from mlxtui.ui.transcript.turns import AnswerTurn, QuestionTurn, Turn
from mlxtui.ui.widgets.key_line import KeyLine
from mlxtui.ui.widgets.meter import Meter
from mlxtui.ui.widgets.place_bar import PlaceBar
from mlxtui.ui.widgets.prompt import PromptArea
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
    _said: int = 0

    @property
    def chat(self) -> ChatPane:
        """The conversation, whatever lies over it."""
        return self.app.workspace.chat

    @property
    def prompt(self) -> PromptArea:
        """The editor."""
        return self.chat.query_one(PromptArea)

    @property
    def transcript(self) -> Transcript:
        """What scrolls."""
        return self.chat.conversation.transcript

    @property
    def turns(self) -> list[Turn]:
        """The conversation so far."""
        made = self.chat.query(Transcript)
        return list(made.first().turns) if made else []

    @property
    def answers(self) -> list[AnswerTurn]:
        """The answers in the conversation."""
        return [turn for turn in self.turns if isinstance(turn, AnswerTurn)]

    @property
    def questions(self) -> list[str]:
        """The questions in the conversation."""
        return [turn.text for turn in self.turns if isinstance(turn, QuestionTurn)]

    @property
    def is_answering(self) -> bool:
        """Whether there is an answer to stop."""
        return bool(self.chat.check_action("stop", ()))

    @property
    def place(self) -> str:
        """The name of the open place."""
        return self.app.workspace.place.NAME

    @property
    def meter(self) -> Meter:
        """The line of figures."""
        return self.app.workspace.query_one(Meter)

    @property
    def meter_line(self) -> str:
        """What the meter shows."""
        return str(self.meter.render())

    @property
    def model_line(self) -> str:
        """The left half of the meter."""
        return self.meter_line.strip().split("  ")[0]

    @property
    def activity(self) -> str:
        """What the meter says of the conversation."""
        return self.meter.activity

    @property
    def place_bar(self) -> str:
        """The places at the top, as shown."""
        return str(self.app.workspace.query_one(PlaceBar).render())

    @property
    def key_line(self) -> str:
        """The keys at the bottom, as shown."""
        return str(self.app.workspace.query_one(KeyLine).render())

    @property
    def toasts(self) -> list[str]:
        """The notifications so far."""
        return [note.message for note in self.app._notifications]

    @property
    def strips(self) -> list[Strip]:
        """What the screen shows, each line with its styles."""
        return self.app.screen._compositor.render_strips()

    @property
    def picture(self) -> str:
        """What the screen shows, line by line."""
        return "\n".join(strip.text for strip in self.strips)

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
        await self.pilot._wait_for_screen()
        if not self.has_real_engine:
            # It waits for an idle processor, which a real engine does not leave.
            await self.pilot.pause()
        await self.pilot._wait_for_screen()

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
        self._said += 1
        delta = TextDelta(
            request_id=self.script.asked()[-1].request_id,
            text=text,
            kind=kind,
            generated_tokens=self._said,
        )
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
    """Start the app over recorded answers, unless another backend is given.

    Args:
        settings: The app takes its language from them, too.
    """
    played = script or Script()
    played.answers.extend(answers)
    app = MlxTuiApp(
        settings or Settings(setup_done=True, language="en"),
        find_model,
        warning=warning,
        make_backend=make_backend or played.backend,
    )
    app.load_after_seconds = 0.001
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
