"""One job of this process: its record, what it was told, and how far it is."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import ENDED_STATES, FileProgress, JobId, JobInfo, JobState
from mlxtui.backend.job_lock import JobLock
from mlxtui.backend.job_record import JobRecord
from mlxtui.backend.rate import RateMeter
from mlxtui.plans import Stage

Wish = Literal["run", "pause", "cancel", "stop"]
"""What is wanted of a job; `stop` is the program's end."""

# Other programs see how far it is, and a restart shows it.
_SAVE_SECONDS = 1.0


class JobInterrupted(Exception):
    """The job is to pause, to be cancelled, or the program ends: `Job.wish` says."""


class Job:
    """A job, shared between its own thread, those that give orders, and the one that
    tells the front end.

    Args:
        tell: Called when there is something new to tell; must not block.
    """

    def __init__(
        self, record: JobRecord, files: JobFiles, tell: Callable[[], None]
    ) -> None:
        self._guard = threading.RLock()
        self._record = record
        self._files = files
        self._tell = tell
        self._file_progress: tuple[FileProgress, ...] = ()
        self._rate = RateMeter()
        self._saved_seconds = 0.0
        self._wish: Wish = "run"
        self._listeners: list[Callable[[], None]] = []
        self._lock: JobLock | None = None
        self._at_rest = threading.Event()
        self._at_rest.set()
        self._held_by: int | None = None
        self.version: object = None
        """Of its file, when it was read last."""
        self.is_on_disk = False
        """Whether it ever had a file, so that its absence means it was forgotten."""

    @property
    def job_id(self) -> JobId:
        """Its name."""
        return self._record.job_id

    @property
    def record(self) -> JobRecord:
        """As it stands now."""
        return self._record

    @property
    def is_ours(self) -> bool:
        """Whether this program is at it."""
        return self._lock is not None

    @property
    def is_running(self) -> bool:
        """Whether this program is at it and something moves."""
        return self.is_ours and self._record.state == "running"

    @property
    def held_by(self) -> int | None:
        """The other program that is at it."""
        return self._held_by

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self._record.state in ENDED_STATES

    # What other threads see and want.

    def info(self) -> JobInfo:
        """What a front end sees of it."""
        with self._guard:
            record = self._record
            if self.is_ours:
                record = replace(record, **self._measured())
            files = self._file_progress if record.state == "running" else ()
            return record.info(files, self._held_by)

    @property
    def wish(self) -> Wish:
        """What is wanted of it now."""
        return self._wish

    def want(self, wish: Wish, **values: Any) -> bool:
        """Ask its thread for something; it looks up at once.

        Args:
            wish: A job that is to be cancelled stays so.
            values: Fields of the record that change with it.

        Returns:
            Whether it has a thread: this program is at it.
        """
        with self._guard:
            if not self.is_ours or self.has_ended:
                return False
            if self._wish != "cancel":
                self._wish = wish
                if values:
                    self.change(**values)
            listeners = list(self._listeners) if wish != "run" else []
        for listener in listeners:
            listener()
        return True

    def follow(self, record: JobRecord, held_by: int | None) -> None:
        """Another program changed it, or nobody is at it any more."""
        with self._guard:
            if not self.is_ours:
                self._record = record
                self._held_by = held_by

    def take(self, lock: JobLock, wish: Wish) -> None:
        """This program is at it from now on."""
        with self._guard:
            self._record = self._files.read(self.job_id) or self._record
            self._lock = lock
            self._at_rest.clear()
            self._held_by = None
            self._wish = wish
            self._rate = RateMeter()

    def rest(self, handled: Wish) -> bool:
        """Its thread has done what was wanted, unless something else is wanted now.

        Returns:
            Whether this program is no longer at it.
        """
        with self._guard:
            if not self.has_ended and (handled == "run" or handled != self._wish):
                return False
            self._file_progress = ()
            if self._lock is not None:
                # Before anybody sees that it is not ours: it would seem another's.
                self._lock.release()
                self._lock = None
            self._at_rest.set()
            return True

    def wait_for_rest(self, timeout_seconds: float) -> bool:
        """Wait until this program is no longer at it; whether that came in time."""
        return self._at_rest.wait(timeout_seconds)

    # For the thread that does it.

    def check(self) -> None:
        """Go on only if that is still wanted.

        Raises:
            JobInterrupted: It is not.
        """
        if self._wish != "run":
            raise JobInterrupted

    @contextmanager
    def interrupting(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call the listener as soon as the job shall not go on."""
        with self._guard:
            self._listeners.append(listener)
            is_wanted = self._wish == "run"
        try:
            if not is_wanted:
                listener()
            yield
        finally:
            with self._guard:
                self._listeners.remove(listener)

    def change(self, **values: Any) -> None:
        """Change fields of the record; saved before this returns, and told."""
        if values.get("state", "running") != "running":
            values |= {"rate_per_second": 0, "seconds_left": None}
        with self._guard:
            self._record = replace(self._record, **values)
            self._save()
        self._tell()

    def begin_stage(self, stage: Stage | None, note: str = "") -> None:
        """The next stage begins, with nothing done.

        Raises:
            JobInterrupted: It shall not.
        """
        with self._guard:
            self.check()
            self._rate = RateMeter()
            self._file_progress = ()
            self.change(
                state="running", stage=stage, done=0, total=0, note=note,
                rate_per_second=0, seconds_left=None,
            )  # fmt: skip

    def finish_stage(self, stage: Stage, **values: Any) -> None:
        """A stage is over and need not be done again."""
        finished = (*self._record.finished_stages, stage)
        self.change(finished_stages=finished, **values)

    def wait_for_turn(self, note: str) -> None:
        """It waits, for a reason.

        Raises:
            JobInterrupted: It shall not go on.
        """
        with self._guard:
            self.check()
            self.change(state="waiting", note=note)

    def set_state(self, state: JobState, note: str = "") -> None:
        """It moves or waits, unless something else is wanted of it."""
        with self._guard:
            if self._wish == "run" and self._record.state != state:
                self._rate = RateMeter()  # a pause is no part of its speed
                self.change(state=state, note=note)

    def report(
        self,
        done: int,
        total: int,
        unit: Literal["bytes", "tokens", "steps"] = "bytes",
        *,
        note: str = "",
        files: tuple[FileProgress, ...] = (),
    ) -> None:
        """How far this stage has come; cheap, may be called often.

        What moves is running again, if it had waited.
        """
        with self._guard:
            self.set_state("running")
            self._rate.add(done)
            self._file_progress = files
            self._record = replace(
                self._record, done=done, total=total, unit=unit, note=note
            )
            if time.monotonic() - self._saved_seconds >= _SAVE_SECONDS:
                self._record = replace(self._record, **self._measured())
                self._save()
        self._tell()

    def log(self, text: str) -> None:
        """Write down what happened."""
        self._files.append_log(self.job_id, text)

    def _measured(self) -> dict[str, Any]:
        record = self._record
        is_running = record.state == "running"
        rate = self._rate.per_second() if is_running else 0
        left = record.total - record.done
        return {
            "rate_per_second": rate,
            "seconds_left": max(left, 0) / rate if rate and record.total else None,
        }

    def _save(self) -> None:
        self._saved_seconds = time.monotonic()
        self.is_on_disk |= self._files.write(self._record)
