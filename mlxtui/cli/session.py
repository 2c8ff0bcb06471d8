"""A backend for commands: submit, then read events until the end of a request."""

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import LoadModel
from mlxtui.backend.events import Cancelled, Failed, ModelLoaded, Progress
from mlxtui.backend.job_commands import Command, ControlJob
from mlxtui.backend.job_events import Event, JobChanged, PassingEvent
from mlxtui.backend.job_info import ENDED_STATES, JobId, JobInfo
from mlxtui.errors import MlxTuiError
from mlxtui.settings import Settings
from mlxtui.types import LoadedModel, LocalModel, RequestId

_Answer = TypeVar("_Answer", bound=Event)


class Session:
    """The events of one request at a time."""

    def __init__(self, backend: Backend, events: "queue.SimpleQueue[Event]") -> None:
        self._backend = backend
        self._events = events
        self._request_id: RequestId | None = None
        self._interrupted = False
        self._jobs: dict[JobId, JobInfo] = {}
        self._job_id: JobId | None = None

    def events(self, command: Command) -> Iterator[Event]:
        """Submit a command and read its events, the terminal one last.

        Ctrl+C cancels the request, whose last event then still comes.

        Raises:
            MlxTuiError: The request failed.
            click.Abort: Ctrl+C was pressed since the request before.
        """
        if self._interrupted:
            raise click.Abort  # Ctrl+C came between two requests
        self._request_id = command.request_id
        self._backend.submit(command)
        try:
            while True:
                event = self._events.get()
                if isinstance(event, JobChanged):
                    self._jobs[event.job.job_id] = event.job
                if event.request_id != command.request_id:
                    continue
                if isinstance(event, Failed):
                    raise MlxTuiError(event.message, event.hint)
                yield event
                if not isinstance(event, PassingEvent):
                    return
        finally:
            self._request_id = None
            self._interrupted = False

    def ask(self, command: Command, answer: type[_Answer]) -> _Answer:
        """Submit a command and return its terminal event.

        Raises:
            MlxTuiError: The request failed.
            click.Abort: Ctrl+C cancelled it.
        """
        for event in self.events(command):
            if isinstance(event, answer):
                if self._interrupted:
                    break  # Ctrl+C came too late for the request, not for us
                return event
        raise click.Abort

    def follow(self, job_id: JobId) -> Iterator[JobInfo]:
        """A job's states until it ends or rests; Ctrl+C pauses it.

        Raises:
            MlxTuiError: It failed.
        """
        self._job_id = job_id
        if self._interrupted:
            self._pause(job_id)
        job = self._jobs.get(job_id)
        try:
            while True:
                if job is not None:
                    yield job
                    if job.state == "failed":
                        raise MlxTuiError(job.message, job.hint)
                    if job.state in (*ENDED_STATES, "paused"):
                        return
                event = self._events.get()
                job = None
                if isinstance(event, JobChanged) and event.job.job_id == job_id:
                    job = event.job
        finally:
            self._job_id = None
            self._interrupted = False

    def _pause(self, job_id: JobId) -> None:
        self._backend.submit(
            ControlJob(request_id=new_request_id(), job_id=job_id, order="pause")
        )

    def on_interrupt(self, *_signal: object) -> None:
        """Handle Ctrl+C with a flag: a KeyboardInterrupt could come while text is
        written, and would end more than the request."""
        self._interrupted = True
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        elif self._job_id is not None:
            self._pause(self._job_id)

    def load(
        self, model: LocalModel, on_progress: Callable[[Progress], None]
    ) -> LoadedModel:
        """Load a model.

        Raises:
            MlxTuiError: It is refused.
            click.Abort: Ctrl+C ended the load.
        """
        command = LoadModel(
            request_id=new_request_id(), path=model.path, name=model.name
        )
        for event in self.events(command):
            match event:
                case Progress():
                    on_progress(event)
                case ModelLoaded(model=loaded):
                    return loaded
                case Cancelled():
                    break
                case _:
                    pass
        raise click.Abort


@contextmanager
def open_session(used: Settings) -> Iterator[Session]:
    """A backend that is closed at the end, whatever happens."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    backend = Backend(events.put, used)
    session = Session(backend, events)
    before = signal.signal(signal.SIGINT, session.on_interrupt)
    try:
        yield session
    finally:
        backend.close()
        signal.signal(signal.SIGINT, before)


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Ctrl+C raises KeyboardInterrupt here, as `input` needs it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
