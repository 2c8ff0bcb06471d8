"""The one way in for a front end: commands in, events out, nothing waits."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlxtui.backend.commands import EngineCommand
from mlxtui.backend.engine import Engine
from mlxtui.backend.events import Progress, TextDelta
from mlxtui.backend.jobs import JobPool
from mlxtui.backend.requests import Request
from mlxtui.settings import Settings
from mlxtui.types import RequestId

if TYPE_CHECKING:
    from mlxtui.backend.job_commands import Command
    from mlxtui.backend.job_events import Event


def new_request_id() -> RequestId:
    """A name for a request that no other has."""
    return RequestId(uuid.uuid4().hex)


class Backend:
    """Starts the threads and passes commands to the one that does them.

    Args:
        emit: Takes every event. It is called from other threads and must not block:
            Textual's `post_message`, a queue's `put`.
    """

    def __init__(self, emit: Callable[[Event], None], settings: Settings) -> None:
        self._front_end = emit
        self._cancel_flags: dict[RequestId, threading.Event] = {}
        self._engine = Engine(self._emit, settings)
        self._jobs = JobPool(self._emit, settings, self._engine)
        self._closed = False

    def submit(self, command: Command) -> None:
        """Hand over a command; its events follow, one terminal event as the last."""
        flag = self._cancel_flags[command.request_id] = threading.Event()
        if isinstance(command, EngineCommand):
            self._engine.submit(Request(command, flag))
        else:
            self._jobs.submit(command, flag)

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next command on."""
        self._engine.use(settings)
        self._jobs.use(settings)

    def cancel(self, request_id: RequestId) -> None:
        """Stop a request at its next step; one that has ended stays as it is."""
        flag = self._cancel_flags.get(request_id)
        if flag is not None:
            flag.set()

    def close(self) -> None:
        """Cancel everything, end the threads and wait for them. May be called twice.

        Jobs that have not ended rest; the next start offers to go on with them.
        """
        if self._closed:
            return
        self._closed = True
        for flag in list(self._cancel_flags.values()):
            flag.set()
        self._jobs.stop()
        self._engine.close()
        self._jobs.close()

    def _emit(self, event: Event) -> None:
        # The other passing events bear a job's id, which no request has.
        if not isinstance(event, Progress | TextDelta):
            self._cancel_flags.pop(event.request_id, None)
        self._front_end(event)
