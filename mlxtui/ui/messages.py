"""Messages that travel between the app and its places."""

from textual.message import Message

from mlxtui.backend.events import Event
from mlxtui.types import LocalModel


class BackendEvent(Message):
    """An event of the backend, brought to the screen's own loop."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class ModelChosen(Message):
    """The user chose a model to load."""

    def __init__(self, model: LocalModel) -> None:
        super().__init__()
        self.model = model
