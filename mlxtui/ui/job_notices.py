"""What the user is told of jobs that end, and what waits since the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.ui.actions import key_text
from mlxtui.ui.job_actions import JobsInfo
from mlxtui.ui.job_words import title_text
from mlxtui.ui.settings_app import SettingsApp

if TYPE_CHECKING:
    from mlxtui.backend.job_info import JobInfo

# Whoever waits longer has gone on to something else.
_LONG_SECONDS = 10


class JobNotices:
    """Tells of jobs in the corner of the screen, and outside of it.

    Args:
        app: Who shows the notices.
    """

    def __init__(self, app: SettingsApp) -> None:
        self._app = app

    def tell_end(self, job: JobInfo) -> None:
        """A job has finished or failed."""
        text = end_text(job)
        hint = end_hint(job, self._key)
        self._app.notify(
            "\n".join(filter(None, (text, hint))),
            severity="error" if job.state == "failed" else "information",
            timeout=15,
        )
        if is_long(job):
            self._app.notify_outside(text)

    def tell_interrupted(self, jobs: tuple[JobInfo, ...]) -> None:
        """An earlier run has left jobs that can go on."""
        self._app.notify(waiting_text(len(jobs), self._key), timeout=10)

    @property
    def _key(self) -> str:
        """What opens the jobs, as people write it."""
        keys = self._app.settings.keys.get("app.jobs", JobsInfo.KEY)
        return key_text(keys.split(",")[0])


def end_text(job: JobInfo) -> str:
    """What became of a job, in a sentence."""
    title = title_text(job)
    if job.state != "failed":
        return _("{name} is ready.").format(name=title)
    failed = _("{name} has failed: {reason}")
    return failed.format(name=title, reason=one_line(job.message))


def end_hint(job: JobInfo, key: str) -> str:
    """The next step.

    Args:
        key: That opens the jobs, as people write it.
    """
    if job.state == "failed":
        shown = _("{key} shows the jobs.").format(key=key)
        return " ".join(filter(None, (one_line(job.hint), shown)))
    if job.result_name:
        return _("{key} and Enter open a chat with it.").format(key=key)
    return ""


def is_long(job: JobInfo) -> bool:
    """Whether it took so long that nobody waited in front of it."""
    if job.ended_at is None:
        return False
    return (job.ended_at - job.created_at).total_seconds() > _LONG_SECONDS


def waiting_text(count: int, key: str) -> str:
    """Jobs that an earlier run has left."""
    return ngettext(
        "{count} job was interrupted and can go on: {key}",
        "{count} jobs were interrupted and can go on: {key}",
        count,
    ).format(count=count, key=key)
