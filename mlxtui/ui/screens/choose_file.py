"""Which of a repository's quantizations is meant."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from mlxtui import paths
from mlxtui.gguf_words import bits_text
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plan_words import FIT_MARKS, fit_text
from mlxtui.plans import GgufChoice
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.choice_table import ChoiceTable
from mlxtui.ui.widgets.prose import Prose, wrapped
from mlxtui.units import bytes_text

# Borders and padding, the source, and the space above the note; where it is low, the
# borders alone.
_FRAME_LINES = 7
_LOW_FRAME_LINES = 2
_LOW_LINES = 20


class ChooseFile(Dialog[str | None]):
    """Ends with a file of the repository, or None.

    Args:
        source: The repository's address, or the path of a folder.
        choices: What it has, smallest first.
    """

    # The colours of tables are those of the models place, which may not be open.
    CSS_PATH = [paths.styles_dir() / name for name in ("models.tcss", "dialogs.tcss")]
    DIALOG_TITLE = N_("Which quantization?")
    DIALOG_HELP = N_(
        "The same model is there several times, packed with more or fewer bits. Only"
        " the one that is chosen is fetched and made into an MLX model.\n"
        "More bits per weight are closer to the original and take more memory. ★ marks"
        " the largest of at most 9 bits that fits into this machine: more bits than"
        " that give next to nothing. ✓ fits, ▲ is tight, ✗ does not fit."
    )
    DIALOG_KEYS = (
        ("↑ ↓", N_("Go to another one")),
        ("Enter", N_("Show the plan")),
        ("Esc", N_("Leave everything as it is")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, source: str, choices: Sequence[GgufChoice]) -> None:
        super().__init__()
        self._source = source
        self._table = ChoiceTable(choices)
        self._note = Prose(classes="note")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Prose(one_line(self._source), classes="what")
            yield self._table
            yield self._note

    def on_mount(self) -> None:
        """The table has the keys."""
        self._table.focus()
        self.retranslate()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        box = self.query_one(".dialog")
        box.border_title = _("Which quantization?")
        box.border_subtitle = _("↑ ↓ move · Enter shows the plan · Esc closes")
        self._table.retranslate()
        self._show_choice()

    def on_resize(self) -> None:
        """Keep what is said of the choice in sight."""
        self._fit()

    def _fit(self) -> None:
        is_low = self.size.height < _LOW_LINES
        self.query_one(".dialog").set_class(is_low, "-low")
        cells = self.query_one(".dialog").content_size.width
        lines = len(wrapped(str(self._note.visual), max(cells, 1)))
        room = self.size.height - (_LOW_FRAME_LINES if is_low else _FRAME_LINES)
        self._table.styles.max_height = max(room - lines, 2)

    def on_data_table_row_highlighted(self) -> None:
        """Say more of the one under the cursor."""
        self._show_choice()

    def _show_choice(self) -> None:
        """All of it: the table may have no room."""
        choice = self._table.current_row
        if choice is not None:
            self._note.update(self._words(choice))
            self._fit()

    def _words(self, choice: GgufChoice) -> str:
        parts = [bytes_text(choice.size_bytes)]
        if choice.bits_per_weight is not None:
            bits = bits_text(choice.bits_per_weight)
            parts.append(_("{bits} bits per weight").format(bits=bits))
        if choice.fit is not None:
            parts.append(f"{FIT_MARKS[choice.fit]} {fit_text(choice.fit)}")
        if self._table.is_recommended:
            parts.append(_("★ recommended"))
        return one_line(choice.file) + "\n" + " · ".join(parts)

    def on_column_table_chosen(self) -> None:
        """A double click is Enter."""
        self.action_choose()

    def action_choose(self) -> None:
        """Take the one under the cursor."""
        choice = self._table.current_row
        self.dismiss(choice.file if choice else None)
