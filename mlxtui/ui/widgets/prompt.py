"""The prompt editor: it grows with its text; Enter sends it."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class PromptArea(TextArea):
    """A multi-line editor whose Enter key sends.

    Ctrl+J is the line break of every terminal; Shift+Enter is told apart from Enter
    only by terminals with the Kitty keyboard protocol.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", show=False),
        Binding("shift+enter,ctrl+j", "new_line", "New line", show=False),
    ]

    class Submitted(Message):
        """The user wants to send the text."""

        def __init__(self, prompt: "PromptArea", text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

        @property
        def control(self) -> "PromptArea":
            """The editor that it comes from."""
            return self.prompt

    async def _on_key(self, event: events.Key) -> None:
        # TextArea inserts a line at these keys before bindings are looked at.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_send()
        elif event.key in ("shift+enter", "ctrl+j"):
            event.stop()
            event.prevent_default()
            self.action_new_line()
        else:
            await super()._on_key(event)

    def action_send(self) -> None:
        """Send the text, unless it is blank."""
        if self.text.strip():
            self.post_message(self.Submitted(self, self.text))

    def action_new_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")
