"""The list of models: choose one by name, or a folder by its path."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.widgets import DataTable, Input, Static

from mlxtui import names
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import Event, Failed, LibraryScanned
from mlxtui.errors import ModelNotFound
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.types import LocalModel
from mlxtui.ui.bindings import translate_bindings
from mlxtui.units import bytes_text, count_text


class ModelsScreen(ModalScreen[LocalModel | None]):
    """Ends with the model that the user chose, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close")),
        Binding("down", "move(1)", N_("Next"), show=False, priority=True),
        Binding("up", "move(-1)", N_("Previous"), show=False, priority=True),
    ]

    def __init__(self, backend: Backend, backend_signal: Signal[Event]) -> None:
        super().__init__()
        translate_bindings(self)
        self._backend = backend
        self._backend_signal = backend_signal
        self._request_id = new_request_id()
        self._models: tuple[LocalModel, ...] = ()
        self._shown: list[LocalModel] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="models") as box:
            box.border_title = _("Models on this machine")
            box.border_subtitle = _("↑ ↓ choose · Enter loads · Esc closes")
            yield Input(placeholder=_("Part of a name, or the path of a model folder"))
            yield DataTable(cursor_type="row", zebra_stripes=False)
            yield Static(_("Looking for models…"), classes="details", markup=False)

    def on_mount(self) -> None:
        """Look for models; the list is empty until they are found."""
        table = self.query_one(DataTable)
        table.can_focus = False  # the field keeps the keys, the arrows move the row
        table.add_column(_("Model"))
        for title in (_("Size"), _("Parameters"), _("Bits"), _("Context")):
            table.add_column(Text(title, justify="right"))
        self._backend_signal.subscribe(self, self._receive)
        self._backend.submit(ScanLibrary(request_id=self._request_id))

    def _receive(self, event: Event) -> None:
        if event.request_id != self._request_id:
            return
        match event:
            case LibraryScanned(models=models):
                self._models = models
                self._show_rows()
            case Failed(message=message, hint=hint):
                self._say(f"{message} {hint}")
            case _:
                pass

    def on_input_changed(self) -> None:
        """Show the models that the text is a part of."""
        self._show_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the folder that was typed, or the model under the cursor."""
        text = event.value.strip()
        if names.looks_like_path(text):
            try:
                self.dismiss(names.resolve(text, ()))
            except ModelNotFound as error:
                self._say(f"{error.message} {error.hint}")
            return
        self._choose()

    def on_data_table_row_selected(self) -> None:
        """Choose with the mouse."""
        self._choose()

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the model under the cursor."""
        if names.looks_like_path(self.query_one(Input).value.strip()):
            return  # Enter loads the path, not this model
        model = self._current()
        if model is not None:
            self._say(
                f"{model.problem} {model.hint}" if model.problem else str(model.path)
            )

    def action_move(self, rows: int) -> None:
        """Move the cursor while the field keeps the focus."""
        table = self.query_one(DataTable)
        table.move_cursor(row=table.cursor_row + rows)

    def action_close(self) -> None:
        """Leave without a choice."""
        self._backend.cancel(self._request_id)
        self.dismiss(None)

    def _choose(self) -> None:
        model = self._current()
        if model is None:
            self._say(_("No model has this in its name."))
        elif model.problem:
            self._say(f"{model.problem} {model.hint}")
        else:
            self.dismiss(model)

    def _current(self) -> LocalModel | None:
        row = self.query_one(DataTable).cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _show_rows(self) -> None:
        text = self.query_one(Input).value.strip().lower()
        if names.looks_like_path(text):
            self._say(_("Enter loads this folder."))
            text = ""
        self._shown = [model for model in self._models if text in model.name.lower()]
        table = self.query_one(DataTable)
        table.clear()
        for model in self._shown:
            table.add_row(*_cells(model))

    def _say(self, text: str) -> None:
        self.query_one(".details", Static).update(one_line(text))


def _cells(model: LocalModel) -> tuple[Text, ...]:
    def cell(value: float | None, text: str) -> Text:
        return Text("–" if value is None else text, justify="right")

    name = one_line(model.name)
    return (
        Text(f"✗ {name}", style="dim") if model.problem else Text(name),
        cell(model.size_bytes, bytes_text(model.size_bytes)),
        cell(model.parameter_count, count_text(model.parameter_count or 0)),
        cell(model.bits_per_weight, f"{model.bits_per_weight or 0:.1f}"),
        cell(model.context_length, f"{model.context_length or 0:,}"),
    )
