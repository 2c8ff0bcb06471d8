"""Help: what has the focus, and the keys that work there; or every key of the app."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from mlxtui import paths
from mlxtui.i18n import N_, _
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.places import APP_ACTIONS, ROOMS
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.screens.safe_mouse import SafeMouse
from mlxtui.ui.widgets.line_widget import LineWidget
from mlxtui.ui.widgets.prose import Prose, wrapped

_KEY_CELLS = 26

_EDITOR_ROWS = (
    ("Enter", N_("Send the message, or a new line: as set in Settings")),
    ("↑ ↓", N_("Earlier questions, from the first or last line")),
    ("/", N_("Commands, at the beginning of the message")),
    ("Tab", N_("To the conversation and back")),
    ("Ctrl+Z, Ctrl+Y", N_("Undo, redo")),
    ("Ctrl+C", N_("Copy the selected text")),
)


class KeyTable(LineWidget):
    """Keys beside what they do."""

    PREFIX = "key-table"
    COMPONENT_CLASSES = {"key-table--key"}

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = rows

    def render(self) -> Content:
        """Two columns, the meaning wrapped in its own."""
        key_style = self.part_style("key")
        lines: list[Content] = []
        for key, meaning in self._rows:
            shown = key
            for line in wrapped(meaning, self.content_size.width - _KEY_CELLS):
                gap = " " * (_KEY_CELLS - cell_len(shown))
                lines.append(Content.assemble((shown, key_style), gap, line))
                shown = ""
        return Content("\n").join(lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at a width."""
        return sum(len(wrapped(row[1], width - _KEY_CELLS)) for row in self._rows)


class KeysScreen(SafeMouse, ModalScreen[None]):
    """A page of groups of keys, closed by Esc or the key that opened it.

    Args:
        groups: Title, explanation (may be empty), rows of key and meaning.
    """

    CSS_PATH = paths.styles_dir() / "keys.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", show=False),
    ]

    def __init__(
        self, title: str, groups: Iterable[tuple[str, str, list[tuple[str, str]]]]
    ) -> None:
        super().__init__()
        self._title = title
        self._groups = list(groups)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="keys") as box:
            box.border_title = self._title
            box.border_subtitle = _("↑ ↓ scroll · Esc closes")
            for title, text, rows in self._groups:
                yield Static(title, classes="group", markup=False)
                if text:
                    yield Prose(text, classes="text")
                yield KeyTable(rows)


def key_sheet(keys: Mapping[str, str]) -> KeysScreen:
    """Every key of the app.

    Args:
        keys: Action name to keys, where the user has changed them.
    """
    groups = [(_("Everywhere"), "", _rows(APP_ACTIONS, keys))]
    for place in ROOMS:
        rows = _rows(place.ACTIONS, keys)
        if place.NAME == "chat":
            rows += [(key, _(meaning)) for key, meaning in _EDITOR_ROWS]
        groups.append((_(place.TITLE), "", rows))
    return KeysScreen(_("Keys"), groups)


def help_for(screen: Screen[Any], keys: Mapping[str, str]) -> KeysScreen:
    """What the focused widget is for, and the keys of the place that it is in; of a
    dialog, what is asked there.
    """
    if isinstance(screen, Dialog):
        own = [(key, _(meaning)) for key, meaning in screen.DIALOG_KEYS]
        title, text = _(screen.DIALOG_TITLE), _(screen.DIALOG_HELP)
        return KeysScreen(_("Help"), [(title, text, own)])
    texts: list[str] = []
    title, rows = _("Help"), list[tuple[str, str]]()
    for node in screen.focused.ancestors_with_self if screen.focused else ():
        help_text = getattr(node, "HELP", None)
        if isinstance(help_text, str) and not isinstance(node, Screen):
            texts.append(_(help_text))
        place = next((kind for kind in ROOMS if isinstance(node, kind)), None)
        if place is not None:
            title, rows = _(place.TITLE), _rows(place.ACTIONS, keys)
    return KeysScreen(
        _("Help"),
        [
            (title, "\n\n".join(texts[:1]), rows),
            (_("Everywhere"), "", _rows(APP_ACTIONS, keys)),
        ],
    )


def _rows(actions: Iterable[Action], keys: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (
            key_text(keys.get(action.name, action.keys))
            + (f"  /{action.slash}" if action.slash else ""),
            _(action.meaning),
        )
        for action in actions
    ]
