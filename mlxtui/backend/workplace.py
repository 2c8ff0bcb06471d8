"""What a job's stages have at hand: the job, the engine, the network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from mlxtui.backend.beside import NoLongerWanted, beside
from mlxtui.backend.engine import Engine
from mlxtui.backend.engine_work import Task, WorkCancelled
from mlxtui.backend.job import Job, JobInterrupted
from mlxtui.backend.turns import Turns
from mlxtui.i18n import _
from mlxtui.inference.step import Step, Work
from mlxtui.settings import Settings

Result = TypeVar("Result")

# How often progress is passed on, and an order is noticed.
_LOOK_SECONDS = 0.1

# Work that begins sooner than this did not wait.
_SOON_SECONDS = 0.5


@dataclass(slots=True, kw_only=True)
class Workplace:
    """One run of a job, in its own thread."""

    job: Job
    settings: Settings
    engine: Engine
    transfers: Turns

    def beside(self, function: Callable[[], Result]) -> Result:
        """Do what cannot be stopped, and leave it alone when the job shall not go on.

        Raises:
            JobInterrupted: It shall not.
        """
        try:
            return beside(function, lambda: self.job.wish == "run")
        except NoLongerWanted:
            raise JobInterrupted from None

    @contextmanager
    def transfer_turn(self) -> Iterator[None]:
        """One of the few transfers that go on side by side.

        Raises:
            JobInterrupted: It shall not go on.
        """
        job, stage = self.job, self.job.record.stage
        with self.transfers.turn(
            lambda: job.wait_for_turn(_("Waits for other transfers.")), job.check
        ):
            if job.record.state == "waiting":
                job.begin_stage(stage)
            yield

    def in_engine(self, make: Callable[[], Work[Result]]) -> Result:
        """Have MLX work done between the engine's answers.

        A pause sets the work aside as it is; this waits on.

        Args:
            make: Makes the work; called in the engine thread.

        Raises:
            JobInterrupted: The job is cancelled, or the program ends.
            Exception: What the work raised.
        """
        task = self.engine.start_work(make)
        told: Step | None = None
        waited_seconds = 0.0
        while not task.wait(_LOOK_SECONDS):
            self._obey(task)
            if task.is_cancelled and task.latest is None:
                break  # it never began, so nothing has to be undone
            if task.latest is None:
                waited_seconds += _LOOK_SECONDS
                if waited_seconds >= _SOON_SECONDS:
                    self._wait_for_engine()
            elif task.latest is not told and self.job.wish == "run":
                told = step = task.latest
                self.job.report(step.done, step.total, step.unit, note=step.note)
        else:
            try:
                return task.result()
            except WorkCancelled:
                pass
        raise JobInterrupted

    def _obey(self, task: Task[Result]) -> None:
        wish = self.job.wish
        if wish in ("cancel", "stop"):
            task.cancel()
        elif wish == "pause":
            task.pause()
        elif task.is_paused:
            task.resume()

    def _wait_for_engine(self) -> None:
        job = self.job
        if job.wish == "run" and job.record.state == "running":
            job.set_state("waiting", _("Waits for other work with MLX."))
