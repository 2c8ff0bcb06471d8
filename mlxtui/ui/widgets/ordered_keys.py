"""Editors that take their keys in the order in which they were pressed."""

from textual import events
from textual.widgets import Input, TextArea


class OrderedTextArea(TextArea):
    """Textual runs an editor's own bindings (Backspace, arrows, Ctrl+U) only when the
    key has come up through every queue to the app; letters behind it are put in first.
    `ab<Backspace>cd` in one burst became `abc`.
    """

    async def _on_key(self, event: events.Key) -> None:
        if not await _run_own_binding(self, event):
            await super()._on_key(event)

    def _watch_show_vertical_scrollbar(self) -> None:
        # An undo that takes lines away hides the scrollbar before it moves the cursor.
        if self.cursor_location[0] < self.document.line_count:
            super()._watch_show_vertical_scrollbar()


class OrderedInput(Input):
    """The same for a field of one line."""

    async def _on_key(self, event: events.Key) -> None:
        if not await _run_own_binding(self, event):
            await super()._on_key(event)


async def _run_own_binding(editor: Input | TextArea, event: events.Key) -> bool:
    for binding in editor._bindings.key_to_bindings.get(event.key, ()):
        if not binding.priority and await editor.app.run_action(binding.action, editor):
            event.stop()
            event.prevent_default()
            return True
    return False
