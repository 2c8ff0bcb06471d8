"""Speed and context of the answer that is being written, for the meter."""

import time

from mlxtui.types import GenerationStats
from mlxtui.ui.widgets.meter import ContextFill

# The figure is read, not watched: more often would only make the line restless.
_RATE_SECONDS = 0.5


class LiveRate:
    """Tokens per second while an answer is written, and how full the context is."""

    def __init__(self, context_tokens: int = 0) -> None:
        self.context_tokens = context_tokens
        self.prompt_tokens = 0
        self.generated_tokens = 0
        self.tokens_per_second = 0.0
        self._first: tuple[float, int] | None = None
        self._told_seconds = 0.0

    def count(self, generated_tokens: int) -> bool:
        """Take the number of tokens so far; whether it is time to show the rate."""
        now = time.monotonic()
        self.generated_tokens = generated_tokens
        if self._first is None:
            self._first = (now, generated_tokens)
            self._told_seconds = now
        start_seconds, start_tokens = self._first
        if now - self._told_seconds < _RATE_SECONDS:
            return False
        self._told_seconds = now
        self.tokens_per_second = (generated_tokens - start_tokens) / (
            now - start_seconds
        )
        return True

    def finish(self, stats: GenerationStats) -> None:
        """Take the figures of the whole answer."""
        self.prompt_tokens = stats.prompt_tokens
        self.generated_tokens = stats.generated_tokens
        self.tokens_per_second = stats.generation_tokens_per_second

    @property
    def context(self) -> ContextFill | None:
        """Prompt and answer against what the model can hold."""
        if not self.context_tokens:
            return None
        used = self.prompt_tokens + self.generated_tokens
        return ContextFill(used, self.context_tokens)
