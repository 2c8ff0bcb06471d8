"""The jobs as the backend has told of them so far.

The records of jobs are imported when the first one is there: the first paint does not
wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.backend.job_info import JobId, JobInfo


class KnownJobs:
    """Kept by the app, read by whoever shows jobs."""

    def __init__(self) -> None:
        self._jobs: dict[JobId, JobInfo] = {}
        self._newest_first: tuple[JobInfo, ...] = ()

    def get(self, job_id: JobId) -> JobInfo | None:
        """A job as it is now; None when it is not in the list."""
        return self._jobs.get(job_id)

    @property
    def newest_first(self) -> tuple[JobInfo, ...]:
        """All of them."""
        if not self._newest_first:
            jobs = self._jobs.values()
            self._newest_first = tuple(
                sorted(jobs, key=lambda job: job.created_at, reverse=True)
            )
        return self._newest_first

    @property
    def running(self) -> tuple[JobInfo, ...]:
        """Those that this program works at."""
        return tuple(
            job
            for job in self.newest_first
            if job.state == "running" and job.held_by_process_id is None
        )

    @property
    def interrupted(self) -> tuple[JobInfo, ...]:
        """Those that an earlier run has left, and that can go on."""
        return tuple(job for job in self.newest_first if is_interrupted(job))

    def receive(self, event: Event) -> bool:
        """Take in an event; False when it says nothing of jobs."""
        from mlxtui.backend.job_events import JobChanged, JobForgotten, JobsListed

        match event:
            case JobChanged(job=job):
                self._jobs[job.job_id] = job
            case JobForgotten(job_id=job_id):
                self._jobs.pop(job_id, None)
            case JobsListed(jobs=jobs):
                self._jobs = {job.job_id: self._newer(job) for job in jobs}
            case _:
                return False
        self._newest_first = ()
        return True

    def _newer(self, listed: JobInfo) -> JobInfo:
        """A list may have been made before a job's last event was sent."""
        from mlxtui.backend.job_info import ENDED_STATES

        known = self._jobs.get(listed.job_id)
        if known is not None and known.state in ENDED_STATES:
            return known
        return listed


def is_interrupted(job: JobInfo) -> bool:
    """Whether it stopped with an earlier run of the program and waits to go on."""
    from mlxtui.backend.job_info import ENDED_STATES

    return (
        job.was_interrupted
        and job.state not in ENDED_STATES
        and job.state != "running"
        and job.held_by_process_id is None
    )
