"""Which models are on this machine, as far as the last look at the disk tells."""

from collections.abc import Callable

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import Failed, LibraryScanned
from mlxtui.backend.job_events import Event
from mlxtui.types import LocalModel, RequestId


class ModelScan:
    """One look at a time; who asks during one gets another after it.

    Args:
        changed: Called when the answer is there.
    """

    def __init__(self, backend: Backend, changed: Callable[[], None]) -> None:
        self._backend = backend
        self._changed = changed
        self._request_id: RequestId | None = None
        self._looks_again = False
        self._waiting: list[Callable[[], None]] = []
        self.found: tuple[LocalModel, ...] | None = None
        """None before the first answer."""
        self.disk_bytes = 0
        """What all of them take together; 0 while that is not known."""
        self.failure = ""
        """Why the last look failed."""

    @property
    def models(self) -> tuple[LocalModel, ...]:
        """All that were found."""
        return self.found or ()

    def look(self, then: Callable[[], None] | None = None) -> None:
        """Look at the disk.

        Args:
            then: Called once when the next answer is there.
        """
        if then is not None:
            self._waiting.append(then)
        if self._request_id is not None:
            # What is asked for now may have come after the disk was looked at.
            self._looks_again = self._looks_again or then is None
            return
        self._looks_again = False
        self._request_id = new_request_id()
        self._backend.submit(ScanLibrary(request_id=self._request_id))

    def receive(self, event: Event) -> None:
        """Take the answer."""
        if event.request_id != self._request_id:
            return
        match event:
            case LibraryScanned(models=models, disk_bytes=disk_bytes):
                self.found, self.disk_bytes, self.failure = models, disk_bytes, ""
                waiting, self._waiting = self._waiting, []
            case Failed(message=message, hint=hint):
                self.failure = f"{message} {hint}"
                waiting, self._waiting = [], []
            case _:
                return
        self._request_id = None
        self._changed()
        for go_on in waiting:
            go_on()
        if self._looks_again:
            self.look()
