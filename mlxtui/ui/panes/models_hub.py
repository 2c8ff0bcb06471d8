"""The hub's models: searched, looked at before anything is fetched, and fetched."""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from mlxtui.backend.backend import Backend
from mlxtui.backend.job_events import Event, JobChanged
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.repositories import SearchQuery
from mlxtui.ui.hub_descriptions import Described, Descriptions
from mlxtui.ui.hub_rows import HubRow, fit_of, is_address, row_of_described, words_of
from mlxtui.ui.hub_search import HubSearch
from mlxtui.ui.hub_words import is_busy, is_searched, notice_text, summary_text
from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.panes.hub_fetching import HubFetching
from mlxtui.ui.widgets.hub_details import HubDetails
from mlxtui.ui.widgets.hub_filters import HubFilters, words_of_group
from mlxtui.ui.widgets.hub_table import HubTable
from mlxtui.ui.widgets.model_filter import ModelFilter

# The details stand beside the table from here on, below it in less.
_WIDE_CELLS = 108
_LOW_LINES = 14
_TYPING_PAUSE_SECONDS = 0.3
_CURSOR_PAUSE_SECONDS = 0.25


class HubView(Vertical):
    """The search, its results, and the repository under the cursor."""

    HELP: ClassVar[str] = N_(
        "Type words to search the Hugging Face hub, or paste an address: owner/name,"
        " owner/name@revision, or a link. Nothing is fetched before you said yes to"
        " its plan. A GGUF file becomes an MLX model; of several you choose one, and ★"
        " marks the largest that fits.\n"
        "Without words the recommended models for this machine are shown.\n"
        "Tab goes on to the results and to the details, which scroll. Enter there"
        " fetches, q fetches and quantizes. Esc goes back to your own models.\n"
        "“fits”, “tight” and “does not fit” are the same estimate that guards loading:"
        " weights, context and a reserve against the memory that is free."
    )

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._table = HubTable()
        self._field = ModelFilter(self._table)
        self._filters = HubFilters()
        self._details = HubDetails()
        self._summary = Static("", classes="summary", markup=False)
        self._notice = Static("", classes="notice", markup=False)
        self._found = HubSearch(backend, self._show)
        self._descriptions = Descriptions(backend, self._descriptions_changed)
        self._typing: Timer | None = None
        self._resting: Timer | None = None
        self._address = ""
        self._goes_to_results = False
        """Enter was pressed in the field: what is found has the keys then."""
        self.fetching = HubFetching(self, self._descriptions, self._current_address)
        """Plans of what is under the cursor."""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="head"):
            yield self._field
            yield self._summary
        yield self._filters
        with Horizontal(classes="body"):
            with Vertical(classes="list"):
                yield self._table
                yield self._notice
            yield self._details

    def on_mount(self) -> None:
        """The recommended models are there before anything is typed."""
        self.retranslate()
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room for them."""
        is_wide = event.size.width >= _WIDE_CELLS
        self.set_class(is_wide, "-wide")
        self.set_class(not is_wide and event.size.height < _LOW_LINES, "-low")

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        self._field.placeholder = _("Words, owner/name, or an address")
        self._filters.refresh()
        self._show()

    def opened(self) -> None:
        """The user has come here: what is on the disk may have changed."""
        self._descriptions.forget()
        self._show()
        self._look_at_current()

    def focus_first(self) -> None:
        """The results have the keys when there are any, else the field."""
        has_results = bool(self._field.value and self._table.row_count)
        self.screen.set_focus(self._table if has_results else self._field)

    def receive(self, event: Event) -> None:
        """Follow the search and the descriptions."""
        self._found.receive(event)
        self._descriptions.receive(event)
        if isinstance(event, JobChanged) and event.job.state == "finished":
            self._descriptions.forget()  # something else is on the disk now
            self._look_at_current()

    # What the user asks for

    def find(self, words: str) -> None:
        """Search for words or an address, or begin to type them."""
        if words:
            self._field.value = words
            self._ask()
            self._table.focus()
        else:
            self._field.focus()

    def leave(self) -> bool:
        """Leave the field or the details; False when the view itself is to be left."""
        if self._table.has_focus:
            return False
        self._table.focus()
        return True

    def ask_again(self) -> None:
        """Ask the hub anew."""
        self._descriptions.forget()
        if self._address and not words_of(self._address):
            self._descriptions.ask(self._address, "typed")
        else:
            self._found.ask_again()

    def take(self, group: str, word: str) -> str:
        """Take another kind, format or order: the next, or the one that is named.

        Returns:
            What could be named instead, when there is no such word.
        """
        if not word:
            self._filters.take_next(group)
        elif not self._filters.take_named(group, word):
            return words_of_group(group)
        return ""

    def copy_address(self) -> None:
        """Copy the address of the repository under the cursor."""
        row = self._table.current_row
        if row is not None:
            self.post_message(CopyRequested(row.repo_id, _("the address")))

    # What its parts report

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search when the typing pauses; until then nothing is asked."""
        event.stop()
        self._goes_to_results = False
        self._stop(self._typing)
        self._typing = self.set_timer(_TYPING_PAUSE_SECONDS, self._ask)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once; what was searched for already is fetched."""
        event.stop()
        if self._wanted() != (self._found.query, self._address):
            self._goes_to_results = True
            self._ask()
        elif self._table.row_count:
            self.fetching.open()
        else:
            self.ask_again()

    def on_hub_filters_changed(self, message: HubFilters.Changed) -> None:
        """Look for others."""
        message.stop()
        self._ask()

    def on_data_table_row_highlighted(self) -> None:
        """Look closer at a row when the cursor rests on it; go on at the end."""
        self._show_details()
        self._look_at_current()
        if self._table.cursor_row >= self._table.row_count - 1:
            self._found.ask_more()

    def on_column_table_chosen(self) -> None:
        """A double click is Enter."""
        self.fetching.open()

    # How it is done

    def _wanted(self) -> tuple[SearchQuery, str]:
        """What the fields say: a search, and an address beside it or in its place."""
        text = self._field.value.strip()
        address = text if is_address(text) else ""
        words = words_of(address) if address else " ".join(text.split())
        if address and not words:
            return self._found.query, address
        return replace(self._filters.sought, words=words), address

    def _ask(self) -> None:
        self._stop(self._typing)
        query, self._address = self._wanted()
        if self._address:
            self._descriptions.ask(self._address, "typed")
        else:
            self._descriptions.cancel("typed")
        self._found.ask(query)
        self._show()

    def _look_at_current(self) -> None:
        self._stop(self._resting)
        row = self._table.current_row
        if row is not None and self.display:
            look = partial(self._descriptions.ask, row.address, "cursor")
            self._resting = self.set_timer(_CURSOR_PAUSE_SECONDS, look)

    def _current_address(self) -> str:
        row = self._table.current_row
        return row.address if row else ""

    def _stop(self, timer: Timer | None) -> None:
        if timer is not None:
            timer.stop()

    def _descriptions_changed(self) -> None:
        self._show()
        self.fetching.descriptions_changed()

    # What is shown

    def _rows(self) -> list[HubRow]:
        """The repository whose address was typed, then what was found."""
        exact = self._descriptions.of(self._address) if self._address else None
        rows: list[HubRow] = []
        if isinstance(exact, Described):
            rows.append(row_of_described(self._address, exact.repository, exact.plan))
        if is_searched(self._address):
            known = {row.repo_id for row in rows}
            rows += [
                self._with_fit(row)
                for row in self._found.rows
                if row.repo_id not in known
            ]
        return rows

    def _with_fit(self, row: HubRow) -> HubRow:
        known = self._descriptions.of(row.address)
        if not isinstance(known, Described):
            return row
        size_bytes = row.size_bytes or known.plan.contents.size_bytes or None
        return replace(
            row,
            fit=fit_of(known.plan),
            size_bytes=size_bytes,
            parameter_count=row.parameter_count or known.plan.contents.parameter_count,
        )

    def _show(self) -> None:
        if not self.is_mounted:
            return
        rows, address = self._rows(), self._address
        is_recommended = self._found.is_recommended and not address
        self._table.show_rows(rows, None if is_recommended else self._found.query.order)
        # They say nothing of a list that nobody has searched for.
        self._filters.display = not is_recommended
        if self._goes_to_results and rows:
            self._goes_to_results = False
            self._table.focus()
        if is_busy(self._found, self._descriptions, address):
            summary, notice = _("Searching…"), ""
        else:
            summary = summary_text(self._found, address, len(rows))
            notice = notice_text(self._found, self._descriptions, address, len(rows))
        self._summary.update(summary)
        self._notice.update(one_line(notice))
        self._notice.display = bool(notice)
        self._show_details()

    def _show_details(self) -> None:
        row = self._table.current_row
        known = self._descriptions.of(row.address) if row else None
        self._details.show_repository(row, known)
