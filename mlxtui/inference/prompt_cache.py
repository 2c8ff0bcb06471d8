"""What a model has already read: KV caches by their tokens, capped in bytes."""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import (
    LRUPromptCache,
    can_trim_prompt_cache,
    trim_prompt_cache,
)

LayerCaches = list[Any]
"""One mlx-lm cache object per layer."""

# Bytes bound it; the count only keeps the eviction's bookkeeping short.
_MAX_SEQUENCES = 256

# mlx-lm's store can hold several models; ours holds one.
_MODEL = ""


class PromptCache:
    """A trie of token sequences; the least recently stored go first.

    Fetched caches share their arrays with the stored ones: MLX arrays are immutable
    values, and a write rebinds the writer's name only.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._store = LRUPromptCache(_MAX_SEQUENCES, max_bytes)

    @property
    def size_bytes(self) -> int:
        """What the stored caches hold."""
        return int(self._store.nbytes)

    def fetch(self, tokens: Sequence[int]) -> tuple[LayerCaches | None, int]:
        """The longest stored beginning of a prompt.

        At least one token is left for the model to read: it makes the next one of it.

        Returns:
            The layers' caches, or None, and how many tokens they hold.
        """
        wanted = list(tokens)
        caches, rest = self._store.fetch_nearest_cache(_MODEL, wanted)
        if caches is not None and not rest:
            if can_trim_prompt_cache(caches):
                trim_prompt_cache(caches, 1)
                rest = wanted[-1:]
            else:
                caches, rest = self._store.fetch_nearest_cache(_MODEL, wanted[:-1])
                rest = [*rest, wanted[-1]]
        if caches is None:
            return None, 0
        return caches, len(wanted) - len(rest)

    def store(self, tokens: Sequence[int], caches: LayerCaches) -> None:
        """Keep the caches of a sequence, evaluated so that nothing else is kept."""
        if not tokens or not caches or self._max_bytes == 0:
            return
        mx.eval([cache.state for cache in caches])
        self._store.insert_cache(_MODEL, list(tokens), caches)
