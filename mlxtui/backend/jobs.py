"""The job pool: what is slow and not MLX; a thread imports the module of its job."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import assert_never

from mlxtui.backend.commands import JobCommand, MeasureMemory, ScanLibrary
from mlxtui.backend.events import (
    Cancelled,
    Event,
    LibraryScanned,
    TerminalEvent,
)
from mlxtui.backend.failures import failure
from mlxtui.settings import Settings

_THREADS = 4


class JobPool:
    """Runs jobs beside each other, in threads that never touch MLX."""

    def __init__(self, emit: Callable[[Event], None], settings: Settings) -> None:
        self._emit = emit
        self._settings = settings
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlxtui-job")

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next job on."""
        self._settings = settings

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
                    from mlxtui.backend.library_scan import scan_library

                    models = scan_library(self._settings, cancel)
                    end = LibraryScanned(request_id=request_id, models=models)
                case MeasureMemory():
                    from mlxtui.backend.memory_figures import measure_memory

                    end = measure_memory(request_id, self._settings)
                case _ as unreachable:
                    assert_never(unreachable)
        except Exception as error:
            end = failure(request_id, error)
        else:
            if cancel.is_set():
                end = Cancelled(request_id=request_id)
        self._emit(end)
