"""Which of a repository's quantizations is meant."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mlxtui import paths
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plans import GgufChoice
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.paged_list import PagedList
from mlxtui.units import bytes_text


class ChooseFile(Dialog[str | None]):
    """Ends with a file of the repository, or None.

    Args:
        repository: Its address.
        choices: What it has.
    """

    CSS_PATH = paths.styles_dir() / "dialogs.tcss"
    DIALOG_TITLE = N_("Which quantization?")
    DIALOG_HELP = N_(
        "The repository holds the same model several times, packed with more or fewer"
        " bits. Only the one that is chosen is fetched."
    )
    DIALOG_KEYS = (
        ("↑ ↓", N_("Go to another one")),
        ("Enter", N_("Show the plan")),
        ("Esc", N_("Leave everything as it is")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, repository: str, choices: Sequence[GgufChoice]) -> None:
        super().__init__()
        self._repository = repository
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = _("Which quantization?")
            box.border_subtitle = _("↑ ↓ move · Enter shows the plan · Esc closes")
            yield PagedList(*self._options(), markup=False)

    def _options(self) -> list[Option]:
        named = [
            (one_line(each.quantization), bytes_text(each.size_bytes), each.file)
            for each in self._choices
        ]
        width = max(cell_len(quantization) for quantization, _size, _file in named)
        return [
            Option(
                Content.assemble(
                    quantization + " " * (width - cell_len(quantization)),
                    f"  {size:>8}  ",
                    Content.styled(one_line(file), "$text-muted"),
                )
            )
            for quantization, size, file in named
        ]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        event.stop()
        self.dismiss(self._choices[event.option_index].file)
