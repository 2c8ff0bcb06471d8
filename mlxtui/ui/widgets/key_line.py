"""The bottom line: the keys that matter in the open place."""

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style

from mlxtui.i18n import _
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.widgets.line_widget import LineWidget

_GAP = "   "


class KeyLine(LineWidget):
    """Keys with what they do, as many as there is room for; a click does it.

    Textual's own footer makes a widget for each key and makes them anew at each change
    of the focus.

    Args:
        last: Shown at the end whatever the room is: the way to everything else.
    """

    PREFIX = "key-line"
    COMPONENT_CLASSES = {"key-line--key"}

    actions: reactive[tuple[tuple[Action, str], ...]] = reactive(())
    """What can be done now, the most wanted first, and what it is called."""
    keys: reactive[dict[str, str]] = reactive(dict)
    """Action name to keys, where the user has changed them."""

    def __init__(self, last: Action) -> None:
        super().__init__()
        self._last = last

    def render(self) -> Content:
        """Whole entries only: half a word helps nobody."""
        last = self._entry(self._last, _(self._last.title))
        room = self.content_size.width - last.cell_length
        entries: list[Content] = []
        for action, title in self.actions:
            entry = self._entry(action, title)
            room -= entry.cell_length + len(_GAP)
            if room < 0:
                break
            entries.append(entry)
        return Content(_GAP).join([*entries, last])

    def _entry(self, action: Action, title: str) -> Content:
        key = key_text(self.keys.get(action.name, action.keys).split(",")[0])
        click = Style.from_meta({"@click": f"app.perform({action.name!r})"})
        return Content.assemble((key, self.part_style("key")), " ", title).stylize(
            click
        )
