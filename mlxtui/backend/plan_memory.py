"""What running a model would take of this machine's memory, by the guard's estimate."""

from mlxtui.backend.memory_figures import measure_memory
from mlxtui.inference import machine_memory
from mlxtui.plans import Contents, MemoryNeed, fit_of
from mlxtui.settings import Settings
from mlxtui.types import RequestId

_CONTEXT_TOKENS = (machine_memory.LOAD_CONTEXT_TOKENS, 32 * 1024)


def memory_needs(
    contents: Contents, weight_bytes: int, settings: Settings
) -> tuple[MemoryNeed, ...]:
    """At 4k, 32k and the full context, as far as the model has them.

    Args:
        weight_bytes: Of the result, which may be smaller than its source.
    """
    free_bytes, total_bytes = memory_for_models(settings)
    full = contents.context_length
    lengths = [tokens for tokens in _CONTEXT_TOKENS if full is None or tokens < full]
    if contents.cache is None:
        # Longer contexts would be said to take no more.
        lengths = lengths[:1] if lengths or full is None else [full]
    elif full is not None:
        lengths.append(full)
    return tuple(
        _need(contents, weight_bytes, tokens, free_bytes, total_bytes)
        for tokens in lengths
    )


def weight_budget(contents: Contents, context_tokens: int, settings: Settings) -> int:
    """Bytes that the weights may take so that a context of so many tokens fits."""
    free_bytes, _total_bytes = memory_for_models(settings)
    cache_bytes = contents.cache.bytes_at(context_tokens) if contents.cache else 0
    return machine_memory.weight_budget(free_bytes, cache_bytes)


def memory_for_models(settings: Settings) -> tuple[int, int]:
    """Bytes that a model may take, and those of the machine.

    What models hold now counts as free: an idle one makes room for the next.
    """
    memory = measure_memory(RequestId("plan"), settings)
    return memory.free_bytes + memory.used_bytes, memory.total_bytes


def _need(
    contents: Contents,
    weight_bytes: int,
    tokens: int,
    free_bytes: int,
    total_bytes: int,
) -> MemoryNeed:
    cache_bytes = contents.cache.bytes_at(tokens) if contents.cache else 0
    needed_bytes = machine_memory.needed_bytes(weight_bytes, cache_bytes)
    return MemoryNeed(
        context_tokens=tokens,
        needed_bytes=needed_bytes,
        cache_bytes=cache_bytes,
        fit=fit_of(needed_bytes, free_bytes, total_bytes),
    )
