"""The main screen: the open place between the place bar, the meter and the key line."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.signal import Signal

from mlxtui.backend.backend import Backend
from mlxtui.backend.events import Event, MemoryMeasured
from mlxtui.settings import Settings
from mlxtui.ui.actions import Action
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.chat import ChatPane
from mlxtui.ui.place import Place
from mlxtui.ui.places import APP_ACTIONS, all_actions, load_place
from mlxtui.ui.screens.safe_mouse import SafeMouse
from mlxtui.ui.style_files import add_styles
from mlxtui.ui.widgets.key_line import KeyLine
from mlxtui.ui.widgets.line_widget import LineWidget
from mlxtui.ui.widgets.meter import MemoryFigures, Meter
from mlxtui.ui.widgets.place_bar import PlaceBar
from mlxtui.units import bytes_text

_GO_ACTIONS = tuple(action for action in APP_ACTIONS if action.verb == "go")
(_PALETTE,) = (action for action in APP_ACTIONS if action.verb == "command_palette")


class WorkspaceScreen(SafeMouse, Screen[None]):
    """Holds the places; one is made when it is first opened, and then stays."""

    def __init__(self, backend: Backend, backend_signal: Signal[Event]) -> None:
        super().__init__()
        self._backend = backend
        self._backend_signal = backend_signal
        self.place: Place = ChatPane(backend)
        self.place.all_actions = tuple(all_actions())

    def compose(self) -> ComposeResult:
        yield PlaceBar(_GO_ACTIONS)
        yield self.place
        yield Meter()
        yield KeyLine(_PALETTE)

    @property
    def chat(self) -> ChatPane:
        """The conversation; it is there from the start."""
        return self.query_one(ChatPane)

    @property
    def places(self) -> list[Place]:
        """The places that were opened so far."""
        return list(self.query(Place))

    def on_mount(self) -> None:
        """Follow the backend, the model and the settings."""
        self._backend_signal.subscribe(self, self._receive)
        self.watch(self.app, "model_state", self._show_model)
        self.watch(self.app, "settings", self._show_settings)
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._show_keys())
        self._mark_open()

    async def go(self, name: str) -> Place:
        """Open a place by its name."""
        if name != self.place.NAME:
            opened = next((item for item in self.places if item.NAME == name), None)
            if opened is None:
                add_styles(self.app, name)
                opened = load_place(name)(self._backend)
                opened.all_actions = tuple(all_actions())
                opened.display = False
                await self.mount(opened, before=self.query_one(Meter))
                opened.model_state = self.chat.model_state
            with self.app.batch_update():
                self.place.display = False
                self.place = opened
                opened.display = True
                self._mark_open()
            opened.on_opened()
        self.place.focus_first()
        return self.place

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        for place in self.places:
            place.retranslate()
        self.refresh(layout=True)
        for line in self.query(LineWidget):
            line.refresh()

    def _mark_open(self) -> None:
        self.query_one(PlaceBar).open_place = self.place.NAME
        self._show_keys()

    def _show_keys(self) -> None:
        if not self.is_mounted:
            return
        self.query_one(KeyLine).actions = tuple(_shown(self.place)) + tuple(
            action
            for action in APP_ACTIONS
            if action.in_key_line and action != _PALETTE
        )

    def _receive(self, event: Event) -> None:
        if isinstance(event, MemoryMeasured):
            self.query_one(Meter).memory = MemoryFigures(
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
        self.query_one(Meter).model_state = state

    def _show_settings(self, settings: Settings) -> None:
        for line in (self.query_one(PlaceBar), self.query_one(KeyLine)):
            line.keys = dict(settings.keys)

    def on_chat_pane_activity(self, message: ChatPane.Activity) -> None:
        """Show what the conversation is doing."""
        meter = self.query_one(Meter)
        meter.activity = message.text
        if message.context is not None:
            meter.context = message.context


def _shown(place: Place) -> list[Action]:
    return [
        action
        for action in place.ACTIONS
        if action.in_key_line and place.check_action(action.verb, ()) is not False
    ]
