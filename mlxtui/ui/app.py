"""The full-screen app: owns the backend, its events, and what belongs to all places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import work
from textual._callback import invoke
from textual.binding import BindingType
from textual.command import Provider
from textual.reactive import reactive
from textual.screen import Screen
from textual.signal import Signal

from mlxtui import paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import MeasureMemory
from mlxtui.errors import MlxTuiError
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui import actions, themes
from mlxtui.ui.job_notices import JobNotices
from mlxtui.ui.job_watch import JobWatch
from mlxtui.ui.messages import (
    ActionRequested,
    BackendEvent,
    JobOrdered,
    LoadRequested,
    LogRequested,
    PlanRequested,
    UnloadRequested,
)
from mlxtui.ui.model_state import ModelState, ModelSwitch
from mlxtui.ui.place import Place
from mlxtui.ui.places import APP_ACTIONS, all_actions
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.screens.workspace import WorkspaceScreen
from mlxtui.ui.settings_app import SettingsApp

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.backend.job_info import JobId
    from mlxtui.plans import JobSpec

# The import of MLX in the engine's thread would hold up the first paint.
_LOAD_AFTER_SECONDS = 0.1
_AFTER_FIRST_PAINT_SECONDS = 0.3
_MEMORY_SECONDS = 2.0

# What the first paint needs; the others come with what they are named after.
_FIRST_STYLES = ("app.tcss", "chat.tcss")


class MakeBackend(Protocol):
    """Makes the backend, or a recorded one in its place."""

    def __call__(
        self, emit: Callable[[Event], None], settings: Settings, /
    ) -> Backend: ...


def _actions_of_palette() -> type[Provider]:
    from mlxtui.ui.palette import ActionProvider

    return ActionProvider


class MlxTuiApp(SettingsApp):
    """The screen of mlxtui.

    Args:
        find_model: Says which model to load at the start, None for none. It may raise
            an `MlxTuiError`, which is shown.
        warning: Something to tell at the start, as a broken settings file.
        make_backend: Tests put a recorded one in its place.
        after_first_paint: Called when the screen is drawn and can be typed in.
    """

    TITLE = "mlxtui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {_actions_of_palette}
    BINDINGS: ClassVar[list[BindingType]] = actions.bindings(APP_ACTIONS)

    model_state: reactive[ModelState] = reactive(ModelState())

    def __init__(
        self,
        used: Settings,
        find_model: Callable[[], LocalModel | None],
        *,
        warning: str = "",
        make_backend: MakeBackend = Backend,
        after_first_paint: Callable[[], None] | None = None,
    ) -> None:
        # Children mount before the app does, and subscribe.
        self.backend_signal: Signal[Event] = Signal(self, "backend event")
        super().__init__([paths.styles_dir() / name for name in _FIRST_STYLES])
        themes.register(self, used.theme)
        self._find_model = find_model
        self._warning = warning
        self._after_first_paint = after_first_paint
        self.load_after_seconds = _LOAD_AFTER_SECONDS
        """How long the first model waits for the first paint."""
        self.backend = make_backend(self._emit, used)
        self._models = ModelSwitch(self.backend, self._show_model)
        notices = JobNotices(self)
        self._jobs = JobWatch(
            self.backend,
            accepted=self._show_new_job,
            refused=self.notify_error,
            ended=notices.tell_end,
            found=notices.tell_interrupted,
        )
        self.use_settings(used)
        self.watch_settings(self.settings)

    def _emit(self, event: Event) -> None:
        """Bring an event from another thread to the screen's loop; never waits."""
        self.post_message(BackendEvent(event))

    def get_default_screen(self) -> Screen[None]:
        """The chat is there at the first paint."""
        return WorkspaceScreen(self.backend, self.backend_signal, self._jobs.known)

    @property
    def workspace(self) -> WorkspaceScreen:
        """The main screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, WorkspaceScreen)
        return screen

    def on_mount(self) -> None:
        """Load the model once the screen is drawn."""
        self.set_timer(self.load_after_seconds, self._start_loading)
        self.set_interval(_MEMORY_SECONDS, self._measure_memory)
        self.set_timer(_AFTER_FIRST_PAINT_SECONDS, self._settle)
        if self._warning:
            self.notify(self._warning, severity="warning", timeout=15)
        elif not self.settings.setup_done:
            self.call_after_refresh(self._ask_first_run)

    def _start_loading(self) -> None:
        self._load_first_model()

    @work
    async def _load_first_model(self) -> None:
        try:
            # The search for a name walks the disk.
            model = await asyncio.to_thread(self._find_model)
        except MlxTuiError as error:
            if self._models.is_untouched:
                self._models.fail(error.message, error.hint)
            else:
                self.notify_error(error.message, error.hint)
            return
        if not self._models.is_untouched:
            return  # the user was quicker
        if model is None:
            self._models.find_none()
        else:
            self._models.load(model)

    def _settle(self) -> None:
        """Do what the first paint did not have to wait for."""
        self.backend.submit(MeasureMemory(request_id=new_request_id()))
        self._jobs.list_jobs()
        if self._after_first_paint is not None:
            self._after_first_paint()

    def _measure_memory(self) -> None:
        if not self.is_typed_in:
            self.backend.submit(MeasureMemory(request_id=new_request_id()))

    def _ask_first_run(self) -> None:
        from mlxtui.ui.screens.first_run import FirstRunScreen

        self.push_screen(FirstRunScreen(self.settings), self._save_first_run)

    def _save_first_run(self, answers: dict[str, str] | None) -> None:
        self.save_settings({**(answers or {}), "setup_done": "true"})

    # Events of the backend

    def on_backend_event(self, message: BackendEvent) -> None:
        """Pass an event on to whoever waits for it."""
        self._models.receive(message.event)
        news = self._jobs.receive(message.event)
        if news != "none" and self.screen_stack:
            self.workspace.jobs_changed(has_new_state=news == "state")
        self.backend_signal.publish(message.event)

    def _show_model(self, state: ModelState) -> None:
        kept_former = state.phase == "ready" and state.message
        self.model_state = state
        if kept_former:
            self.notify_error(state.message, state.hint)

    # Jobs

    def on_plan_requested(self, message: PlanRequested) -> None:
        """Show what a job would do; start it when the user says so."""
        from mlxtui.ui.screens.plan import PlanScreen

        if not isinstance(self.screen, PlanScreen):
            page = PlanScreen(self.backend, self.backend_signal, message.spec)
            self.push_screen(page, self._start_job)

    def _start_job(self, spec: JobSpec | None) -> None:
        if spec is not None:
            self._jobs.start(spec)

    def on_job_ordered(self, message: JobOrdered) -> None:
        """Pass on what the user wants of a job."""
        self._jobs.order(message.job_id, message.order)

    def on_log_requested(self, message: LogRequested) -> None:
        """Show what a job wrote down."""
        from mlxtui.ui.screens.job_log import JobLogScreen

        page = JobLogScreen(self.backend, self.backend_signal, message.job)
        self.push_screen(page)

    def _show_new_job(self, job_id: JobId) -> None:
        self.call_next(self.workspace.open_jobs, job_id)

    async def action_jobs(self) -> None:
        """Open the drawer or give it the keys; put it away when it has them."""
        if await self._close_pages():
            await self.workspace.open_jobs()
        else:
            await self.workspace.toggle_jobs()

    # Requests of the places

    async def on_load_requested(self, message: LoadRequested) -> None:
        """Load a model, and open the chat where that is wanted."""
        self._models.load(message.model)
        if message.then_chat:
            await self.workspace.go("chat")

    def on_unload_requested(self, _message: UnloadRequested) -> None:
        """Free the model's memory once it has answered."""
        self._models.unload()

    def settings_saved(self) -> None:
        """The backend goes by them, too."""
        self.backend.use(self.settings)

    def language_changed(self) -> None:
        """Every text is to be shown in another language."""
        from mlxtui.ui.screens.keys import KeysScreen

        self.workspace.retranslate()
        for page in reversed(self.screen_stack[1:]):
            if isinstance(page, Dialog):
                page.retranslate()
            elif isinstance(page, KeysScreen):
                page.dismiss()

    async def on_action_requested(self, message: ActionRequested) -> None:
        """Do an action of the palette or of a slash command."""
        await self.perform(message.name, message.argument)

    async def perform(self, name: str, argument: str = "") -> None:
        """Do an action wherever it belongs; its place is opened first."""
        (action,) = (item for item in all_actions() if item.name == name)
        node = self if action.place == "app" else await self._open(action.place)
        # One that is named counts instead of the one under the cursor.
        is_named = bool(argument and action.argument)
        if not (is_named or node.check_action(action.verb, action.parameters)):
            self.notify(_("There is nothing to do for that now."))
            return
        method = getattr(node, f"action_{action.verb}")
        extra = (argument,) if action.argument else ()
        await invoke(method, *action.parameters, *extra)

    async def action_perform(self, name: str) -> None:
        """Do an action that was clicked on."""
        await self.perform(name)

    # What belongs to no place

    async def action_go(self, place: str) -> None:
        """Open a place."""
        await self._open(place)

    async def _close_pages(self) -> bool:
        """Take away what lies over the workspace; False when nothing did."""
        had_pages = len(self.screen_stack) > 1
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        return had_pages

    async def _open(self, place: str) -> Place:
        await self._close_pages()
        return await self.workspace.go(place)

    async def action_choose_model(self) -> None:
        """Open the list of models with its filter ready to type in."""
        await self.perform("models.filter")

    def action_command_palette(self) -> None:
        """Open the list of all actions."""
        from mlxtui.ui.screens.command_palette import ActionPalette

        if len(self.screen_stack) == 1:
            self.push_screen(ActionPalette(placeholder=_("Search for commands…")))

    def action_help(self) -> None:
        """Explain what has the focus."""
        from mlxtui.ui.screens.keys import help_for

        self._open_or_close(help_for(self.screen, self.settings.keys))

    def action_keys(self) -> None:
        """Show all keys."""
        from mlxtui.ui.screens.keys import key_sheet

        self._open_or_close(key_sheet(self.settings.keys))

    def _open_or_close(self, page: Screen[None]) -> None:
        if isinstance(self.screen, type(page)):
            self.pop_screen()
        elif len(self.screen_stack) == 1 or isinstance(self.screen, Dialog):
            self.push_screen(page)
