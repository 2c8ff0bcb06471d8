"""The thread that tells the front end of jobs: ten times a second at the most."""

import threading
import time
from collections.abc import Callable

from mlxtui.backend.job import Job
from mlxtui.backend.job_events import Event, JobChanged, JobForgotten
from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import JobId, JobInfo
from mlxtui.backend.job_list import JobList
from mlxtui.types import RequestId

_TICK_SECONDS = 0.1

# How often the shared folder is looked at while somebody looks at the list.
_FOLLOW_SECONDS = 1.0


class JobNews:
    """Owns the list, and emits what is new in it."""

    def __init__(self, emit: Callable[[Event], None], files: JobFiles) -> None:
        self.jobs = JobList(files, self.tell)
        self._emit = emit
        self._changed: dict[JobId, Job] = {}
        self._told: dict[JobId, JobInfo] = {}
        self._wake = threading.Condition()
        self._follows = False
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def tell(self, job: Job) -> None:
        """There is something new; returns at once."""
        with self._wake:
            self._changed[job.job_id] = job
            self._start()

    def follow(self) -> None:
        """Look at what other programs do with their jobs, from now on."""
        with self._wake:
            self._follows = True
            self._start()

    def forgotten(self, job_id: JobId) -> None:
        """Tell that a job is no longer in the list."""
        self._told.pop(job_id, None)
        self._emit(JobForgotten(request_id=RequestId(job_id), job_id=job_id))

    def close(self) -> None:
        """Tell what is new, and end."""
        with self._wake:
            self._is_closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(
                target=self._run, name="mlxtui-job-news", daemon=True
            )
            self._thread.start()
        self._wake.notify()

    def _run(self) -> None:
        looked_seconds = time.monotonic()
        while not self._is_closed:
            # A rate falls while nothing moves, so these have news without saying so.
            running = [job for job in self.jobs.newest_first() if job.is_running]
            with self._wake:
                if not (self._changed or running or self._is_closed):
                    self._wake.wait(_FOLLOW_SECONDS if self._follows else None)
            if self._follows and time.monotonic() - looked_seconds >= _FOLLOW_SECONDS:
                looked_seconds = time.monotonic()
                self._look()
            self._emit_changes(running)
            time.sleep(_TICK_SECONDS)
        self._emit_changes([])

    def _look(self) -> None:
        found, gone = self.jobs.read()
        for job in found:
            self.tell(job)
        for job_id in gone:
            self.forgotten(job_id)

    def _emit_changes(self, running: list[Job]) -> None:
        with self._wake:
            changed, self._changed = self._changed, {}
        for job in {*running, *changed.values()}:
            info = job.info()
            if job in self.jobs and self._told.get(job.job_id) != info:
                self._told[job.job_id] = info
                self._emit(JobChanged(request_id=RequestId(job.job_id), job=info))
