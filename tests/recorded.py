"""A backend that plays recorded text: for tests and pictures that need fixed words."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlxtui import paths
from mlxtui.backend.backend import Backend
from mlxtui.backend.commands import (
    Generate,
    LoadModel,
    MeasureMemory,
    ScanLibrary,
    UnloadModel,
)
from mlxtui.backend.events import (
    Failed,
    GenerationFinished,
    LibraryScanned,
    MemoryMeasured,
    ModelLoaded,
    ModelUnloaded,
    Progress,
    TextDelta,
)
from mlxtui.backend.job_commands import Command
from mlxtui.backend.job_events import Event
from mlxtui.settings import Settings
from mlxtui.types import (
    FinishReason,
    GenerationStats,
    LoadedModel,
    LocalModel,
    RequestId,
    TextKind,
)
from tests.recorded_hub import HubScript

STATS = GenerationStats(
    prompt_tokens=56,
    cached_tokens=34,
    generated_tokens=48,
    time_to_first_token_seconds=0.21,
    prefill_tokens_per_second=812.0,
    generation_tokens_per_second=52.4,
    peak_memory_bytes=2_610_000_000,
)

GUIDE = LocalModel(
    name="guide",
    path=paths.guide_model_dir(),
    source="built-in",
    architecture="llama",
    parameter_count=2_300_000,
    bits_per_weight=9.0,
    quantization="8-bit group 64",
    size_bytes=2_600_000,
    needed_bytes=2_860_000,
    context_length=2048,
    capabilities=("chat",),
)

LIBRARY = (
    GUIDE,
    LocalModel(
        name="mlx-community/Qwen3-4B-4bit",
        path=Path("/models/Qwen3-4B-4bit"),
        source="hugging-face",
        architecture="qwen3",
        parameter_count=4_020_000_000,
        bits_per_weight=4.5,
        quantization="4-bit group 64",
        size_bytes=2_263_000_000,
        needed_bytes=2_489_300_000,
        context_length=40_960,
        capabilities=("chat", "tools", "thinking"),
    ),
    LocalModel(
        name="日本語モデル-8bit",
        path=Path("/models/日本語モデル-8bit"),
        source="models",
        architecture="llama",
        parameter_count=1_200_000_000,
        bits_per_weight=8.5,
        quantization="8-bit group 64",
        size_bytes=1_280_000_000,
        needed_bytes=1_408_000_000,
        context_length=8192,
        capabilities=("chat",),
    ),
    LocalModel(
        name="broken-model",
        path=Path("/models/broken-model"),
        source="models",
        size_bytes=912_000,
        problem="/models/broken-model/model.safetensors is damaged.",
        hint="Fetch this file again.",
    ),
)


def memory_measured(request_id: RequestId, free_bytes: int) -> MemoryMeasured:
    """A machine of 16 GB on which models hold 2.6 MB."""
    return MemoryMeasured(
        request_id=request_id,
        used_bytes=2_600_000,
        free_bytes=free_bytes,
        total_bytes=16_000_000_000,
        pressure="normal",
    )


@dataclass
class Answer:
    """One recorded answer."""

    pieces: Sequence[tuple[TextKind, str]]
    reason: FinishReason = "stop"
    holds: bool = False
    """It stays open after its pieces until it is cancelled."""
    pause_seconds: float = 0
    """After each of its pieces: reasoning takes time."""
    failure: tuple[str, str] | None = None
    """It ends with this message and hint."""


@dataclass
class Script(HubScript):
    """What the backend will say, and what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    cancelled: list[RequestId] = field(default_factory=list)
    load_failure: tuple[str, str] | None = None
    load_gate: threading.Event | None = None
    """A load ends when this is set."""
    models: tuple[LocalModel, ...] = field(default=LIBRARY, kw_only=True)
    """On this machine."""
    free_bytes: int = 9_600_000_000
    """Memory that models may still take."""

    def backend(
        self, emit: Callable[[Event], None], settings: Settings
    ) -> "RecordedBackend":
        """Stands in for `Backend` itself."""
        return RecordedBackend(emit, self)

    def asked(self) -> list[Generate]:
        """The questions so far."""
        return [item for item in self.commands if isinstance(item, Generate)]


class RecordedBackend(Backend):
    """Answers every command from its script, at once unless the answer has pauses."""

    def __init__(self, emit: Callable[[Event], None], script: Script) -> None:
        self._front_end = emit
        self._script = script
        script.emits.append(emit)
        self._held: set[RequestId] = set()

    def submit(self, command: Command) -> None:
        """Play the events that the script has for it."""
        self._script.commands.append(command)
        match command:
            case LoadModel():
                self._load(command)
            case UnloadModel(request_id=request_id, path=path):
                self._front_end(ModelUnloaded(request_id=request_id, path=path))
            case ScanLibrary(request_id=request_id):
                models = self._script.models
                self._front_end(LibraryScanned(request_id=request_id, models=models))
            case MeasureMemory(request_id=request_id):
                free_bytes = self._script.free_bytes
                self._front_end(memory_measured(request_id, free_bytes))
            case Generate():
                answer = self._script.answers.pop(0)
                if answer.pause_seconds:
                    play = threading.Thread(target=self._answer, args=(command, answer))
                    play.start()
                else:
                    self._answer(command, answer)
            case _:
                self._script.answer(command)

    def use(self, settings: Settings) -> None:
        """Its words do not depend on them."""

    def cancel(self, request_id: RequestId) -> None:
        """End an answer that is held open."""
        self._script.cancelled.append(request_id)
        self._script.cancel(request_id)
        if request_id in self._held:
            self._held.remove(request_id)
            self._finish(request_id, "cancelled")

    def close(self) -> None:
        """There are no threads."""

    def _load(self, command: LoadModel) -> None:
        if self._script.load_failure is not None:
            message, hint = self._script.load_failure
            self._front_end(
                Failed(request_id=command.request_id, message=message, hint=hint)
            )
            return
        self._front_end(
            Progress(
                request_id=command.request_id,
                stage="load",
                done=40,
                total=100,
                unit="bytes",
            )
        )
        gate = self._script.load_gate
        if gate is None:
            self._loaded(command)
        else:

            def wait() -> None:
                gate.wait()
                self._loaded(command)

            threading.Thread(target=wait, daemon=True).start()

    def _loaded(self, command: LoadModel) -> None:
        model = LoadedModel(
            path=command.path,
            name=command.name,
            memory_bytes=2_600_000,
            context_tokens=2048,
            has_chat_template=True,
            can_think=True,
        )
        self._front_end(ModelLoaded(request_id=command.request_id, model=model))

    def _answer(self, command: Generate, answer: Answer) -> None:
        request_id = command.request_id
        self._front_end(
            Progress(
                request_id=request_id, stage="prefill", done=34, total=56, unit="tokens"
            )
        )
        for number, (kind, text) in enumerate(answer.pieces, start=1):
            self._front_end(
                TextDelta(
                    request_id=request_id,
                    text=text,
                    kind=kind,
                    generated_tokens=number,
                )
            )
            time.sleep(answer.pause_seconds)
        if answer.failure is not None:
            message, hint = answer.failure
            self._front_end(Failed(request_id=request_id, message=message, hint=hint))
        elif answer.holds:
            self._held.add(request_id)
        else:
            self._finish(request_id, answer.reason)

    def _finish(self, request_id: RequestId, reason: FinishReason) -> None:
        self._front_end(
            GenerationFinished(request_id=request_id, reason=reason, stats=STATS)
        )
