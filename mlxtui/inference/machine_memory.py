"""The machine's memory, and what a model needs of it, without importing MLX."""

import ctypes
import sys
from dataclasses import dataclass

from mlxtui.types import MemoryPressure

# Beside its weights a model needs room for its cache and the buffers of a step.
_RESERVE_SHARE = 0.1

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


def needed_bytes(weight_bytes: int) -> int:
    """What loading a model takes: its weights and a reserve of a tenth."""
    return int(weight_bytes * (1 + _RESERVE_SHARE))


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
