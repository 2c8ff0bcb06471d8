"""A command on its way through the engine, and how it ends when nobody wants it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlxtui.backend.commands import EngineCommand, Generate
from mlxtui.backend.events import Cancelled, GenerationFinished
from mlxtui.types import GenerationStats

if TYPE_CHECKING:
    from mlxtui.backend.job_events import TerminalEvent

_NO_STATS = GenerationStats(
    prompt_tokens=0,
    cached_tokens=0,
    generated_tokens=0,
    time_to_first_token_seconds=0,
    prefill_tokens_per_second=0,
    generation_tokens_per_second=0,
    peak_memory_bytes=0,
)


@dataclass(slots=True)
class Request:
    """A command on its way, with its cancel flag."""

    command: EngineCommand
    cancel: threading.Event
    arrived_seconds: float = field(default_factory=time.perf_counter)


def cancelled(command: EngineCommand) -> TerminalEvent:
    """The end of a command that was cancelled before its turn."""
    if isinstance(command, Generate):
        return GenerationFinished(
            request_id=command.request_id, reason="cancelled", stats=_NO_STATS
        )
    return Cancelled(request_id=command.request_id)
