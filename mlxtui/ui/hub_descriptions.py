"""What the hub said of single repositories, kept while the app runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import DescribeRepository
from mlxtui.backend.job_events import Event, RepositoryDescribed
from mlxtui.plans import Plan
from mlxtui.repositories import Repository
from mlxtui.types import RequestId

# Each may hold a card of many kilobytes.
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Described:
    """A repository, and what fetching it as it is would take."""

    repository: Repository
    plan: Plan


@dataclass(frozen=True, slots=True)
class NotDescribed:
    """Why nothing is known of it."""

    message: str
    hint: str


Description = Described | NotDescribed
Purpose = Literal["typed", "cursor"]
"""Whether an address was typed, or its row is under the cursor."""


class Descriptions:
    """One repository is asked for at a time and purpose; the last one wins.

    Args:
        changed: Called when there is something else to show.
    """

    def __init__(self, backend: Backend, changed: Callable[[], None]) -> None:
        self._backend = backend
        self._changed = changed
        self._asked: dict[Purpose, tuple[RequestId, str]] = {}
        self._known: dict[str, Description] = {}

    def of(self, address: str) -> Description | None:
        """What is known of it; None while it was not asked for."""
        return self._known.get(address)

    def is_asked(self, address: str) -> bool:
        """Whether it is on its way."""
        return any(asked == address for _request, asked in self._asked.values())

    def ask(self, address: str, purpose: Purpose) -> None:
        """Ask for a repository, unless it is known or on its way."""
        if self.is_asked(address) or isinstance(self.of(address), Described):
            return
        self.cancel(purpose)
        self._known.pop(address, None)
        request_id = new_request_id()
        self._asked[purpose] = (request_id, address)
        self._backend.submit(DescribeRepository(request_id=request_id, address=address))
        self._changed()

    def cancel(self, purpose: Purpose) -> None:
        """Nobody waits for the answer any more."""
        if purpose in self._asked:
            request_id, _address = self._asked.pop(purpose)
            self._backend.cancel(request_id)

    def forget(self) -> None:
        """Ask anew the next time: a token, the disk or the memory may be another."""
        self._known.clear()

    def receive(self, event: Event) -> None:
        """Take the answer to a question that is still asked."""
        asked = {request_id: each for each, (request_id, _) in self._asked.items()}
        purpose = asked.get(event.request_id)
        if purpose is None:
            return
        _request_id, address = self._asked[purpose]
        match event:
            case RepositoryDescribed(repository=repository, plan=plan):
                self._keep(address, Described(repository, plan))
            case Failed(message=message, hint=hint):
                self._keep(address, NotDescribed(message, hint))
            case _:
                return
        del self._asked[purpose]
        self._changed()

    def _keep(self, address: str, description: Description) -> None:
        self._known[address] = description
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
