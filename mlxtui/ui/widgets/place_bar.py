"""The top line: the app's places, the open one marked."""

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style

from mlxtui.i18n import _
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.widgets.line_widget import LineWidget


class PlaceBar(LineWidget):
    """Each place with its key; a click opens it. The drawer stands at the right.

    Args:
        go_actions: The actions that open the places, in their order.
        drawer_action: The action that opens the drawer.
    """

    PREFIX = "place-bar"
    COMPONENT_CLASSES = {"place-bar--key", "place-bar--open"}

    open_place: reactive[str] = reactive("")
    is_drawer_open: reactive[bool] = reactive(False)
    keys: reactive[dict[str, str]] = reactive(dict)
    """Action name to keys, where the user has changed them."""

    def __init__(self, go_actions: tuple[Action, ...], drawer_action: Action) -> None:
        super().__init__()
        self._go_actions = go_actions
        self._drawer_action = drawer_action

    def render(self) -> Content:
        """One line; what is open stands out by weight, not by colour alone."""
        places = Content(" ").join(
            self._entry(action, is_open=action.parameters[0] == self.open_place)
            for action in self._go_actions
        )
        drawer = self._entry(self._drawer_action, is_open=self.is_drawer_open)
        room = self.content_size.width - places.cell_length - drawer.cell_length
        if room < 0:
            return places
        return Content.assemble(places, " " * room, drawer)

    def _entry(self, action: Action, *, is_open: bool) -> Content:
        key = key_text(self.keys.get(action.name, action.keys))
        open_style = self.part_style("open")
        click = Style.from_meta({"@click": f"app.perform({action.name!r})"})
        return Content.assemble(
            " ",
            (key, open_style if is_open else self.part_style("key")),
            " ",
            (_(action.title), open_style if is_open else Style()),
            " ",
        ).stylize(click)
