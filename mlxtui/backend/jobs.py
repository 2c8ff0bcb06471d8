"""The job pool: what is slow and not MLX; a thread imports the module of its job."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import assert_never

from mlxtui.backend import hub_answers, job_answers, keep_answers
from mlxtui.backend.beside import NoLongerWanted
from mlxtui.backend.commands import (
    CompareQuantizations,
    ControlJob,
    CopyModel,
    DescribeRepository,
    JobCommand,
    ListJobs,
    ListRecommended,
    MakePlan,
    MeasureMemory,
    PlanRemoval,
    ReadJobLog,
    RemoveModel,
    RenameModel,
    ScanLibrary,
    SearchHub,
    StartJob,
)
from mlxtui.backend.engine import Engine
from mlxtui.backend.events import Cancelled, Event, TerminalEvent
from mlxtui.backend.failures import failure
from mlxtui.backend.job_runner import JobRunner
from mlxtui.settings import Settings

_THREADS = 4

# What was done is done, though nobody waits for the answer any more.
_DONE_ALL_THE_SAME = (
    StartJob, ControlJob, CopyModel, RenameModel, RemoveModel,
)  # fmt: skip


class JobPool:
    """Answers commands beside each other, in threads that never touch MLX.

    Args:
        emit: Called in these threads with every event; must not block.
        engine: Says which models are in memory.
        runner: Runs what takes longer than a command.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        settings: Settings,
        engine: Engine,
        runner: JobRunner,
    ) -> None:
        self._emit = emit
        self._settings = settings
        self._engine = engine
        self._runner = runner
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="mlxtui-job")

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next job on."""
        self._settings = settings

    def submit(self, command: JobCommand, cancel: threading.Event) -> None:
        """Hand over a command; returns at once."""
        self._pool.submit(self._run, command, cancel)

    def close(self) -> None:
        """Wait for the jobs, whose cancel flags are set."""
        self._pool.shutdown(wait=True)

    def _run(self, command: JobCommand, cancel: threading.Event) -> None:
        request_id = command.request_id
        begin: Callable[[], None] | None = None
        end: TerminalEvent
        try:
            if cancel.is_set():
                raise NoLongerWanted
            if isinstance(command, StartJob):
                end, begin = job_answers.start_job(command, self._runner)
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
                from mlxtui.backend.memory_figures import measure_memory

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
                return job_answers.control_job(command, self._runner)
            case ListJobs():
                return job_answers.list_jobs(command, self._runner)
            case ReadJobLog():
                return job_answers.read_job_log(command, self._runner)
            case CopyModel():
                return keep_answers.copy_model(command, settings)
            case RenameModel():
                return keep_answers.rename_model(command, settings)
            case PlanRemoval():
                return keep_answers.plan_removal(command, settings)
            case RemoveModel():
                return keep_answers.remove_model(
                    command,
                    settings,
                    self._engine.loaded(),
                    self._runner.folders_in_use(),
                )
            case CompareQuantizations():
                return keep_answers.compare_quantizations(command, settings)
            case _ as unreachable:
                assert_never(unreachable)
