"""The job that reads how full the memory is."""

import sys

from mlxtui.backend.events import MemoryMeasured
from mlxtui.inference import machine_memory
from mlxtui.settings import Settings
from mlxtui.types import RequestId

_GIB = 1024**3


def measure_memory(request_id: RequestId, settings: Settings) -> MemoryMeasured:
    """How full the memory is, by the estimate that guards a load.

    Before MLX is imported its part is unknown: no model holds anything, and on Metal
    the system's limit for the GPU is not counted yet.
    """
    machine = machine_memory.read()
    limit_bytes = int(settings.memory_limit_gib * _GIB)
    used_bytes, free_bytes = 0, min(machine.available_bytes, limit_bytes or sys.maxsize)
    # MLX is imported in the engine thread; while it is, this waits for its end.
    if "mlxtui.inference.memory" in sys.modules:
        from mlxtui.inference import memory

        models = memory.read(limit_bytes)
        used_bytes, free_bytes = models.active_bytes, models.free_bytes
    return MemoryMeasured(
        request_id=request_id,
        used_bytes=used_bytes,
        free_bytes=free_bytes,
        total_bytes=machine.total_bytes,
        pressure=machine.pressure,
    )
