"""Long MLX work, a step at a time between the engine's answers."""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Generic, cast

from mlxtui.inference.step import Result, Step, Work

_log = logging.getLogger(__name__)

# Answers get this many seconds for each second of work. Half of the time is not enough
# for half of the speed: with 1.2, three jobs at once on two cores left an answer 0.27
# of its speed (`python -m tests.bench busy`), since the threads that read, write and
# fetch for them compute, too.
_ANSWER_SHARE = 2.0


class WorkCancelled(Exception):
    """The work was cancelled, or the engine ended; nothing of it is left."""


class Task(Generic[Result]):
    """A piece of work that was handed to the engine, seen from the thread that waits.

    Args:
        make: Makes the work; called in the engine thread.
        wake: Makes the engine look at this task again.
    """

    def __init__(
        self,
        make: Callable[[], Work[Result]],
        wake: Callable[["Task[Any]"], None],
    ) -> None:
        self._make = make
        self._wake = wake
        self._work: Work[Result] | None = None
        self._ended = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self.latest: Step | None = None
        """How far it has come; None before its first step."""
        self.is_paused = False
        self.is_cancelled = False

    def pause(self) -> None:
        """Set it aside after its current step; another task may have its turn."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on with it when its turn comes."""
        self.is_paused = False
        self._wake(self)

    def cancel(self) -> None:
        """End it after its current step."""
        self.is_cancelled = True
        self._wake(self)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for its end; whether it has ended."""
        return self._ended.wait(timeout_seconds)

    def result(self) -> Result:
        """What it made, once it has ended.

        Raises:
            WorkCancelled: It was cancelled.
            Exception: What a step raised.
        """
        if self._error is not None:
            raise self._error
        return cast(Result, self._result)

    @property
    def has_ended(self) -> bool:
        """Whether `result` may be asked for."""
        return self._ended.is_set()

    def step(self) -> None:
        """Take one step. Engine thread only."""
        try:
            if self._work is None:
                self._work = self._make()
            self.latest = next(self._work)
        except StopIteration as stop:
            self._result = stop.value
            self._end()
        except (Exception, SystemExit) as error:  # model code of mlx-lm calls `exit`
            self._fail(error)

    def close(self) -> None:
        """End it now; it undoes what is half made. Engine thread only."""
        try:
            if self._work is not None:
                self._work.close()
        except (Exception, SystemExit) as error:
            self._fail(error)
        else:
            self._error = WorkCancelled()
            self._end()

    def _fail(self, error: BaseException) -> None:
        _log.info("Work failed", exc_info=error)
        self._error = _without_frames(error)
        self._end()

    def _end(self) -> None:
        if self._work is not None:
            from mlxtui.inference import runtime

            self._work = None
            runtime.free_unused()
        self._ended.set()


class WorkQueue:
    """The tasks that wait for their turn, and whose turn it is. Engine thread only."""

    def __init__(self) -> None:
        self._tasks: list[Task[Any]] = []
        self._owed_seconds = 0.0

    def look_at(self, task: Task[Any]) -> None:
        """Take in a new task; end one that was cancelled."""
        if task.has_ended:
            return
        if task.is_cancelled:
            if task in self._tasks:
                self._tasks.remove(task)
            task.close()
        elif task not in self._tasks:
            self._tasks.append(task)

    @property
    def is_busy(self) -> bool:
        """Whether there is a step to take."""
        return any(not task.is_paused for task in self._tasks)

    def answered(self, seconds: float) -> None:
        """The answers had so much time since the last step."""
        self._owed_seconds -= seconds

    def step(self, *, is_answering: bool) -> None:
        """Take one step of the first task that is not paused.

        While answers are being made they come first, until they have had their share
        of the time.
        """
        if not is_answering:
            self._owed_seconds = 0
        elif self._owed_seconds > 0:
            return
        task = next((task for task in self._tasks if not task.is_paused), None)
        if task is None:
            return
        started_seconds = time.perf_counter()
        task.step()
        if task.has_ended:
            self._tasks.remove(task)
        # What answers had before beyond their share is not saved up for later.
        self._owed_seconds = (time.perf_counter() - started_seconds) * _ANSWER_SHARE

    def close(self) -> None:
        """End all tasks."""
        while self._tasks:
            self._tasks.pop().close()


def _without_frames(error: BaseException) -> BaseException:
    """The error without what its frames hold: arrays of gigabytes among it."""
    seen: set[int] = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        if part.__traceback__ is not None:
            traceback.clear_frames(part.__traceback__)
            part.__traceback__ = None
        part = part.__cause__ or part.__context__
    return error
