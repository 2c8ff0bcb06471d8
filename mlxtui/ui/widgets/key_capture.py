"""A field that takes whichever key is pressed next."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mlxtui.i18n import _


class KeyCapture(Widget, can_focus=True):
    """While it has the focus no key does what it usually does; Esc leaves it."""

    resting: reactive[str] = reactive("")
    """What is shown without the focus: the present key."""

    class Pressed(Message):
        """A key was pressed."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Cancelled(Message):
        """The user wants no other key."""

    def render(self) -> Content:
        """The key, or what to do."""
        if self.has_focus:
            return Content(_("Press the new key; Esc keeps the old one."))
        return Content(self.resting)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Every key is for this field: bindings, the app's too, do not see it."""
        return True

    def on_key(self, event: events.Key) -> None:
        """Report the key."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.post_message(self.Cancelled())
        else:
            self.post_message(self.Pressed(event.key))
