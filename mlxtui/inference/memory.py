"""How much memory models hold, may hold, and would need."""

from dataclasses import dataclass

import mlx.core as mx

from mlxtui.errors import ModelTooLarge
from mlxtui.i18n import _
from mlxtui.inference import machine_memory
from mlxtui.units import bytes_text


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes, read now."""

    active_bytes: int
    """Held by MLX arrays."""
    free_bytes: int
    """What models may take in addition."""


def read(limit_bytes: int = 0) -> Memory:
    """Read the memory; the free part respects the user's limit and the system's.

    Args:
        limit_bytes: The user's limit for all models together; 0 is none.
    """
    active_bytes = mx.get_active_memory()
    free_bytes = machine_memory.read().available_bytes + mx.get_cache_memory()
    # On Metal, memory beyond this makes the system swap; other devices do not have it.
    recommended = mx.device_info().get("max_recommended_working_set_size")
    if recommended is not None:
        free_bytes = min(free_bytes, int(recommended) - active_bytes)
    if limit_bytes:
        free_bytes = min(free_bytes, limit_bytes - active_bytes)
    return Memory(active_bytes, max(free_bytes, 0))


def check_fit(
    name: str,
    weight_bytes: int,
    cache_bytes: int = 0,
    *,
    limit_bytes: int = 0,
    reclaimable_bytes: int = 0,
) -> bool:
    """Refuse a model that would not fit, before anything is read.

    Args:
        cache_bytes: Of the conversation, by `machine_memory.cache_to_load`.
        reclaimable_bytes: What idle models would give back.

    Returns:
        Whether it fits as things are, without taking anything back.

    Raises:
        ModelTooLarge: With what it needs and what is free.
    """
    needed = machine_memory.needed_bytes(weight_bytes, cache_bytes)
    free = read(limit_bytes).free_bytes
    if needed > free + reclaimable_bytes:
        raise ModelTooLarge(
            _("{name} needs {needed} of memory, {free} are free.").format(
                name=name,
                needed=bytes_text(needed),
                free=bytes_text(free + reclaimable_bytes),
            ),
            hint=_("Choose a smaller model or one with fewer bits per weight."),
        )
    return needed <= free


def reset_peak() -> None:
    """Begin a new measurement of the highest use."""
    mx.reset_peak_memory()
