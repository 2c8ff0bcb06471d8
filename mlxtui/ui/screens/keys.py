"""All keys of the app, on one page."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from mlxtui.i18n import N_, _
from mlxtui.ui.bindings import translate_bindings


def key_rows() -> list[tuple[str, str]]:
    """Each key and what it does."""
    return [
        ("Enter", _("Send the message")),
        ("Ctrl+J, Shift+Enter", _("New line in the message")),
        ("Esc", _("Stop the answer; what was written stays")),
        ("Ctrl+N", _("New chat, without the earlier turns")),
        ("Ctrl+O", _("Choose another model or a model folder")),
        ("Ctrl+T", _("Show or hide the reasoning of answers")),
        ("PageUp, PageDown", _("Scroll the conversation")),
        ("Ctrl+End", _("Go to the newest text")),
        ("Ctrl+C", _("Copy the selected text")),
        ("Ctrl+P", _("Command palette: every action, themes")),
        ("F1", _("This page")),
        ("Ctrl+Q", _("Leave, at any moment")),
    ]


class KeysScreen(ModalScreen[None]):
    """Closed by Esc or F1."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "app.pop_screen", N_("Close")),
    ]

    def __init__(self) -> None:
        super().__init__()
        translate_bindings(self)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="keys") as box:
            box.border_title = _("Keys")
            box.border_subtitle = _("Esc closes")
            for key, meaning in key_rows():
                yield Static(key, classes="key", markup=False)
                yield Static(meaning, classes="meaning", markup=False)
