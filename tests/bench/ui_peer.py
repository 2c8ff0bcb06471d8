"""What anyone would write first with Textual: the peer of an answer in our screen."""

from collections.abc import Callable, Coroutine
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown, TextArea
from textual.widgets.markdown import MarkdownStream

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate, LoadModel
from mlxtui.backend.events import TextDelta
from mlxtui.backend.job_events import Event
from mlxtui.settings import Settings
from mlxtui.types import Message
from mlxtui.ui.messages import BackendEvent


class PeerPrompt(TextArea):
    """An editor that sends with Enter."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()
            await self.screen.query_one(VerticalScroll).mount(Markdown(id="answer"))
            assert isinstance(self.app, PeerApp)
            self.app.ask(self.text)
            self.clear()


class PeerApp(App[None]):
    """A bare Textual app: a prompt, and Textual's own stream into its own Markdown.

    Args:
        folder: The model to load.
        feel_the_loop: Runs beside it.
    """

    CSS = "TextArea { height: 5; }"

    _stream: MarkdownStream

    def __init__(
        self,
        make_backend: Callable[[Callable[[Event], None], Settings], Backend],
        folder: Path,
        feel_the_loop: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        super().__init__()
        self._folder = folder
        self._feel_the_loop = feel_the_loop
        self.backend = make_backend(self._emit, Settings())

    def compose(self) -> ComposeResult:
        """The conversation over the prompt."""
        yield VerticalScroll()
        yield PeerPrompt(placeholder="Ask a question")

    def on_mount(self) -> None:
        """Load the model."""
        self.run_worker(self._feel_the_loop())
        self.query_one(PeerPrompt).focus()
        self.query_one(VerticalScroll).anchor()
        self.backend.submit(
            LoadModel(request_id=new_request_id(), path=self._folder, name="model")
        )

    def ask(self, question: str) -> None:
        """Stream the answer under the conversation."""
        self._stream = Markdown.get_stream(self.query_one("#answer", Markdown))
        self.backend.submit(
            Generate(
                request_id=new_request_id(),
                path=self._folder,
                messages=(Message("user", question),),
            )
        )

    async def on_backend_event(self, message: BackendEvent) -> None:
        """Show what the backend has."""
        if isinstance(message.event, TextDelta):
            await self._stream.write(message.event.text)

    def _emit(self, event: Event) -> None:
        self.post_message(BackendEvent(event))
