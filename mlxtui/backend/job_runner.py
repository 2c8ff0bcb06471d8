"""Runs jobs, each in its own thread, and takes the front end's orders for them."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from mlxtui import paths
from mlxtui.backend import pipeline
from mlxtui.backend.clearing import clear
from mlxtui.backend.engine import Engine
from mlxtui.backend.failures import failure
from mlxtui.backend.job import Job, JobInterrupted, Wish
from mlxtui.backend.job_events import Event
from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import JobId, JobInfo, JobOrder
from mlxtui.backend.job_news import JobNews
from mlxtui.backend.job_record import INTERRUPTED, now
from mlxtui.backend.new_record import new_record
from mlxtui.backend.turns import Turns
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.types import RequestId

_log = logging.getLogger(__name__)

# Downloads and uploads side by side; each has several connections of its own.
_TRANSFERS = 3

# A job that was asked to end does so in half a second, unless the engine is busy.
_REST_SECONDS = 5.0


class JobRunner:
    """The jobs of this program.

    Args:
        emit: Called with what is new of jobs, in threads of this room.
    """

    def __init__(
        self, emit: Callable[[Event], None], engine: Engine, settings: Settings
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._files = JobFiles(paths.jobs_dir())
        self._news = JobNews(emit, self._files)
        self._transfers = Turns(_TRANSFERS)
        self._threads: list[threading.Thread] = []
        self._guard = threading.RLock()

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next job on."""
        self._settings = settings

    def listed(self) -> tuple[JobInfo, ...]:
        """All jobs, the newest first; from now on the front end is told of those of
        other programs, too."""
        self._news.jobs.read()
        self._news.follow()
        return tuple(job.info() for job in self._news.jobs.newest_first())

    def folders_in_use(self) -> tuple[Path, ...]:
        """The models that jobs, of whichever program, are not done with."""
        self._news.jobs.read()
        return tuple(
            path
            for job in self._news.jobs.newest_first()
            if not job.has_ended
            for path in (job.record.source_path, job.record.result_path)
            if path is not None
        )

    def read_log(self, job_id: JobId) -> tuple[str, ...]:
        """What a job wrote down.

        Raises:
            JobRefused: It is no longer in the list.
        """
        return self._files.read_log(self._find(job_id).job_id)

    def start(self, spec: JobSpec) -> tuple[JobId, Callable[[], None]]:
        """A job for the spec: the one that is not finished yet, or a new one.

        Returns:
            Its name, and what begins it.

        Raises:
            JobRefused: Another program makes the same, or nothing can be written.
        """
        record = new_record(spec, self._settings)
        with self._guard:
            self._news.jobs.read()
            for job in self._news.jobs.newest_first():
                if job.record.spec == spec and job.record.state not in (
                    "finished",
                    "cancelled",
                ):
                    return job.job_id, self._go_on(job)
            job = self._news.jobs.add(record)
            try:
                begin = self._go_on(job)
            except JobRefused:
                self._news.jobs.remove(job)
                raise
            asked = record.source_name or spec.source
            job.log(_("Asked for: {source}").format(source=asked))
            return job.job_id, begin

    def control(self, job_id: JobId, order: JobOrder) -> None:
        """Carry out an order.

        Raises:
            JobRefused: It does not suit the job, or another program is at it.
        """
        with self._guard:
            job = self._find(job_id)
            _check_not_held(job)
            state = job.record.state
            match order:
                case "pause":
                    if state in ("waiting", "running"):
                        job.want("pause", state="paused", note="")
                    elif state != "paused":
                        raise _refusal(_("{title} is not running."), job)
                case "resume":
                    if state == "paused":
                        self._go_on(job)()
                    elif state not in ("waiting", "running"):
                        raise _refusal(_("{title} is not paused."), job)
                case "retry":
                    if state not in ("failed", "cancelled"):
                        raise _refusal(
                            _("{title} has not failed and was not cancelled."), job
                        )
                    self._go_on(job)()
                case "cancel":
                    if state not in ("cancelled", "finished") and not job.want(
                        "cancel"
                    ):
                        self._take(job, "cancel")
                        self._launch(job)
                case "forget":
                    self._forget(job)

    def stop(self) -> None:
        """Ask all jobs to rest: the program ends."""
        for job in self._news.jobs.newest_first():
            job.want("stop")

    def close(self) -> None:
        """Wait until all rest; those that had not ended are there at the next start."""
        self.stop()
        for thread in self._threads:
            thread.join()
        self._news.close()

    def _find(self, job_id: JobId) -> Job:
        self._news.jobs.read()
        return self._news.jobs.find(job_id)

    def _go_on(self, job: Job) -> Callable[[], None]:
        """Let a job run that rests or has ended; returns what begins it."""
        _check_not_held(job)
        if job.is_ours and job.record.state in ("waiting", "running"):
            return lambda: None
        if job.want("run", state="waiting"):
            return lambda: None
        self._take(job, "run")
        job.change(
            state="waiting", note="", message="", hint="", ended_at=None,
            was_interrupted=False,
        )  # fmt: skip
        return lambda: self._launch(job)

    def _take(self, job: Job, wish: Wish) -> None:
        try:
            lock = self._files.take(job.job_id)
        except OSError as error:
            raise JobRefused(
                _("{path} cannot be written: {reason}").format(
                    path=paths.jobs_dir(), reason=error.strerror
                ),
                hint=_("Free some disk space or mend the folder's permissions."),
            ) from error
        if lock is None:
            self._news.jobs.read()
            _check_not_held(job)
            raise _still_ending(job)
        job.take(lock, wish)

    def _launch(self, job: Job) -> None:
        thread = threading.Thread(
            target=self._run,
            args=(job, self._settings),
            name="mlxtui-job-run",
            daemon=True,
        )
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _run(self, job: Job, settings: Settings) -> None:
        place = Workplace(
            job=job,
            settings=settings,
            engine=self._engine,
            transfers=self._transfers,
        )
        while True:
            wish = job.wish
            if wish == "run":
                self._attempt(place)
            elif wish == "cancel":
                self._cancel(job, settings)
            elif wish == "stop" and job.record.state != "paused":
                job.change(**INTERRUPTED)
            if job.rest(wish):
                return

    def _attempt(self, place: Workplace) -> None:
        job = place.job
        try:
            pipeline.run(place)
        except JobInterrupted:
            return
        except Exception as error:
            # One that nobody raised on purpose is logged there.
            failed = failure(RequestId(job.job_id), error)
            job.log(f"{failed.message} {failed.hint}")
            job.change(
                state="failed", message=failed.message, hint=failed.hint, note="",
                ended_at=now(),
            )  # fmt: skip
        else:
            job.log(_("Finished: {name}").format(name=job.record.result_name))
            job.change(state="finished", note="", ended_at=now())

    def _cancel(self, job: Job, settings: Settings) -> None:
        try:
            clear(job, settings, is_shared=self._is_shared(job))
        except Exception:
            _log.exception("What job %s had half made could not be removed", job.job_id)
        job.log(_("Cancelled."))
        job.change(state="cancelled", note="", ended_at=now())

    def _forget(self, job: Job) -> None:
        if job.record.state in ("waiting", "running"):
            raise JobRefused(
                _("{title} has not ended.").format(title=job.record.title),
                hint=_("Cancel it first."),
            )
        job.want("cancel")
        if not job.wait_for_rest(_REST_SECONDS):
            raise _still_ending(job)
        if job.record.state not in ("finished", "cancelled"):
            self._take(job, "cancel")
            self._cancel(job, self._settings)
            job.rest("cancel")
        self._news.jobs.remove(job)
        self._news.forgotten(job.job_id)

    def _is_shared(self, job: Job) -> bool:
        """Whether another job that has not ended fetches from the same repository."""
        self._news.jobs.read()
        return any(
            other is not job
            and not other.has_ended
            and other.record.source_name == job.record.source_name
            for other in self._news.jobs.newest_first()
        )


def _check_not_held(job: Job) -> None:
    if job.held_by is not None:
        raise JobRefused(
            _("Another program (process {process_id}) is at {title}.").format(
                process_id=job.held_by, title=job.record.title
            ),
            hint=_("Give the order there, or end that program."),
        )


def _refusal(text: str, job: Job) -> JobRefused:
    return JobRefused(text.format(title=job.record.title))


def _still_ending(job: Job) -> JobRefused:
    return JobRefused(
        _("{title} is still ending.").format(title=job.record.title),
        hint=_("Try again in a moment."),
    )
