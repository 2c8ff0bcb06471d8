"""The quantizations of one model, by what they take and what they lose."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from mlxtui import paths
from mlxtui.i18n import N_, _
from mlxtui.types import LocalModel
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.compare_table import CompareTable
from mlxtui.ui.widgets.prose import Prose


class CompareScreen(Dialog[str | None]):
    """Ends with the name of the model that was chosen, or None.

    Args:
        models: Smallest first, their figures in `provenance.quality`.
    """

    CSS_PATH = paths.styles_dir() / "dialogs.tcss"
    DIALOG_TITLE = N_("Compare")
    DIALOG_HELP = N_(
        "All that was made from one model. KL is how far the probabilities of the next"
        " token lie from those of the source, in nats; perplexity is how surprised the"
        " model is by the text that comes with mlxtui. Both are better when smaller.\n"
        "– stands for what was not measured: q measures what it makes."
    )
    DIALOG_KEYS = (
        ("↑ ↓", N_("Go to another model")),
        ("Enter", N_("Go to this model in the list")),
        ("Esc", N_("Back to the list")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v", "dismiss", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, models: Sequence[LocalModel]) -> None:
        super().__init__()
        self._models = models
        self._table = CompareTable(models)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as box:
            box.border_title = _("Compare")
            box.border_subtitle = _("↑ ↓ move · Enter goes to it · Esc closes")
            yield self._table
            yield Prose(self._note(), classes="note")

    def _note(self) -> str:
        if len(self._models) < 2:
            return _("Nothing was made from this model yet. q quantizes it.")
        return _("KL and perplexity: smaller is better. – was not measured.")

    def on_mount(self) -> None:
        """The table has the keys."""
        self._table.focus()

    def on_column_table_chosen(self) -> None:
        """A double click is Enter."""
        self.action_choose()

    def action_choose(self) -> None:
        """Go to the model under the cursor."""
        row = self._table.current_row
        self.dismiss(row.name if row else None)
