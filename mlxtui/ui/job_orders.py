"""Which of the drawer's actions a job takes, and which job a name means."""

from collections.abc import Sequence

from mlxtui.backend.job_info import ENDED_STATES, JobInfo
from mlxtui.ui.job_words import title_text
from mlxtui.ui.model_standing import folded


def takes(job: JobInfo, verb: str) -> bool:
    """Whether an action of the drawer has something to do with a job.

    Args:
        verb: Of the action `jobs.VERB`.
    """
    if verb == "log":
        return True
    if job.held_by_process_id is not None:
        return False
    match verb:
        case "open":
            return job.state == "paused" or (
                bool(job.result_name) if job.state == "finished" else _can_go_on(job)
            )
        case "pause" | "cancel":
            return job.state not in ENDED_STATES
        case "retry":
            return job.state in ("failed", "cancelled")
        case "forget":
            return job.state in ENDED_STATES
        case _:
            return False


def _can_go_on(job: JobInfo) -> bool:
    if job.state in ("failed", "cancelled"):
        return True
    return job.was_interrupted and job.state != "running"


def job_named(name: str, jobs: Sequence[JobInfo], verb: str) -> JobInfo | None:
    """The newest job whose name is, or contains, these words and that takes an action.

    Args:
        jobs: The newest first.
    """
    wanted = folded(name)
    fitting = [job for job in jobs if takes(job, verb)]
    exact = [job for job in fitting if folded(title_text(job)) == wanted]
    near = [job for job in fitting if wanted in folded(title_text(job))]
    return next(iter([*exact, *near]), None)
