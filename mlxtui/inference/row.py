"""One request inside a batch: its tokens, its reader, its clock."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import mlx.core as mx

from mlxtui.inference.prompt import Prompt
from mlxtui.inference.reader import Reader
from mlxtui.sampling import SamplingParams
from mlxtui.types import FinishReason, GenerationStats, TextKind


class Reply(Protocol):
    """Where a request's results go; implemented by the backend."""

    @property
    def cancelled(self) -> bool:
        """Whether its reader wants no more."""

    def prefill(self, done_tokens: int, total_tokens: int) -> None:
        """The prompt was read so far."""

    def text(self, kind: TextKind, text: str, generated_tokens: int) -> None:
        """A piece of the answer, and how many tokens were made so far."""

    def finished(self, reason: FinishReason, stats: GenerationStats) -> None:
        """The answer is complete."""


@dataclass(slots=True)
class Row:
    """A request's state from its admission to its end."""

    prompt: Prompt
    params: SamplingParams
    """With the model's defaults filled in."""
    max_tokens: int
    reader: Reader
    reply: Reply
    arrived_seconds: float
    """When the backend took the request, on `time.perf_counter`'s clock."""
    uid: int = -1
    """The row's number in its BatchGenerator."""
    decoding: bool = False
    cached_tokens: int | None = None
    """Prompt tokens found in the cache when it was first admitted."""
    inserted_tokens: int = 0
    """Of its tokens, those that came from the cache at the last admission."""
    started_seconds: float = field(default_factory=time.perf_counter)
    first_token_seconds: float = 0.0
    last_token_seconds: float = 0.0
    generated: list[int] = field(default_factory=list)

    def tokens(self) -> list[int]:
        """All tokens that the model has to know to go on."""
        return [*self.prompt.tokens, *self.generated]

    def take(self, token: int) -> None:
        """Count a token that the model made."""
        self.last_token_seconds = time.perf_counter()
        if not self.generated:
            self.first_token_seconds = self.last_token_seconds
        self.generated.append(token)

    def show(self, pieces: Sequence[tuple[TextKind, str]]) -> None:
        """Send pieces of text to the reader."""
        for kind, text in pieces:
            self.reply.text(kind, text, len(self.generated))

    def finish(self, reason: FinishReason) -> None:
        """Send what was held back, then the end with its statistics."""
        self.show(list(self.reader.finish()))
        self.reply.finished(reason, self._stats())

    def _stats(self) -> GenerationStats:
        prompt_tokens = len(self.prompt.tokens)
        cached_tokens = self.cached_tokens or 0
        count = len(self.generated)
        prefill_seconds = self.first_token_seconds - self.started_seconds
        decode_seconds = self.last_token_seconds - self.first_token_seconds
        return GenerationStats(
            prompt_tokens=prompt_tokens,
            cached_tokens=cached_tokens,
            generated_tokens=count,
            time_to_first_token_seconds=(
                self.first_token_seconds - self.arrived_seconds if count else 0.0
            ),
            prefill_tokens_per_second=(
                (prompt_tokens - cached_tokens) / prefill_seconds if count else 0.0
            ),
            generation_tokens_per_second=(
                (count - 1) / decode_seconds if decode_seconds > 0 else 0.0
            ),
            peak_memory_bytes=mx.get_peak_memory(),
        )
