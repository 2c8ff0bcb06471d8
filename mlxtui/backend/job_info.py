"""What a front end sees of a job: something long that survives a restart."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NewType

from mlxtui.plans import JobSpec, Stage

JobId = NewType("JobId", str)
JobState = Literal["waiting", "running", "paused", "failed", "cancelled", "finished"]
JobOrder = Literal["pause", "resume", "cancel", "retry", "forget"]

ENDED_STATES: tuple[JobState, ...] = ("failed", "cancelled", "finished")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProgress:
    """How far one file has come."""

    path: str
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInfo:
    """A job as it is now."""

    job_id: JobId
    spec: JobSpec
    title: str
    """What the user calls it: the result's name."""
    source_name: str = ""
    """What it is made from, as lists call it; a path of what is in none."""
    state: JobState
    stage: Stage | None = None
    """None before the first one."""
    stages: tuple[Stage, ...] = ()
    """All that it goes through, in order."""
    done: int = 0
    total: int = 0
    """Of this stage; 0 while it is not known."""
    unit: Literal["bytes", "tokens", "steps"] = "bytes"
    rate_per_second: float = 0
    """Of the last seconds, in units; 0 when nothing moves."""
    seconds_left: float | None = None
    """Of this stage, by that rate; None when it cannot be told."""
    files: tuple[FileProgress, ...] = ()
    """Those that are being fetched now."""
    note: str = ""
    """What it waits for, or what it does beside its numbers; one line."""
    message: str = ""
    """Why it failed, for the user."""
    hint: str = ""
    result_name: str = ""
    """Of the model that a finished job made."""
    result_path: Path | None = None
    """Its folder, once it is there."""
    created_at: datetime
    ended_at: datetime | None = None
    held_by_process_id: int | None = None
    """Another program that is at it; None when it is ours or nobody's."""
    was_interrupted: bool = False
    """It was running when its program ended: it can go on where it was."""

    @property
    def share(self) -> float | None:
        """Done of this stage, 0 to 1; None while its total is not known."""
        return min(self.done / self.total, 1.0) if self.total else None
