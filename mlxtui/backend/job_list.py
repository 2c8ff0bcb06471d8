"""All jobs: those of this program, and what others write into the shared folder."""

import threading
from collections.abc import Callable
from dataclasses import replace

from mlxtui.backend.job import Job
from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import ENDED_STATES, JobId
from mlxtui.backend.job_record import INTERRUPTED, JobRecord
from mlxtui.errors import JobRefused
from mlxtui.i18n import _

# Of the jobs that have ended the newest are kept; the others are forgotten.
_MAX_ENDED = 100


class JobList:
    """Finds jobs by their name.

    Args:
        tell: Called with a job that has something new; must not block.
    """

    def __init__(self, files: JobFiles, tell: Callable[[Job], None]) -> None:
        self._files = files
        self._tell = tell
        self._guard = threading.RLock()
        self._jobs: dict[JobId, Job] = {}

    def newest_first(self) -> tuple[Job, ...]:
        """All jobs as they were when the list was read last."""
        with self._guard:
            jobs = list(self._jobs.values())
        jobs.sort(key=lambda job: job.record.created_at, reverse=True)
        return tuple(jobs)

    def find(self, job_id: JobId) -> Job:
        """The job of that name.

        Raises:
            JobRefused: It is no longer in the list.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise JobRefused(_("That job is no longer in the list."))
        return job

    def __contains__(self, job: Job) -> bool:
        return self._jobs.get(job.job_id) is job

    def add(self, record: JobRecord) -> Job:
        """A new job of this program; the oldest ones that have ended make room."""
        job = self._new(record)
        ended = [job for job in self.newest_first() if job.has_ended]
        for old in ended[_MAX_ENDED:]:
            self.remove(old)
        return job

    def remove(self, job: Job) -> None:
        """Forget a job and what it wrote down."""
        with self._guard:
            self._jobs.pop(job.job_id, None)
        self._files.remove(job.job_id)

    def read(self) -> tuple[list[Job], list[JobId]]:
        """Look at what other programs wrote.

        Returns:
            The jobs that have changed, and the names of those that were forgotten.
        """
        with self._guard:
            versions = self._files.versions()
            gone = [
                job_id
                for job_id, job in self._jobs.items()
                if job_id not in versions and not job.is_ours and job.is_on_disk
            ]
            for job_id in gone:
                del self._jobs[job_id]
            changed = [self._read(job_id, versions[job_id]) for job_id in versions]
        return [job for job in changed if job is not None], gone

    def _read(self, job_id: JobId, version: object) -> Job | None:
        """Bring one job up to date; None where nothing is new."""
        job = self._jobs.get(job_id)
        if job is not None and (
            job.is_ours or job.version == version and job.has_ended
        ):
            job.version = version
            return None
        # First the lock: what a program wrote before it gave it back is then read.
        held_by = self._files.holder(job_id)
        if job is None or job.version != version:
            record = self._files.read(job_id)
            if record is None:
                return None
        else:
            record = job.record
        if held_by is None and record.state in ("running", "waiting"):
            record = replace(record, **INTERRUPTED)
        elif record.state in ENDED_STATES:
            held_by = None
        if job is None:
            job = self._new(record)
        elif job.record == record and job.held_by == held_by:
            job.version = version
            return None
        job.follow(record, held_by)
        job.version, job.is_on_disk = version, True
        return job

    def _new(self, record: JobRecord) -> Job:
        job = Job(record, self._files, lambda: self._tell(job))
        with self._guard:
            self._jobs[record.job_id] = job
        return job
