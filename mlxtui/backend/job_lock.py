"""Which of several programs is at a job: it holds a lock on the job's lock file."""

import fcntl
import os
import time
from pathlib import Path

# A program that only looks holds the lock for microseconds.
_TRIES = 10
_PAUSE_SECONDS = 0.02


class JobLock:
    """A job that this program is at, until `release`; the system frees the lock when
    the process ends in whatever way."""

    def __init__(self, file_number: int) -> None:
        self._file_number = file_number

    def release(self) -> None:
        """Let others have the job."""
        os.ftruncate(self._file_number, 0)
        os.close(self._file_number)


def take(path: Path) -> JobLock | None:
    """Take the lock of a job; None while another program holds it.

    Raises:
        OSError: The file cannot be written.
    """
    file_number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(_TRIES):
            try:
                fcntl.flock(file_number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE_SECONDS)
            else:
                os.ftruncate(file_number, 0)
                os.pwrite(file_number, str(os.getpid()).encode(), 0)
                return JobLock(file_number)
    except OSError:
        os.close(file_number)
        raise
    os.close(file_number)
    return None


def holder(path: Path) -> int | None:
    """The process that holds a job's lock; None when nobody does, 0 when its number
    cannot be read."""
    try:
        file_number = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        # Shared, so that two programs that look do not see each other.
        fcntl.flock(file_number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        content = os.pread(file_number, 32, 0)
        return int(content) if content.isdigit() else 0
    finally:
        os.close(file_number)
    return None
