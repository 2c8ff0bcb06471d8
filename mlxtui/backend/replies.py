"""From the engine to the front end: results as events, text merged on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlxtui.backend.events import GenerationFinished, Progress, TextDelta
from mlxtui.types import FinishReason, GenerationStats, RequestId, TextKind

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event


@dataclass(slots=True)
class GenerationReply:
    """Where the results of one `Generate` go (`inference.row.Reply`).

    The first piece of text goes at once, later ones at most every `merge_seconds`.
    """

    emit: Callable[[Event], None]
    request_id: RequestId
    cancel: threading.Event
    merge_seconds: float
    _text: str = ""
    _generated_tokens: int = 0
    _kind: TextKind = "answer"
    _sent_seconds: float = field(default=-1e9)

    @property
    def cancelled(self) -> bool:
        """Whether its reader wants no more."""
        return self.cancel.is_set()

    def prefill(self, done_tokens: int, total_tokens: int) -> None:
        """The prompt was read so far."""
        self.emit(
            Progress(
                request_id=self.request_id,
                stage="prefill",
                done=done_tokens,
                total=total_tokens,
                unit="tokens",
            )
        )

    def text(self, kind: TextKind, text: str, generated_tokens: int) -> None:
        """A piece of the answer, and how many tokens were made so far."""
        if kind != self._kind:
            self.flush()
            self._kind = kind
        self._text += text
        self._generated_tokens = generated_tokens
        if time.perf_counter() - self._sent_seconds >= self.merge_seconds:
            self.flush()

    def finished(self, reason: FinishReason, stats: GenerationStats) -> None:
        """The answer is complete."""
        self.flush()
        self.emit(
            GenerationFinished(request_id=self.request_id, reason=reason, stats=stats)
        )

    def flush(self) -> None:
        """Send the text that waits to be merged."""
        if self._text:
            self.emit(
                TextDelta(
                    request_id=self.request_id,
                    text=self._text,
                    kind=self._kind,
                    generated_tokens=self._generated_tokens,
                )
            )
            self._text = ""
            self._sent_seconds = time.perf_counter()
