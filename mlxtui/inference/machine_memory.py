"""The machine's memory, and what a model needs of it, without importing MLX."""

import ctypes
import sys
from dataclasses import dataclass

from mlxtui.plans import CacheShape
from mlxtui.types import MemoryPressure

# Beside weights and cache a model needs room for the buffers of a step: a tenth of its
# weights.
_RESERVE_PART = 10

LOAD_CONTEXT_TOKENS = 4096
"""Length of the conversation that a load must have room for; less where the model has
less."""

# Shares of the machine's memory in use (Rapid-MLX, raullenchai/Rapid-MLX#1435).
_WARNING_SHARE = 0.75
_CRITICAL_SHARE = 0.85

# What macOS says at `kern.memorystatus_vm_pressure_level`: the levels of libdispatch's
# DISPATCH_MEMORYPRESSURE_NORMAL, _WARN and _CRITICAL.
_MACOS_LEVELS: dict[int, MemoryPressure] = {1: "normal", 2: "warning", 4: "critical"}


@dataclass(frozen=True, slots=True)
class MachineMemory:
    """Bytes, read now."""

    total_bytes: int
    available_bytes: int
    """What programs may take without making the system swap."""
    pressure: MemoryPressure


def read() -> MachineMemory:
    """Read the machine's memory; takes well under a millisecond."""
    import psutil  # 20 ms, which nothing at the start of the app needs

    memory = psutil.virtual_memory()
    return MachineMemory(
        total_bytes=memory.total,
        available_bytes=memory.available,
        pressure=(
            _system_pressure() or pressure_of(1 - memory.available / memory.total)
        ),
    )


def needed_bytes(weight_bytes: int, cache_bytes: int = 0) -> int:
    """What running a model takes: its weights, a reserve of a tenth, its cache."""
    return weight_bytes + weight_bytes // _RESERVE_PART + cache_bytes


def weight_budget(free_bytes: int, cache_bytes: int) -> int:
    """The weights that fit beside a cache of this size: `needed_bytes` turned round."""
    parts = _RESERVE_PART
    return max((free_bytes - cache_bytes) * parts // (parts + 1), 0)


def cache_to_load(cache: CacheShape | None, context_length: int | None) -> int:
    """Bytes of the conversation that the guard of a load, and every list, counts.

    Args:
        cache: None counts the conversation with nothing.
        context_length: The model's own, in tokens; None is not known.
    """
    tokens = min(context_length or LOAD_CONTEXT_TOKENS, LOAD_CONTEXT_TOKENS)
    return cache.bytes_at(tokens) if cache else 0


def pressure_of(used_share: float) -> MemoryPressure:
    """How safe a share of the machine's memory in use is: below 75 %, below 85 %."""
    if used_share < _WARNING_SHARE:
        return "normal"
    return "warning" if used_share < _CRITICAL_SHARE else "critical"


def _system_pressure() -> MemoryPressure | None:
    """The system's own word, where it gives one."""
    if sys.platform != "darwin":
        return None
    level = ctypes.c_int()
    size = ctypes.c_size_t(ctypes.sizeof(level))
    failed = ctypes.CDLL(None).sysctlbyname(
        b"kern.memorystatus_vm_pressure_level",
        ctypes.byref(level),
        ctypes.byref(size),
        None,
        ctypes.c_size_t(0),
    )
    return None if failed else _MACOS_LEVELS.get(level.value)
