"""The job list on the disk: for each job a file, a lock and a log.

Several programs share the folder. A file is written by the program that holds the
job's lock and replaced as a whole, so that readers never see half of one.
"""

import logging
import os
import re
from datetime import datetime
from pathlib import Path

from mlxtui import paths
from mlxtui.backend import job_lock, job_record
from mlxtui.backend.job_info import JobId
from mlxtui.backend.job_lock import JobLock
from mlxtui.backend.job_record import JobRecord

_log = logging.getLogger(__name__)

_JOB_FILE = re.compile(r"([0-9a-f]{32})\.json")

_MAX_LOG_BYTES = 256 * 1024

Version = tuple[int, int]
"""Changes whenever a job's file is replaced: its inode and time."""


class JobFiles:
    """The files of all jobs.

    Args:
        folder: Made when the first job is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def versions(self) -> dict[JobId, Version]:
        """The jobs that are there, and the version of each one's file."""
        found: dict[JobId, Version] = {}
        try:
            entries = list(os.scandir(self._folder))
        except FileNotFoundError:
            return found
        for entry in entries:
            match = _JOB_FILE.fullmatch(entry.name)
            if match is None:
                continue
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue  # forgotten by another program
            found[JobId(match[1])] = (status.st_ino, status.st_mtime_ns)
        return found

    def read(self, job_id: JobId) -> JobRecord | None:
        """Read a job's file; a damaged one is set aside, under another name."""
        path = self._file(job_id, "json")
        try:
            return job_record.from_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            _log.warning("The job file %s is damaged", path, exc_info=True)
            path.replace(path.with_suffix(".damaged"))
            return None

    def write(self, record: JobRecord) -> bool:
        """Save a job; False where the disk does not take it, which ends no job."""
        path = self._file(record.job_id, "json")
        try:
            paths.write_atomically(path, job_record.to_json(record))
        except OSError:
            _log.warning("The job file %s cannot be written", path, exc_info=True)
            return False
        return True

    def remove(self, job_id: JobId) -> None:
        """Forget a job."""
        for suffix in ("json", "log", "lock"):
            self._file(job_id, suffix).unlink(missing_ok=True)

    def take(self, job_id: JobId) -> JobLock | None:
        """Take a job; None while another program has it.

        Raises:
            OSError: The folder cannot be written.
        """
        paths.make_private(self._folder)
        return job_lock.take(self._file(job_id, "lock"))

    def holder(self, job_id: JobId) -> int | None:
        """The process that is at a job; None when nobody is."""
        return job_lock.holder(self._file(job_id, "lock"))

    def append_log(self, job_id: JobId, text: str) -> None:
        """Write down what happened, with the time; a long log loses its older half."""
        path = self._file(job_id, "log")
        time_text = datetime.now().isoformat(" ", "seconds")
        line = f"{time_text}  {' '.join(text.split())}"
        try:
            if path.exists() and path.stat().st_size > _MAX_LOG_BYTES:
                kept = self.read_log(job_id)
                paths.write_atomically(path, "\n".join(kept[len(kept) // 2 :]) + "\n")
            paths.append_line(path, line)
        except OSError:
            _log.warning("The job log %s cannot be written", path, exc_info=True)

    def read_log(self, job_id: JobId) -> tuple[str, ...]:
        """The lines of a job's log, oldest first."""
        try:
            content = self._file(job_id, "log").read_bytes()
        except FileNotFoundError:
            return ()
        return tuple(content.decode("utf-8", "replace").splitlines())

    def _file(self, job_id: JobId, suffix: str) -> Path:
        return self._folder / f"{job_id}.{suffix}"
