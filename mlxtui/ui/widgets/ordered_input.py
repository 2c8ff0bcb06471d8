"""A field of one line that takes its keys in the order in which they were pressed."""

from textual import events
from textual.widgets import Input

from mlxtui.ui.widgets.ordered_keys import run_own_binding


class OrderedInput(Input):
    """See `OrderedTextArea`; its cursor stands still for the same reason, too."""

    def on_mount(self) -> None:
        """Stand still."""
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        if not await run_own_binding(self, event):
            await super()._on_key(event)
