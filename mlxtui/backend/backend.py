"""The one way in for a front end: commands in, events out, nothing waits."""

import threading
import uuid
from collections.abc import Callable

from mlxtui.backend.commands import Command, JobCommand
from mlxtui.backend.engine import Engine
from mlxtui.backend.events import Event, PassingEvent
from mlxtui.backend.job_runner import JobRunner
from mlxtui.backend.jobs import JobPool
from mlxtui.backend.requests import Request
from mlxtui.settings import Settings
from mlxtui.types import RequestId


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
        self._runner = JobRunner(self._emit, self._engine, settings)
        self._jobs = JobPool(self._emit, settings, self._engine, self._runner)
        self._closed = False

    def submit(self, command: Command) -> None:
        """Hand over a command; its events follow, one terminal event as the last."""
        flag = self._cancel_flags[command.request_id] = threading.Event()
        if isinstance(command, JobCommand):
            self._jobs.submit(command, flag)
        else:
            self._engine.submit(Request(command, flag))

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next command on."""
        self._engine.use(settings)
        self._jobs.use(settings)
        self._runner.use(settings)

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
        self._runner.stop()
        self._jobs.close()
        self._engine.close()
        self._runner.close()

    def _emit(self, event: Event) -> None:
        if not isinstance(event, PassingEvent):
            self._cancel_flags.pop(event.request_id, None)
        self._front_end(event)
