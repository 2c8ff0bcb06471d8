"""The job pool: what is slow and not MLX, one function per command."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import assert_never

from mlxtui import paths
from mlxtui.backend.commands import JobCommand, MeasureMemory, ScanLibrary
from mlxtui.backend.events import (
    Cancelled,
    Event,
    LibraryScanned,
    MemoryMeasured,
    TerminalEvent,
)
from mlxtui.backend.failures import failure
from mlxtui.convert import model_folder
from mlxtui.hub import library
from mlxtui.inference import machine_memory
from mlxtui.settings import Settings
from mlxtui.types import LocalModel, RequestId

_GIB = 1024**3

_THREADS = 4


class JobPool:
    """Runs jobs beside each other, in threads that never touch MLX."""

    def __init__(self, emit: Callable[[Event], None], settings: Settings) -> None:
        self._emit = emit
        self._settings = settings
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlxtui-job")

    def submit(self, command: JobCommand, cancel: threading.Event) -> None:
        """Hand over a command; returns at once."""
        self._pool.submit(self._run, command, cancel)

    def close(self) -> None:
        """Wait for the jobs, whose cancel flags are set."""
        self._pool.shutdown(wait=True)

    def _run(self, command: JobCommand, cancel: threading.Event) -> None:
        request_id = command.request_id
        end: TerminalEvent
        try:
            match command:
                case ScanLibrary():
                    models = scan_library(self._settings, cancel)
                    end = LibraryScanned(request_id=request_id, models=models)
                case MeasureMemory():
                    end = measure_memory(request_id, self._settings)
                case _ as unreachable:
                    assert_never(unreachable)
        except Exception as error:
            end = failure(request_id, error)
        else:
            if cancel.is_set():
                end = Cancelled(request_id=request_id)
        self._emit(end)


def scan_library(
    settings: Settings, cancel: threading.Event | None = None
) -> tuple[LocalModel, ...]:
    """The models of this machine; a cancelled scan returns what it has."""
    found: dict[str, LocalModel] = {}
    folders = library.find_folders(
        paths.guide_model_dir(), settings.models_dir(), settings.model_folders
    )
    for folder in folders:
        if cancel is not None and cancel.is_set():
            break
        model = model_folder.describe(folder.path, folder.name, folder.source)
        if not model.problem:
            needed_bytes = machine_memory.needed_bytes(model.size_bytes)
            model = replace(model, needed_bytes=needed_bytes)
        found.setdefault(model.name.lower(), model)  # the first place wins
    return tuple(found.values())


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
