"""Which command of the job pool is answered by what."""

import threading
from collections.abc import Callable
from typing import assert_never

from mlxtui.backend import hub_answers, job_answers, keep_answers
from mlxtui.backend.beside import NoLongerWanted
from mlxtui.backend.commands import MeasureMemory, ScanLibrary
from mlxtui.backend.engine import Engine
from mlxtui.backend.events import Cancelled
from mlxtui.backend.failures import failure
from mlxtui.backend.job_commands import (
    CompareQuantizations,
    ControlJob,
    CopyModel,
    DescribeRepository,
    JobCommand,
    ListJobs,
    ListRecommended,
    MakePlan,
    PlanRemoval,
    ReadJobLog,
    RemoveModel,
    RenameModel,
    SearchHub,
    StartJob,
)
from mlxtui.backend.job_events import Event, TerminalEvent
from mlxtui.backend.job_runner import JobRunner
from mlxtui.backend.memory_figures import measure_memory
from mlxtui.settings import Settings

# What was done is done, though nobody waits for the answer any more.
_DONE_ALL_THE_SAME = (
    StartJob, ControlJob, CopyModel, RenameModel, RemoveModel,
)  # fmt: skip


class Answering:
    """Answers one command in each of the pool's threads.

    Args:
        emit: Called with every event; must not block.
        engine: Says which models are in memory.
    """

    def __init__(
        self, emit: Callable[[Event], None], settings: Settings, engine: Engine
    ) -> None:
        self._emit = emit
        self._settings = settings
        self._engine = engine
        self.runner = JobRunner(emit, engine, settings)
        """Runs what takes longer than a command."""

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next command on."""
        self._settings = settings
        self.runner.use(settings)

    def answer(self, command: JobCommand, cancel: threading.Event) -> None:
        """Do what a command asks for; whatever goes wrong is its terminal event."""
        request_id = command.request_id
        begin: Callable[[], None] | None = None
        end: TerminalEvent
        try:
            if cancel.is_set():
                raise NoLongerWanted
            if isinstance(command, StartJob):
                end, begin = job_answers.start_job(command, self.runner)
            else:
                end = self._answer(command, cancel)
        except NoLongerWanted:
            end = Cancelled(request_id=request_id)
        except Exception as error:
            end = failure(request_id, error)
        else:
            if cancel.is_set() and not isinstance(command, _DONE_ALL_THE_SAME):
                end = Cancelled(request_id=request_id)
        self._emit(end)
        if begin is not None:
            begin()

    def _answer(self, command: JobCommand, cancel: threading.Event) -> TerminalEvent:
        settings = self._settings
        match command:
            case ScanLibrary():
                return keep_answers.scan_library(command, settings, cancel)
            case MeasureMemory():
                return measure_memory(command.request_id, settings)
            case SearchHub():
                return hub_answers.search_hub(command, settings, cancel)
            case DescribeRepository():
                return hub_answers.describe_repository(command, settings, cancel)
            case ListRecommended():
                return hub_answers.list_recommended(command, settings)
            case MakePlan():
                return hub_answers.make_plan(command, settings, cancel)
            case StartJob():
                raise AssertionError(command)
            case ControlJob():
                return job_answers.control_job(command, self.runner)
            case ListJobs():
                return job_answers.list_jobs(command, self.runner)
            case ReadJobLog():
                return job_answers.read_job_log(command, self.runner)
            case CopyModel():
                return keep_answers.copy_model(command, settings)
            case RenameModel():
                return keep_answers.rename_model(command, settings)
            case PlanRemoval():
                return keep_answers.plan_removal(
                    command, settings, self.runner.folders_in_use()
                )
            case RemoveModel():
                return keep_answers.remove_model(
                    command,
                    settings,
                    self._engine.loaded(),
                    self.runner.folders_in_use(),
                )
            case CompareQuantizations():
                return keep_answers.compare_quantizations(command, settings)
            case _ as unreachable:
                assert_never(unreachable)
