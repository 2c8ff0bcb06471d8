"""A question that is answered with yes or no, before something is lost."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button

from mlxtui import paths
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.prose import Prose


class Confirm(Dialog[bool | None]):
    """Ends with True for yes; the other answer has the focus at first.

    Args:
        title: The question.
        lines: What comes of a yes.
        yes: The word for it.
    """

    CSS_PATH = paths.styles_dir() / "dialogs.tcss"
    DIALOG_TITLE = N_("Sure?")
    DIALOG_HELP = N_("It is done only when you say so.")
    DIALOG_KEYS = (
        ("y", N_("Do it")),
        ("← →", N_("Go to the other answer; Enter takes it")),
        ("Esc", N_("Leave everything as it is")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss", show=False),
        Binding("y", "dismiss(True)", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, lines: list[str], yes: str) -> None:
        super().__init__()
        self._heading = title
        self._lines = lines
        self._yes = Button(Content(yes), compact=True, id="yes")
        self._no = Button(Content(_("Cancel")), compact=True, id="no")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(one_line(self._heading))
            box.border_subtitle = _("y does it · Esc closes")
            yield Prose("\n".join(map(one_line, self._lines)), classes="text")
            with Horizontal(classes="buttons"):
                yield self._no
                yield self._yes

    def on_mount(self) -> None:
        """Enter alone loses nothing."""
        self._no.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the answer."""
        event.stop()
        self.dismiss(event.button is self._yes or None)
