"""The models place alone on a screen, with what it asks of the app."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from mlxtui import paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.job_commands import Command
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.types import LoadedModel, LocalModel
from mlxtui.ui import themes
from mlxtui.ui.messages import (
    ActionRequested,
    BackendEvent,
    CopyRequested,
    LoadRequested,
    PlanRequested,
    UnloadRequested,
)
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.models import ModelsPane
from mlxtui.ui.panes.models_hub import HubView
from mlxtui.ui.widgets.hub_details import HubDetails
from mlxtui.ui.widgets.hub_table import HubTable
from mlxtui.ui.widgets.model_details import ModelDetails
from mlxtui.ui.widgets.model_filter import ModelFilter
from mlxtui.ui.widgets.model_table import ModelTable
from tests.recorded import LIBRARY, Script, memory_measured

QWEN = LIBRARY[1]
_DEADLINE_SECONDS = 30


CommandT = TypeVar("CommandT", bound=Command)


class OnePlaceApp(App[None]):
    """The place alone, with what it asks of the app."""

    CSS_PATH = [paths.styles_dir() / name for name in ("app.tcss", "models.tcss")]

    def __init__(self, script: Script | None, settings: Settings | None) -> None:
        super().__init__()
        themes.register(self)
        make_backend = script.backend if script else Backend
        self.backend = make_backend(self._emit, settings or Settings())
        self.asked: list[Message] = []
        self.place = ModelsPane(self.backend)

    def _emit(self, event: object) -> None:
        self.post_message(BackendEvent(event))  # type: ignore[arg-type]

    def compose(self) -> ComposeResult:
        yield self.place

    def on_mount(self) -> None:
        self.place.focus_first()

    async def on_backend_event(self, message: BackendEvent) -> None:
        await self.place.receive(message.event)

    def on_load_requested(self, message: LoadRequested) -> None:
        self.asked.append(message)

    def on_unload_requested(self, message: UnloadRequested) -> None:
        self.asked.append(message)

    def on_copy_requested(self, message: CopyRequested) -> None:
        self.asked.append(message)

    def on_action_requested(self, message: ActionRequested) -> None:
        self.asked.append(message)

    def on_plan_requested(self, message: PlanRequested) -> None:
        self.asked.append(message)


class Visitor:
    """Someone in the models place."""

    def __init__(self, app: OnePlaceApp, pilot: Pilot[None], script: Script) -> None:
        self.app = app
        self.pilot = pilot
        self.script = script
        self.place = app.place
        self.table = app.place.library.query_one(ModelTable)
        self.filter = app.place.library.query_one(ModelFilter)

    @property
    def names(self) -> list[str]:
        """The first column, without marks and owners."""
        cells = [str(cell) for cell in self.table.get_column("name")]
        return [cell[2:].split("  ")[0] for cell in cells]

    @property
    def standings(self) -> dict[str, str]:
        """Mark and words for each model: `● loaded`."""
        marks = [str(cell)[0] for cell in self.table.get_column("name")]
        words = [
            re.sub(r"[\d.]+ (B|kB|MB|GB|%)$", "", str(cell))
            for cell in self.table.get_column("memory")
        ]
        return {
            name: " ".join(f"{mark} {word}".split())
            for name, mark, word in zip(self.names, marks, words, strict=True)
        }

    @property
    def details(self) -> str:
        """The panel of the model under the cursor."""
        return str(self.place.query_one(ModelDetails).query_one(Static).visual)

    @property
    def notice(self) -> str:
        """What stands under the table."""
        shown = self.place.hub or self.place.library
        notice = shown.query_one(".notice", Static)
        return str(notice.visual) if notice.display else ""

    @property
    def loads(self) -> list[tuple[str, Path, bool]]:
        """The models that were asked for, and whether for a chat."""
        return [
            (message.model.name, message.model.path, message.then_chat)
            for message in self.app.asked
            if isinstance(message, LoadRequested)
        ]

    @property
    def plans(self) -> list[JobSpec]:
        """The jobs whose plans were asked for."""
        return [
            message.spec
            for message in self.app.asked
            if isinstance(message, PlanRequested)
        ]

    @property
    def notes(self) -> list[str]:
        """The notifications so far."""
        return [note.message for note in self.app._notifications]

    @property
    def hub(self) -> HubView:
        """The view of the hub, which is open."""
        assert self.place.hub is not None
        return self.place.hub

    @property
    def hub_names(self) -> list[str]:
        """The repositories in the hub's table."""
        return [row.repo_id for row in self.hub.query_one(HubTable)._shown_rows]

    @property
    def hub_field(self) -> ModelFilter:
        """Where words for the hub are typed."""
        return self.hub.query_one(ModelFilter)

    @property
    def hub_details(self) -> str:
        """What is said of the repository under the cursor, without its card."""
        return str(self.hub.query_one(HubDetails).query_one(Static).visual)

    def commands(self, kind: type[CommandT]) -> list[CommandT]:
        """What the backend was asked for, of one kind."""
        return [item for item in self.script.commands if isinstance(item, kind)]

    @property
    def errors(self) -> list[str]:
        """The notices of errors so far."""
        notes = self.app._notifications
        return [note.message for note in notes if note.severity == "error"]

    @property
    def current(self) -> str:
        """The name of the model under the cursor."""
        model = self.table.current
        return model.name if model else ""

    @property
    def picture(self) -> str:
        """What the screen shows, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip) for strip in strips)

    async def settle(self) -> None:
        """Let everything that is on its way arrive and be drawn."""
        for _turn in range(2):
            await self.pilot._wait_for_screen()
            await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Go on when the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.picture
            await asyncio.sleep(0.01)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.settle()

    async def paste(self, text: str) -> None:
        """Put text in where the cursor is."""
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def measure(self, free_bytes: int) -> None:
        """Let the place know how much memory is free."""
        await self.place.receive(memory_measured(new_request_id(), free_bytes))
        await self.settle()

    async def scan_finds(self, *models: LocalModel) -> None:
        """Let the next scan find other models, and make it."""
        self.script.models = models
        self.place.on_opened()
        await self.settle()


def loaded(model: LocalModel) -> ModelState:
    """The state in which a model answers."""
    facts = LoadedModel(
        path=model.path,
        name=model.name,
        memory_bytes=model.size_bytes,
        context_tokens=2048,
        has_chat_template=True,
        can_think=False,
    )
    return ModelState("ready", facts)


@asynccontextmanager
async def models_place(
    *models: LocalModel,
    size: tuple[int, int] = (80, 24),
    script: Script | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Visitor]:
    """The place over a recorded library; over the real backend with settings."""
    played = script or Script(models=models or LIBRARY)
    app = OnePlaceApp(None if settings else played, settings)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            visitor = Visitor(app, pilot, played)
            await visitor.settle()
            yield visitor
    finally:
        app.backend.close()


def variants(count: int) -> list[LocalModel]:
    """Many models."""
    return [
        replace(QWEN, name=f"owner/model-{n:03}", path=Path(f"/m/{n}"))
        for n in range(count)
    ]
