"""Messages that come to the app from outside its loop."""

from textual.message import Message

from mlxtui.backend.events import Event


class BackendEvent(Message):
    """An event of the backend, brought to the screen's own loop."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event
