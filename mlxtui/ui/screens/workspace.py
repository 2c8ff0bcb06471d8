"""The main screen: the place that is open, and the status line under it."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Footer

from mlxtui.backend.backend import Backend
from mlxtui.backend.events import Event
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.chat import ChatPane
from mlxtui.ui.widgets.status_line import StatusLine


class WorkspaceScreen(Screen[None]):
    """Chat; later issues add places beside it."""

    def __init__(self, backend: Backend, backend_signal: Signal[Event]) -> None:
        super().__init__()
        self._backend = backend
        self._backend_signal = backend_signal

    def compose(self) -> ComposeResult:
        yield ChatPane(self._backend)
        yield StatusLine()
        yield Footer(show_command_palette=False)

    @property
    def chat(self) -> ChatPane:
        """The conversation."""
        return self.query_one(ChatPane)

    def on_mount(self) -> None:
        """Follow the backend and the model."""
        self._backend_signal.subscribe(self, self._receive)
        self.watch(self.app, "model_state", self._show_model)

    async def _receive(self, event: Event) -> None:
        await self.chat.receive(event)

    def _show_model(self, state: ModelState) -> None:
        self.chat.model_state = state
        self.query_one(StatusLine).model_state = state

    def on_chat_pane_activity(self, message: ChatPane.Activity) -> None:
        """Show what the conversation is doing."""
        self.query_one(StatusLine).activity = message.text
