"""The job pool: what is slow and not MLX; a thread imports what its command needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlxtui.backend.engine import Engine
from mlxtui.settings import Settings

if TYPE_CHECKING:
    from mlxtui.backend.answering import Answering
    from mlxtui.backend.job_commands import JobCommand
    from mlxtui.backend.job_events import Event

_THREADS = 4


class JobPool:
    """Answers commands beside each other, in threads that never touch MLX.

    Args:
        emit: Called in these threads with every event; must not block.
        engine: Does the MLX part of jobs, and says which models are in memory.
    """

    def __init__(
        self, emit: Callable[[Event], None], settings: Settings, engine: Engine
    ) -> None:
        self._emit = emit
        self._settings = settings
        self._engine = engine
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlxtui-job")
        self._guard = threading.Lock()
        self._answering: Answering | None = None

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next job on."""
        self._settings = settings
        if self._answering is not None:
            self._answering.use(settings)

    def submit(self, command: JobCommand, cancel: threading.Event) -> None:
        """Hand over a command; returns at once."""
        self._pool.submit(self._run, command, cancel)

    def stop(self) -> None:
        """Wait for the commands, whose cancel flags are set, and let all jobs rest."""
        self._pool.shutdown(wait=True)
        if self._answering is not None:
            self._answering.runner.stop()

    def close(self) -> None:
        """Wait until the jobs rest; the engine has ended by then."""
        if self._answering is not None:
            self._answering.runner.close()

    def _run(self, command: JobCommand, cancel: threading.Event) -> None:
        with self._guard:
            if self._answering is None:
                from mlxtui.backend.answering import Answering

                self._answering = Answering(self._emit, self._settings, self._engine)
                # `use` may have come while it was made.
                self._answering.use(self._settings)
        self._answering.answer(command, cancel)
