"""The models of this machine: what they are, whether they fit, which one to use."""

from collections.abc import Callable
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import DataTable, Input, Static

from mlxtui import names
from mlxtui.backend.backend import Backend
from mlxtui.backend.events import MemoryMeasured
from mlxtui.backend.job_events import Event, JobChanged
from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import LocalModel
from mlxtui.ui.library_words import notice_text, summary_text
from mlxtui.ui.messages import CopyRequested, PlanRequested
from mlxtui.ui.model_columns import COLUMNS, ModelRow, Order, column_named
from mlxtui.ui.model_scan import ModelScan
from mlxtui.ui.model_standing import (
    ModelMemory,
    is_found_by,
    standing,
)
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.models_keeping import ModelKeeping
from mlxtui.ui.panes.models_use import ModelUse
from mlxtui.ui.plan_questions import PlanQuestions
from mlxtui.ui.table_columns import Column
from mlxtui.ui.typed_path import TypedPath
from mlxtui.ui.widgets.in_sight import is_in_sight
from mlxtui.ui.widgets.model_details import ModelDetails
from mlxtui.ui.widgets.model_filter import ModelFilter
from mlxtui.ui.widgets.model_table import ModelTable

# The details stand beside the table from here on, below it in less.
_WIDE_CELLS = 108


