"""What a chat is told; the rest is in `job_events`. Each request ends in exactly one
terminal event.

The app's first paint waits for this module, and not for the other one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlxtui.types import (
    FinishReason,
    GenerationStats,
    LoadedModel,
    LocalModel,
    MemoryPressure,
    RequestId,
    TextKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a request has come."""

    request_id: RequestId
    stage: Literal["import", "load", "prefill"]
    done: int
    total: int
    unit: Literal["bytes", "tokens", "steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """The next piece of an answer, merged from one or more tokens."""

    request_id: RequestId
    text: str
    kind: TextKind
    generated_tokens: int
    """Tokens that the model has made so far for this answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFinished:
    """Terminal: an answer is complete, cut at its limit, or stopped by its reader."""

    request_id: RequestId
    reason: FinishReason
    stats: GenerationStats


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoaded:
    """Terminal: a model is in memory."""

    request_id: RequestId
    model: LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUnloaded:
    """Terminal: a model's memory is free again."""

    request_id: RequestId
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryScanned:
    """Terminal: the models on this machine, the unusable ones with their reason."""

    request_id: RequestId
    models: tuple[LocalModel, ...]
    disk_bytes: int = 0
    """What their weights take together; what several share counts once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMeasured:
    """Terminal: how full the memory is."""

    request_id: RequestId
    used_bytes: int
    """Held by this process's models and what belongs to them."""
    free_bytes: int
    """What models may take in addition: the estimate that guards a load."""
    total_bytes: int
    """The machine's memory."""
    pressure: MemoryPressure


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Terminal: a request that is no answer was cancelled."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Terminal: the request could not be done."""

    request_id: RequestId
    message: str
    """What is wrong, for the user."""
    hint: str
    """What to do about it; may be empty."""
