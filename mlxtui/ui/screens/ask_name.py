"""A dialog that asks for one name."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from mlxtui import paths
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.ordered_input import OrderedInput
from mlxtui.ui.widgets.prose import Prose


class AskName(Dialog[str | None]):
    """Ends with the name, or None.

    Args:
        title: What is to be done.
        text: What comes of it.
        name: Proposed.
        problem_of: Says why a name cannot be; empty when it can.
    """

    CSS_PATH = paths.styles_dir() / "dialogs.tcss"
    DIALOG_TITLE = N_("A name")
    DIALOG_HELP = N_("Type a name. What cannot be a name is explained under the field.")
    DIALOG_KEYS = (
        ("Enter", N_("Take this name")),
        ("Esc", N_("Leave everything as it is")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(
        self, title: str, text: str, name: str, problem_of: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._problem_of = problem_of
        self._field = OrderedInput(name, compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(one_line(self._heading))
            box.border_subtitle = _("Enter takes it · Esc closes")
            yield Prose(self._text, classes="text")
            yield self._field
            yield Static("", id="problem", classes="-problem", markup=False)

    def on_mount(self) -> None:
        """Type over what is proposed."""
        self._field.focus()
        self._field.cursor_position = len(self._field.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong may be right now."""
        event.stop()
        self.query_one("#problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the name, or say what is wrong with it."""
        event.stop()
        name = event.value.strip()
        problem = self._problem_of(name)
        if problem:
            self.query_one("#problem", Static).update(one_line(problem))
        else:
            self.dismiss(name)