class LibraryView(Vertical):
    """The list of models, with details of the one under the cursor."""

    class FindRequested(Message):
        """Look for words or an address on the hub: nothing here has them."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._table = ModelTable()
        self._filter = ModelFilter(self._table)
        self._details = ModelDetails()
        self._summary = Static("", classes="summary", markup=False)
        self._notice = Static("", classes="notice", markup=False)
        self._scan = ModelScan(backend, self._show)
        self._go_to_name = ""
        self._plans = PlanQuestions(backend)
        self._typed_path = TypedPath(
            self._plans, self._filter, self._show, self._open_typed
        )
        self._measured: MemoryMeasured | None = None
        self._model_state = ModelState()
        self._order = Order()
        self.use = ModelUse(self, self._scan, self._table)
        """Loads, imports, and which model a name means."""
        self.keeping = ModelKeeping(self, backend, self._changed, self.go_to)
        """Copies, names, removals."""

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
        self._scan.look()

    def opened(self) -> None:
        """Look again: other programs fetch models, too."""
        self._show()
        self._scan.look()

    def focus_first(self) -> None:
        """The table has the keys."""
        self.screen.set_focus(self._table)

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self._filter.placeholder = _("Filter, a model folder's path, or an address")
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room for them."""
        self.set_class(event.size.width >= _WIDE_CELLS, "-wide")
        self._show_details()

    @property
    def models(self) -> tuple[LocalModel, ...]:
        """All that were found."""
        return self._scan.models

    @property
    def memory(self) -> ModelMemory:
        """What models may take."""
        return ModelMemory(self._measured, self._model_state.loaded)

    @property
    def has_filter(self) -> bool:
        """Whether the filter is in use."""
        return bool(self._filter.value) or self._filter.has_focus

    def receive(self, event: Event) -> None:
        """Follow scans, plans, jobs and the machine's memory."""
        self.keeping.receive(event)
        self._scan.receive(event)
        self._plans.receive(event)
        match event:
            case MemoryMeasured(free_bytes=free_bytes):
                if free_bytes != (self._measured and self._measured.free_bytes):
                    self._measured = event
                    self._show()
            case JobChanged(job=job):
                if job.state == "finished":
                    self._scan.look()
            case _:
                pass

    def show_state(self, before: ModelState, state: ModelState) -> None:
        """Mark the model that is loaded or on its way."""
        self._model_state = state
        self.keeping.follow(state)
        if not self.is_mounted:
            return
        self._show()
        if before.loaded != state.loaded and self.display:
            self._scan.look()

    # What the user asks for

    def plan(self, model: LocalModel, do: Callable[[Plan], None]) -> None:
        """Find out what a folder is, then go on; what it cannot be is told."""
        self._plans.ask(JobSpec(source=str(model.path)), do, self.use.refuse)

    def sort(self, name: str) -> None:
        """Sort by a column, or by the next one that is shown."""
        if name:
            column = column_named(name)
            if column is None:
                columns = ", ".join(column.name for column in COLUMNS)
                self.use.refuse(
                    _("There is no column {name}.").format(name=name),
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

    def filter(self, words: str) -> None:
        """Type what the models must have, or take it as typed."""
        if words:
            self._filter.value = words
        self._filter.focus()

    def show_all(self) -> None:
        """Empty the filter and give the keys back to the table."""
        self._filter.value = ""
        self._table.focus()

    def rescan(self) -> None:
        """Look for models again, and tell."""
        self._scan.look(self._tell_count)

    def _tell_count(self) -> None:
        count = len(self.models)
        text = ngettext("{count} model is here.", "{count} models are here.", count)
        self.notify(text.format(count=count), markup=False)

    def copy_path(self) -> None:
        """Copy the folder of the model under the cursor."""
        model = self._table.current
        if model is not None:
            self.post_message(CopyRequested(str(model.path), _("the path")))

    def go_to(self, name: str) -> None:
        """Move the cursor to a model, now or when a scan finds it."""
        self._go_to_name = name
        self._show()

    # What its parts report

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the models that have the words."""
        event.stop()
        self._typed_path.forget()
        current = self._table.current
        if current is not None and not is_found_by(current, event.value):
            self._table.move_cursor(row=0)
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Chat with the model under the cursor, or go where the text leads."""
        event.stop()
        text = event.value.strip()
        if names.looks_like_path(text):
            self._typed_path.open(text)
        elif self._table.current is None and text and self._scan.found is not None:
            self.post_message(self.FindRequested(text))
        else:
            self.use.with_one("", partial(self.use.load, then_chat=True))

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the model under the cursor."""
        self._show_details()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column; the other way round when it already is."""
        event.stop()
        column = next(each for each in COLUMNS if each.name == event.column_key.value)
        if column == self._order.column:
            self._order = Order(column, not self._order.largest_first)
            self._show()
        else:
            self._sort_by(column)

    def on_column_table_chosen(self) -> None:
        """A double click is Enter."""
        self.use.with_one("", partial(self.use.load, then_chat=True))

    # How it is done

    def _open_typed(self, model: LocalModel, plan: Plan) -> None:
        """Chat with an MLX model; show what making one of it takes."""
        if not is_in_sight(self):
            return
        self.show_all()
        if plan.contents.kind == "mlx":
            self.use.load(model, then_chat=True)
        else:
            self.post_message(PlanRequested(plan.spec))

    def _changed(self, name: str) -> None:
        self._go_to_name = name
        self._scan.look()

    def _sort_by(self, column: Column[ModelRow]) -> None:
        self._order = Order(column, largest_first=column.is_number)
        self._show()

    def _row(self, model: LocalModel) -> ModelRow:
        state = self._model_state
        of_model = standing(model, state, self.memory)
        share = state.loading_share if of_model == "loading" else None
        return ModelRow(model, of_model, share)

    # What is shown

    def _show(self) -> None:
        """Bring every part up to date; parts that say the same are not drawn again."""
        if not self.is_mounted or not self.display:
            return
        text = self._filter.value.strip()
        is_path = names.looks_like_path(text)
        found = [each for each in self.models if is_path or is_found_by(each, text)]
        self._table.show_rows([self._row(model) for model in found], self._order)
        if self._go_to_name and self._table.go_to(self._go_to_name):
            self._go_to_name = ""
        self._summary.update(summary_text(self._scan, found))
        notice = notice_text(self._scan, text, found, self._typed_path.notice)
        self._notice.update(one_line(notice))
        self._notice.display = bool(notice)
        self._show_details()

    def _show_details(self) -> None:
        model = self._table.current
        self._details.show_model(
            model,
            self._row(model).standing if model else "unknown",
            self.memory,
            is_tall=self.has_class("-wide"),
        )
