"""What is asked of the hub's search, and what has come of it so far."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import ListRecommended, SearchHub
from mlxtui.backend.job_events import Event, HubSearched, RecommendedListed
from mlxtui.repositories import SearchQuery
from mlxtui.types import RequestId
from mlxtui.ui.hub_rows import HubRow, row_of_found, row_of_recommended

DEFAULT_QUERY = SearchQuery(weight_format="mlx")
"""What MLX loads as it is comes first."""


class HubSearch:
    """Only the answer to the last question counts; an older one is cancelled.

    Args:
        changed: Called when there is something else to show.
    """

    def __init__(self, backend: Backend, changed: Callable[[], None]) -> None:
        self._backend = backend
        self._changed = changed
        self._request_id: RequestId | None = None
        self._next_page = ""
        self.query = DEFAULT_QUERY
        """The last one that was asked for."""
        self.phase: Literal["new", "searching", "more", "done"] = "new"
        self.rows: list[HubRow] = []
        self.failure: tuple[str, str] | None = None
        """Why the last question has no answer: message and hint."""

    @property
    def is_recommended(self) -> bool:
        """Nothing is searched for: the recommended models are shown."""
        return self.query == DEFAULT_QUERY

    @property
    def has_more(self) -> bool:
        """There is a next page."""
        return bool(self._next_page)

    def ask(self, query: SearchQuery) -> None:
        """Search for something else; nothing is asked twice, unless it failed."""
        query = replace(query, words=" ".join(query.words.split()))
        if query == self.query and self.phase != "new" and self.failure is None:
            return
        self._cancel()
        self.query = query
        self.phase = "searching"
        self.rows, self.failure, self._next_page = [], None, ""
        self._request_id = request_id = new_request_id()
        if self.is_recommended:
            self._backend.submit(ListRecommended(request_id=request_id))
        else:
            self._backend.submit(SearchHub(request_id=request_id, query=query))
        self._changed()

    def ask_again(self) -> None:
        """Ask the same once more."""
        self.phase = "new"
        self.ask(self.query)

    def ask_more(self) -> None:
        """Ask for the next page, if there is one and it is not on its way."""
        if self.phase != "done" or not self.has_more:
            return
        self.phase = "more"
        self._request_id = new_request_id()
        self._backend.submit(
            SearchHub(
                request_id=self._request_id, query=self.query, page=self._next_page
            )
        )
        self._changed()

    def receive(self, event: Event) -> None:
        """Take the answer to the last question."""
        if event.request_id != self._request_id:
            return
        match event:
            case HubSearched(page=page):
                known = {row.repo_id for row in self.rows}
                found = [row_of_found(each) for each in page.found]
                self.rows += [row for row in found if row.repo_id not in known]
                self._next_page = page.next_page
                self.failure = None
            case RecommendedListed(recommended=recommended):
                self.rows = [row_of_recommended(*each) for each in recommended]
            case Failed(message=message, hint=hint):
                self.failure = (message, hint)
            case _:
                return
        self._request_id = None
        self.phase = "done"
        self._changed()

    def _cancel(self) -> None:
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
            self._request_id = None
