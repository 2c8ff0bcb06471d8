"""An editor that takes its keys in the order in which they were pressed."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TextArea


class OrderedTextArea(TextArea):
    """Textual runs an editor's own bindings (Backspace, arrows, Ctrl+U) only when the
    key has come up through every queue to the app; letters behind it are put in first.
    `ab<Backspace>cd` in one burst became `abc`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # Textual's F7 is the key of the jobs here.
        Binding("f6", "select_all", show=False),
    ]

    def on_mount(self) -> None:
        """Stand still: a blinking cursor repaints, which moves the window of an input
        method."""
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        if not await run_own_binding(self, event):
            await super()._on_key(event)

    def _watch_show_vertical_scrollbar(self) -> None:
        # An undo that takes lines away hides the scrollbar before it moves the cursor.
        if self.cursor_location[0] < self.document.line_count:
            super()._watch_show_vertical_scrollbar()


async def run_own_binding(editor: Widget, event: events.Key) -> bool:
    """Do at once what a key means to an editor; False when it means nothing."""
    bindings = editor._bindings.copy()
    bindings.apply_keymap(editor.app._keymap)
    for binding in bindings.key_to_bindings.get(event.key, ()):
        if not binding.priority and await editor.app.run_action(binding.action, editor):
            event.stop()
            event.prevent_default()
            return True
    return False
