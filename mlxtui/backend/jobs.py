"""The job pool: what is slow and not MLX, one function per command."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import assert_never

from mlxtui import paths
from mlxtui.backend.commands import JobCommand, ScanLibrary
from mlxtui.backend.events import Cancelled, Event, LibraryScanned
from mlxtui.backend.failures import failure
from mlxtui.convert import model_folder
from mlxtui.hub import library
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

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
        try:
            match command:
                case ScanLibrary():
                    models = scan_library(self._settings, cancel)
                case _ as unreachable:
                    assert_never(unreachable)
        except Exception as error:
            self._emit(failure(command.request_id, error))
        else:
            if cancel.is_set():
                self._emit(Cancelled(request_id=command.request_id))
            else:
                self._emit(LibraryScanned(request_id=command.request_id, models=models))


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
        found.setdefault(model.name.lower(), model)  # the first place wins
    return tuple(found.values())
