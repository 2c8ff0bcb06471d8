"""The models of this machine: what they are, whether they fit, which one to use."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Input, Static

from mlxtui import names
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import Event, Failed, LibraryScanned, MemoryMeasured
from mlxtui.errors import ModelNotFound
from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.types import LocalModel, RequestId
from mlxtui.ui.actions import bindings
from mlxtui.ui.messages import CopyRequested, LoadRequested, UnloadRequested
from mlxtui.ui.model_columns import COLUMNS, Column, ModelRow, Order, column_named
from mlxtui.ui.model_standing import ModelMemory, is_found_by, standing
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.models_actions import ModelsInfo
from mlxtui.ui.place import Place
from mlxtui.ui.widgets.model_details import ModelDetails
from mlxtui.ui.widgets.model_filter import ModelFilter
from mlxtui.ui.widgets.model_table import ModelTable
from mlxtui.units import bytes_text

# The details stand beside the table from here on, below it in less.
_WIDE_CELLS = 110


class ModelsPane(ModelsInfo, Place):
    """The list of models, with details of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(ModelsInfo.ACTIONS)

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._table = ModelTable()
        self._filter = ModelFilter(self._table)
        self._details = ModelDetails()
        self._summary = Static("", classes="summary", markup=False)
        self._notice = Static("", classes="notice", markup=False)
        self._request_id: RequestId | None = None
        self._models: tuple[LocalModel, ...] | None = None
        self._failure = ""
        self._waiting: list[Callable[[], None]] = []
        self._measured: MemoryMeasured | None = None
        self._order = Order()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="head"):
            yield self._filter
            yield self._summary
        with Horizontal(classes="body"):
            with Vertical(classes="list"):
                yield self._table
                yield self._notice
            yield self._details

    def on_mount(self) -> None:
        """Look for models; the list is empty until they are found."""
        self.retranslate()
        self._scan()

    def on_opened(self) -> None:
        """Look again: other programs fetch models, too."""
        self._show()
        self._scan()

    def focus_first(self) -> None:
        """The table has the keys."""
        self._table.focus()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self._filter.placeholder = _("Filter, or the path of a model folder")
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room for them."""
        self.set_class(event.size.width >= _WIDE_CELLS, "-wide")
        self._show_details()

    async def receive(self, event: Event) -> None:
        """Follow the search for models and the machine's memory."""
        if isinstance(event, MemoryMeasured):
            if event.free_bytes != (self._measured and self._measured.free_bytes):
                self._measured = event
                self._show()
        elif event.request_id == self._request_id:
            self._request_id = None
            match event:
                case LibraryScanned(models=models):
                    self._models, self._failure = models, ""
                    waiting, self._waiting = self._waiting, []
                case Failed(message=message, hint=hint):
                    self._failure = f"{message} {hint}"
                    waiting, self._waiting = [], []
                case _:
                    return
            self._show()
            for go_on in waiting:
                go_on()

    def watch_model_state(self, before: ModelState, state: ModelState) -> None:
        """Mark the model that is loaded or on its way."""
        if not self.is_mounted:
            return
        self._show()
        if before.loaded != state.loaded and self.display:
            self._scan()

    # What the user asks for

    def action_chat(self, argument: str = "") -> None:
        """Open a chat with a model."""
        self._with_model(argument, partial(self._load, then_chat=True))

    def action_load(self, argument: str = "") -> None:
        """Load a model for the chat."""
        self._with_model(argument, partial(self._load, then_chat=False))

    def action_unload(self) -> None:
        """Free the memory of the loaded model."""
        if self.model_state.loaded is None:
            self.notify(_("No model is loaded."), markup=False)
        else:
            self.post_message(UnloadRequested())

    def action_sort(self, argument: str = "") -> None:
        """Sort by a column, or by the next one that is shown."""
        if argument:
            column = column_named(argument)
            if column is None:
                columns = ", ".join(column.name for column in COLUMNS)
                self._refuse(
                    _("There is no column {name}.").format(name=argument),
                    _("Columns: {columns}").format(columns=columns),
                )
                return
        else:
            shown = self._table.columns_shown
            place = (
                shown.index(self._order.column) if self._order.column in shown else -1
            )
            column = shown[(place + 1) % len(shown)]
        self._sort_by(column)

    def action_filter(self, argument: str = "") -> None:
        """Type what the models must have, or take it as typed."""
        if argument:
            self._filter.value = argument
        self._filter.focus()

    def action_show_all(self) -> None:
        """Empty the filter and give the keys back to the table."""
        self._filter.value = ""
        self._table.focus()

    def action_rescan(self) -> None:
        """Look for models again."""
        self._waiting.append(self._tell_count)
        self._scan()

    def _tell_count(self) -> None:
        count = len(self._models or ())
        text = ngettext("{count} model is here.", "{count} models are here.", count)
        self.notify(text.format(count=count), markup=False)

    def action_copy_path(self) -> None:
        """Copy the folder of the model under the cursor."""
        model = self._table.current
        if model is not None:
            self.post_message(CopyRequested(str(model.path), _("the path")))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc goes on to others when there is nothing to empty."""
        if action == "show_all":
            return bool(self._filter.value) or self._filter.has_focus
        return True

    # What its parts report

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the models that have the words."""
        event.stop()
        current = self._table.current
        if current is not None and not is_found_by(current, event.value):
            self._table.move_cursor(row=0)
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Chat with the folder that was typed, or with the model under the cursor."""
        event.stop()
        text = event.value.strip()
        if not names.looks_like_path(text):
            self.action_chat()
            return
        try:
            model = names.resolve(text, ())
        except ModelNotFound as error:
            self._notice.update(one_line(f"{error.message} {error.hint}"))
        else:
            self.action_show_all()
            self._load(model, then_chat=True)

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the model under the cursor."""
        self._show_details()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column; the other way round when it already is."""
        column = next(each for each in COLUMNS if each.name == event.column_key.value)
        if column == self._order.column:
            self._order = Order(column, not self._order.largest_first)
            self._show()
        else:
            self._sort_by(column)

    def on_model_table_chosen(self) -> None:
        """A double click is Enter."""
        self.action_chat()

    # How it is done

    def _scan(self) -> None:
        if self._request_id is not None:
            return
        self._request_id = new_request_id()
        self.backend.submit(ScanLibrary(request_id=self._request_id))

    def _with_model(self, name: str, do: Callable[[LocalModel], None]) -> None:
        """Do it with the model of that name, or with the one under the cursor."""
        if not name:
            model = self._table.current
            if model is not None:
                do(model)
        elif self._models is None and not names.looks_like_path(name):
            self._waiting.append(partial(self._with_model_found, name, do))
            self._scan()
        else:
            self._with_model_found(name, do)

    def _with_model_found(self, name: str, do: Callable[[LocalModel], None]) -> None:
        try:
            do(names.resolve(name, self._models or ()))
        except ModelNotFound as error:
            self._refuse(error.message, error.hint)

    def _load(self, model: LocalModel, *, then_chat: bool) -> None:
        if model.problem:
            self._refuse(model.problem, model.hint)
        else:
            self.post_message(LoadRequested(model, then_chat=then_chat))

    def _refuse(self, message: str, hint: str) -> None:
        text = "\n".join(filter(None, (message, hint)))
        self.notify(text, severity="error", markup=False)

    def _sort_by(self, column: Column) -> None:
        self._order = Order(column, largest_first=column.is_number)
        self._show()

    @property
    def _memory(self) -> ModelMemory:
        return ModelMemory(self._measured, self.model_state.loaded)

    def _row(self, model: LocalModel) -> ModelRow:
        state = self.model_state
        of_model = standing(model, state, self._memory)
        share = state.loading_share if of_model == "loading" else None
        return ModelRow(model, of_model, share)

    def _show(self) -> None:
        """Bring every part up to date; parts that say the same are not drawn again."""
        if not self.display:
            return
        text = self._filter.value.strip()
        is_path = names.looks_like_path(text)
        models = self._models or ()
        found = [each for each in models if is_path or is_found_by(each, text)]
        self._table.show_rows([self._row(model) for model in found], self._order)
        self._show_summary(found)
        self._show_notice(text, found)
        self._show_details()

    def _show_summary(self, found: list[LocalModel]) -> None:
        count = len(self._models or ())
        text = ngettext("{count} model", "{count} models", count).format(count=count)
        if len(found) < count:
            text = _("{found} of {all}").format(found=len(found), all=text)
        size = bytes_text(sum(model.size_bytes for model in found))
        self._summary.update(f"{text} · {size}" if count else "")

    def _show_notice(self, text: str, found: list[LocalModel]) -> None:
        if self._failure:
            notice = self._failure
        elif self._models is None:
            notice = _("Looking for models…")
        elif names.looks_like_path(text):
            notice = _("Enter loads this folder.")
        elif not found:
            notice = _("No model has this: {words}").format(words=text)
        elif all(model.source == "built-in" for model in self._models):
            notice = _(
                "There is no other model yet. `hf download mlx-community/Qwen3-4B-4bit`"
                " fetches one from Hugging Face; models in a folder of your own are"
                " found when the setting model_folders names it."
            )
        else:
            notice = ""
        self._notice.update(one_line(notice))
        self._notice.display = bool(notice)

    def _show_details(self) -> None:
        model = self._table.current
        self._details.show_model(
            model,
            self._row(model).standing if model else "unknown",
            self._memory,
            is_tall=self.has_class("-wide"),
        )
