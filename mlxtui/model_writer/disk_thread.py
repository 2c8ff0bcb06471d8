"""Does what the disk makes slow in a thread of its own, in the order it was asked."""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from mlxtui.model_writer.disk_errors import disk_error

# What may wait to be written. The engine goes on computing meanwhile.
_WAITING_BYTES = 96 * 1024**2

# So long at once: then the engine may answer.
_WAIT_SECONDS = 0.01

Result = TypeVar("Result")


class DiskThread:
    """Runs actions one after the other.

    Args:
        folder: Where they write; named in messages.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="mlxtui-write")
        self._waiting: deque[tuple[Future[Any], int]] = deque()
        self._waiting_bytes = 0

    def submit(
        self, action: Callable[[], Result], size_bytes: int = 0
    ) -> "Future[Result]":
        """Have something done after all that was submitted before.

        Args:
            size_bytes: Memory that it holds.
        """
        future = self._executor.submit(action)
        self._waiting.append((future, size_bytes))
        self._waiting_bytes += size_bytes
        return future

    def has_room(self, timeout_seconds: float) -> bool:
        """Wait a little for little enough to be waiting, and say whether it is so.

        Raises:
            DiskFull: The disk is full.
            JobRefused: The disk fails otherwise.
        """
        return self._wait(_WAITING_BYTES, timeout_seconds)

    def done(
        self, action: Callable[[], Result], note: str
    ) -> Generator[str, None, Result]:
        """Have something done and give its result; yields the note until then.

        Errors as in `has_room`.
        """
        future = self.submit(action)
        while not self._is_done(_WAIT_SECONDS):
            yield note
        return future.result()

    def close(self) -> None:
        """End the thread after what it does now; what waits is not done."""
        self._executor.shutdown(cancel_futures=True)

    def _is_done(self, timeout_seconds: float) -> bool:
        return self._wait(0, timeout_seconds) and not self._waiting

    def _wait(self, at_most_bytes: int, timeout_seconds: float) -> bool:
        self._take_done()
        if self._waiting and self._waiting_bytes >= at_most_bytes:
            wait([self._waiting[0][0]], timeout_seconds)
            self._take_done()
        return self._waiting_bytes <= at_most_bytes

    def _take_done(self) -> None:
        while self._waiting and self._waiting[0][0].done():
            future, size_bytes = self._waiting.popleft()
            self._waiting_bytes -= size_bytes
            try:
                future.result()
            except OSError as error:
                raise disk_error(error, self._folder) from error
