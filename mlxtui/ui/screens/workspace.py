"""The main screen: the open place between the place bar, the meter and the key line;
the Jobs drawer under it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.signal import Signal
from textual.timer import Timer

from mlxtui.backend.backend import Backend
from mlxtui.backend.events import MemoryMeasured
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.ui.actions import Action
from mlxtui.ui.job_actions import JobsInfo
from mlxtui.ui.job_words import running_text
from mlxtui.ui.known_jobs import KnownJobs
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.chat import ChatPane
from mlxtui.ui.place import Place
from mlxtui.ui.places import APP_ACTIONS, all_actions, load_place
from mlxtui.ui.screens.safe_mouse import SafeMouse
from mlxtui.ui.style_files import add_styles
from mlxtui.ui.terminal_app import TerminalApp
from mlxtui.ui.widgets.key_line import KeyLine
from mlxtui.ui.widgets.line_widget import LineWidget
from mlxtui.ui.widgets.meter import MemoryFigures, Meter
from mlxtui.ui.widgets.place_bar import PlaceBar
from mlxtui.units import bytes_text

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.backend.job_info import JobId
    from mlxtui.ui.widgets.jobs_drawer import JobsDrawer

# The meter's figure of the jobs follows them at this pace.
_FIGURE_SECONDS = 0.5

# A lower or narrower window has no room for a place and the drawer at once.
_LOW_LINES = 20
_NARROW_CELLS = 60

_GO_ACTIONS = tuple(action for action in APP_ACTIONS if action.verb == "go")
(_JOBS,) = (action for action in APP_ACTIONS if action.verb == "jobs")
(_PALETTE,) = (action for action in APP_ACTIONS if action.verb == "command_palette")


class WorkspaceScreen(SafeMouse, Screen[None]):
    """Holds the places; one is made when it is first opened, and then stays."""

    def __init__(
        self, backend: Backend, backend_signal: Signal[Event], jobs: KnownJobs
    ) -> None:
        super().__init__()
        self._backend = backend
        self._jobs = jobs
        self._drawer: JobsDrawer | None = None
        self._meter = Meter()
        self._figure_timer: Timer | None = None
        self._backend_signal = backend_signal
        self.place: Place = ChatPane(backend)
        self.place.all_actions = tuple(all_actions())
        # Not looked for at each event: that walks all widgets.
        self._rooms: list[Place] = [self.place]

    def compose(self) -> ComposeResult:
        yield PlaceBar(_GO_ACTIONS, _JOBS)
        yield self.place
        yield self._meter
        yield KeyLine(_PALETTE)

    @property
    def chat(self) -> ChatPane:
        """The conversation; it is there from the start."""
        return self.query_one(ChatPane)

    @property
    def places(self) -> list[Place]:
        """The places that were opened so far, and the drawer."""
        return self._rooms

    def on_mount(self) -> None:
        """Follow the backend, the model and the settings."""
        self._backend_signal.subscribe(self, self._receive)
        self.watch(self.app, "model_state", self._show_model)
        self.watch(self.app, "settings", self._show_settings)
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._show_keys())
        self._figure_timer = self.set_interval(
            _FIGURE_SECONDS, self._follow_running, pause=True
        )
        self._show_running()
        self._mark_open()

    def on_resize(self, event: events.Resize) -> None:
        """The drawer takes the whole of a small window."""
        is_low = event.size.height < _LOW_LINES or event.size.width < _NARROW_CELLS
        self.set_class(is_low, "-low")
        if is_low and self._drawer is not None and self._drawer.display:
            self._drawer.focus_first()  # the place has no room for who types in it

    async def go(self, name: str) -> Place:
        """Open a place, or the drawer, by its name."""
        if name == JobsInfo.NAME:
            return await self.open_jobs()
        if self.has_class("-low"):
            self._show_drawer(is_open=False)
        if name != self.place.NAME:
            opened = next((item for item in self.places if item.NAME == name), None)
            if opened is None:
                add_styles(self.app, name)
                opened = load_place(name)(self._backend)
                opened.all_actions = tuple(all_actions())
                opened.display = False
                if self._meter.is_attached:
                    await self.mount(opened, before=self._drawer or self._meter)
                if not opened.is_attached:
                    return self.place  # the app has ended meanwhile
                self._rooms.append(opened)
                opened.model_state = self.chat.model_state
            with self.app.batch_update():
                self.place.display = False
                self.place = opened
                opened.display = True
                self._mark_open()
            opened.on_opened()
        self.place.focus_first()
        return self.place

    # The Jobs drawer

    async def toggle_jobs(self) -> None:
        """Open the drawer or give it the keys; put it away when it has them."""
        if self._drawer is not None and self._drawer.has_focus_within:
            self.close_jobs()
        else:
            await self.open_jobs()

    async def open_jobs(self, job_id: JobId | None = None) -> JobsDrawer:
        """Open the drawer under the open place.

        Args:
            job_id: Where its cursor shall be.
        """
        if self._drawer is None:
            from mlxtui.ui.widgets.jobs_drawer import JobsDrawer

            add_styles(self.app, JobsInfo.NAME)
            self._drawer = JobsDrawer(self._backend, self._jobs)
            self._drawer.display = False
            if self._meter.is_attached:
                await self.mount(self._drawer, before=self._meter)
                self._rooms.append(self._drawer)
        if self._drawer.is_attached:  # else the app has ended meanwhile
            if job_id is not None:
                self._drawer.select(job_id)
            self._show_drawer(is_open=True)
            self._drawer.focus_first()
        return self._drawer

    def close_jobs(self) -> None:
        """Put the drawer away; the open place has the keys again."""
        self._show_drawer(is_open=False)
        self.place.focus_first()

    def _show_drawer(self, *, is_open: bool) -> None:
        if self._drawer is None or self._drawer.display == is_open:
            return
        with self.app.batch_update():
            self._drawer.display = is_open
            self.set_class(is_open, "-jobs")
            self.query_one(PlaceBar).is_drawer_open = is_open
        if is_open:
            self._drawer.on_opened()

    def on_jobs_drawer_left(self, message: JobsDrawer.Left) -> None:
        """The keys go back to the place."""
        if message.is_closed or self.has_class("-low"):
            self.close_jobs()
        else:
            self.place.focus_first()

    def jobs_changed(self, *, has_new_state: bool) -> None:
        """Show what is known of the jobs now: progress soon, another state at once."""
        if self._drawer is not None:
            self._drawer.jobs_changed(has_new_state=has_new_state)
        if has_new_state and self._figure_timer is not None:
            self._show_running()

    def _follow_running(self) -> None:
        assert isinstance(self.app, TerminalApp)
        if not self.app.is_typed_in:
            self._show_running()

    def _show_running(self) -> None:
        assert self._figure_timer is not None
        running = self._jobs.running
        self._meter.jobs = running_text(running)
        if running:
            self._figure_timer.resume()
        else:
            self._figure_timer.pause()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        for place in self.places:
            place.retranslate()
        self._show_keys()
        self._show_running()
        self.refresh(layout=True)
        for line in self.query(LineWidget):
            line.refresh()

    def _mark_open(self) -> None:
        self.query_one(PlaceBar).open_place = self.place.NAME
        self._show_keys()

    def _show_keys(self) -> None:
        if not self.is_mounted:
            return
        drawer = self._drawer
        has_keys = drawer is not None and drawer.has_focus_within
        front = drawer if drawer is not None and has_keys else self.place
        focused = self.focused
        types = focused is not None and focused.check_consume_key("a", "a")
        self.query_one(KeyLine).actions = (
            *((each, front.title_of(each)) for each in _shown(front, types=types)),
            *((each, _(each.title)) for each in APP_ACTIONS if _is_everywhere(each)),
        )

    def _receive(self, event: Event) -> None:
        if isinstance(event, MemoryMeasured):
            self._meter.memory = MemoryFigures(
                bytes_text(event.used_bytes),
                bytes_text(event.free_bytes),
                event.pressure,
            )
        for place in self.places:
            # Not called from here: Textual takes the one who calls for the sender of
            # what a place then posts, and a message ends at its sender.
            place.call_next(place.receive, event)

    def _show_model(self, state: ModelState) -> None:
        for place in self.places:
            place.model_state = state
        self._meter.model_state = state

    def _show_settings(self, settings: Settings) -> None:
        for line in (self.query_one(PlaceBar), self.query_one(KeyLine)):
            line.keys = dict(settings.keys)

    def on_chat_pane_activity(self, message: ChatPane.Activity) -> None:
        """Show what the conversation is doing."""
        self._meter.activity = message.text
        if message.context is not None:
            self._meter.context = message.context


def _is_everywhere(action: Action) -> bool:
    return action.in_key_line and action != _PALETTE


def _shown(place: Place, *, types: bool) -> list[Action]:
    """What the keys do from where the focus is; letters are typed in an editor."""
    return [
        action
        for action in place.ACTIONS
        if action.in_key_line
        and place.offers(action)
        and not (types and action.types_text)
    ]
