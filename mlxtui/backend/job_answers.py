"""Commands about jobs."""

from collections.abc import Callable

from mlxtui.backend.job_commands import ControlJob, ListJobs, ReadJobLog, StartJob
from mlxtui.backend.job_events import JobAccepted, JobLogRead, JobsListed
from mlxtui.backend.job_runner import JobRunner


def start_job(
    command: StartJob, runner: JobRunner
) -> tuple[JobAccepted, Callable[[], None]]:
    """A job for the spec, and what begins it once the front end knows its name.

    Raises:
        JobRefused: It cannot begin.
    """
    job_id, begin = runner.start(command.spec)
    return JobAccepted(request_id=command.request_id, job_id=job_id), begin


def control_job(command: ControlJob, runner: JobRunner) -> JobAccepted:
    """Carry out an order.

    Raises:
        JobRefused: It does not suit the job.
    """
    runner.control(command.job_id, command.order)
    return JobAccepted(request_id=command.request_id, job_id=command.job_id)


def list_jobs(command: ListJobs, runner: JobRunner) -> JobsListed:
    """All jobs, the newest first."""
    return JobsListed(request_id=command.request_id, jobs=runner.listed())


def read_job_log(command: ReadJobLog, runner: JobRunner) -> JobLogRead:
    """What a job wrote down.

    Raises:
        JobRefused: It is no longer in the list.
    """
    lines = runner.read_log(command.job_id)
    return JobLogRead(request_id=command.request_id, lines=lines)
