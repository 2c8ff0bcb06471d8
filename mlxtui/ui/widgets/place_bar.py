"""The top line: the app's places, the open one marked."""

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style

from mlxtui.i18n import _
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.widgets.line_widget import LineWidget


class PlaceBar(LineWidget):
    """Each place with its key; a click opens it.

    Args:
        go_actions: The actions that open the places, in their order.
    """

    PREFIX = "place-bar"
    COMPONENT_CLASSES = {"place-bar--key", "place-bar--open"}

    open_place: reactive[str] = reactive("")
    keys: reactive[dict[str, str]] = reactive(dict)
    """Action name to keys, where the user has changed them."""

    def __init__(self, go_actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._go_actions = go_actions

    def render(self) -> Content:
        """One line; the open place stands out by weight, not by colour alone."""
        key_style = self.part_style("key")
        open_style = self.part_style("open")
        parts: list[Content] = []
        for action in self._go_actions:
            place = action.parameters[0]
            key = key_text(self.keys.get(action.name, action.keys))
            is_open = place == self.open_place
            text = Content.assemble(
                " ",
                (key, open_style if is_open else key_style),
                " ",
                (_(action.title), open_style if is_open else Style()),
                " ",
            )
            click = Style.from_meta({"@click": f"app.go({place!r})"})
            parts.append(text.stylize(click))
        return Content(" ").join(parts)
