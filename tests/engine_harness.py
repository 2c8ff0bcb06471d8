"""A real backend for tests, and what its events add up to."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate, LoadModel, UnloadModel
from mlxtui.backend.events import (
    Failed,
    GenerationFinished,
    ModelLoaded,
    Progress,
    TextDelta,
)
from mlxtui.backend.job_commands import Command
from mlxtui.backend.job_events import Event, TerminalEvent
from mlxtui.sampling import SamplingParams
from mlxtui.settings import Settings
from mlxtui.types import LoadedModel, Message, RequestId

# Long enough for the slowest machine; a test that waits this long has failed.
_DEADLINE_SECONDS = 60


@dataclass
class Outcome:
    """All events of one request."""

    events: list[Event] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        """The answer."""
        return self._joined("answer")

    @property
    def reasoning(self) -> str:
        """The reasoning before it."""
        return self._joined("reasoning")

    @property
    def end(self) -> Event:
        """The terminal event."""
        return self.events[-1]

    @property
    def finished(self) -> GenerationFinished:
        """The end of a request that must have been answered."""
        assert isinstance(self.end, GenerationFinished), self.end
        return self.end

    @property
    def failed(self) -> Failed:
        """The end of a request that must have been refused."""
        assert isinstance(self.end, Failed), self.end
        return self.end

    @property
    def progress(self) -> list[Progress]:
        """How its work went on."""
        return [event for event in self.events if isinstance(event, Progress)]

    def _joined(self, kind: str) -> str:
        deltas = [event for event in self.events if isinstance(event, TextDelta)]
        return "".join(delta.text for delta in deltas if delta.kind == kind)


class EngineHarness:
    """Submits commands and collects what comes back."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._outcomes: dict[RequestId, Outcome] = {}
        self._first_text: dict[RequestId, threading.Event] = {}
        self.stray: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.backend = Backend(self._receive, settings or Settings())

    def _receive(self, event: Event) -> None:
        outcome = self._outcomes.get(event.request_id)
        if outcome is None or outcome.ended.is_set():
            self.stray.put(event)
            return
        outcome.events.append(event)
        outcome.threads.add(threading.current_thread().name)
        if isinstance(event, TextDelta | TerminalEvent):
            self._first_text[event.request_id].set()
        if isinstance(event, TerminalEvent):
            outcome.ended.set()

    def submit(self, command: Command) -> Outcome:
        """Submit without waiting."""
        outcome = self._outcomes[command.request_id] = Outcome()
        self._first_text[command.request_id] = threading.Event()
        self.backend.submit(command)
        return outcome

    def wait(self, outcome: Outcome) -> Outcome:
        """Wait for the terminal event."""
        assert outcome.ended.wait(_DEADLINE_SECONDS), outcome.events[-3:]
        return outcome

    def wait_for_text(self, request_id: RequestId) -> None:
        """Wait for the first piece of an answer, or for its end without one."""
        assert self._first_text[request_id].wait(_DEADLINE_SECONDS)

    def load(self, path: Path) -> LoadedModel:
        """Load a model that must load."""
        end = self.load_outcome(path).end
        assert isinstance(end, ModelLoaded), end
        return end.model

    def load_outcome(self, path: Path) -> Outcome:
        """Try to load a model."""
        command = LoadModel(request_id=new_request_id(), path=path, name=path.name)
        return self.wait(self.submit(command))

    def unload(self, path: Path) -> Outcome:
        """Unload a model."""
        return self.wait(
            self.submit(UnloadModel(request_id=new_request_id(), path=path))
        )

    def start(
        self,
        path: Path,
        prompt: str | Sequence[Message],
        *,
        thinking: bool = True,
        merge_seconds: float = 0,
        **sampling: object,
    ) -> tuple[Generate, Outcome]:
        """Ask without waiting: a text to continue, or messages to answer."""
        raw = isinstance(prompt, str)
        command = Generate(
            request_id=new_request_id(),
            path=path,
            raw_prompt=prompt if isinstance(prompt, str) else None,
            messages=() if raw else tuple(prompt),  # type: ignore[arg-type]
            thinking=thinking,
            merge_seconds=merge_seconds,
            sampling=SamplingParams(**sampling),  # type: ignore[arg-type]
        )
        return command, self.submit(command)

    def ask(
        self, path: Path, prompt: str | Sequence[Message], **options: object
    ) -> Outcome:
        """Ask and wait for the end."""
        return self.wait(self.start(path, prompt, **options)[1])  # type: ignore[arg-type]


@contextmanager
def running_engine(settings: Settings | None = None) -> Iterator[EngineHarness]:
    """An engine that is closed at the end."""
    harness = EngineHarness(settings)
    try:
        yield harness
    finally:
        harness.backend.close()
