"""What a recorded backend answers about the hub, jobs and kept models."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mlxtui.backend.events import Cancelled, Failed
from mlxtui.backend.job_commands import (
    Command,
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
from mlxtui.backend.job_events import (
    Event,
    HubSearched,
    JobAccepted,
    JobChanged,
    JobForgotten,
    JobLogRead,
    JobsListed,
    ModelKept,
    ModelRemoved,
    PlanMade,
    QuantizationsCompared,
    RecommendedListed,
    RemovalPlanned,
    RepositoryDescribed,
    TerminalEvent,
)
from mlxtui.backend.job_info import JobId, JobInfo, JobOrder, JobState
from mlxtui.plans import Contents, Fit, JobSpec, MemoryNeed, Plan, PlanStep
from mlxtui.repositories import (
    Recommendation,
    RemoteFile,
    Repository,
    RepositoryAddress,
    SearchPage,
)
from mlxtui.types import LocalModel, RequestId

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

REPOSITORY = Repository(
    address=RepositoryAddress(repo_id="mlx-community/Qwen3-4B-4bit"),
    commit="0123456789abcdef0123456789abcdef01234567",
    kind="text",
    weight_formats=("mlx",),
    files=(
        RemoteFile(path="config.json", size_bytes=1_000),
        RemoteFile(path="model.safetensors", size_bytes=2_263_000_000),
        RemoteFile(path="tokenizer.json", size_bytes=11_000_000),
    ),
    license="apache-2.0",
    base_models=("Qwen/Qwen3-4B",),
    downloads=123_456,
    likes=321,
    updated=CREATED,
    card="# Qwen3 4B\n\nA model of **four** billion parameters.",
)

PLAN = Plan(
    spec=JobSpec(source="mlx-community/Qwen3-4B-4bit"),
    address=REPOSITORY.address,
    commit=REPOSITORY.commit,
    contents=Contents(
        kind="mlx",
        architecture="qwen3",
        parameter_count=4_020_000_000,
        bits_per_weight=4.5,
        quantization="4-bit group 64",
        is_packed=True,
        size_bytes=2_263_000_000,
        context_length=40_960,
        capabilities=("chat", "tools", "thinking"),
    ),
    steps=(
        PlanStep(stage="download", size_bytes=2_274_001_000),
        PlanStep(stage="verify"),
        PlanStep(stage="try"),
    ),
    files=REPOSITORY.files,
    fetch_bytes=2_274_001_000,
    disk_needed_bytes=2_274_001_000,
    disk_free_bytes=50_000_000_000,
    result_name="mlx-community/Qwen3-4B-4bit",
    result_size_bytes=2_263_000_000,
    result_bits_per_weight=4.5,
    memory=(
        MemoryNeed(
            context_tokens=4096,
            needed_bytes=3_100_000_000,
            cache_bytes=604_000_000,
            fit="fits",
        ),
        MemoryNeed(
            context_tokens=32_768,
            needed_bytes=7_300_000_000,
            cache_bytes=4_832_000_000,
            fit="tight",
        ),
    ),
)
"""A repository of four billion parameters in four bits, and what fetching it takes."""


@dataclass(kw_only=True)
class HubScript:
    """What the hub, the job list and the models folder say, for a test to set."""

    pages: dict[str, SearchPage] = field(default_factory=dict)
    """Parts of a search's result, by `SearchHub.page`; the first one is ""."""
    repositories: dict[str, tuple[Repository, Plan]] = field(default_factory=dict)
    """By the address as it is typed; another one is not found."""
    recommended: tuple[tuple[Recommendation, Fit], ...] = ()
    plans: dict[str, Plan | Callable[[JobSpec], Plan]] = field(default_factory=dict)
    """By `JobSpec.source`, some by the whole of it; `PLAN` stands for others. The spec
    asked for goes in."""
    jobs: dict[JobId, JobInfo] = field(default_factory=dict)
    """In the list, oldest first; orders change them as the real ones."""
    logs: dict[JobId, tuple[str, ...]] = field(default_factory=dict)
    removals: dict[str, tuple[int, int, tuple[str, ...]]] = field(default_factory=dict)
    """Freed and kept bytes, and whom the kept ones are for, by the model's name."""
    comparisons: dict[str, tuple[LocalModel, ...]] = field(default_factory=dict)
    """By the model's name."""
    failures: dict[type[Command], tuple[str, str]] = field(default_factory=dict)
    """Commands of this type end in this message and hint."""
    holds: set[type[Command]] = field(default_factory=set)
    """Commands of this type are not answered until `release`, or a cancel."""
    waiting: list[JobCommand] = field(default_factory=list)
    """Those that are held now."""
    models: tuple[LocalModel, ...] = ()
    """On this machine."""
    emits: list[Callable[[Event], None]] = field(default_factory=list)
    """Of every backend made from this script; the last one is in use."""

    def emit(self, event: Event) -> None:
        """Send an event to the front end, as from one of the backend's threads."""
        self.emits[-1](event)

    def change_job(self, job: JobInfo) -> None:
        """Put a job into the list, or another state of it, and say so."""
        self.jobs[job.job_id] = job
        self.emit(JobChanged(request_id=RequestId(job.job_id), job=job))

    def release(self, kind: type[Command]) -> None:
        """Answer the commands of a type that were held, and hold no more of them."""
        self.holds.discard(kind)
        for command in [held for held in self.waiting if isinstance(held, kind)]:
            self.waiting.remove(command)
            self.answer(command)

    def answer(self, command: JobCommand) -> None:
        """Play the events that end a command, those of jobs after it included."""
        if type(command) in self.holds:
            self.waiting.append(command)
            return
        if type(command) in self.failures:
            message, hint = self.failures[type(command)]
            end: TerminalEvent = Failed(
                request_id=command.request_id, message=message, hint=hint
            )
            self.emit(end)
            return
        match command:
            case StartJob():
                self._start(command)
            case ControlJob():
                self._control(command)
            case _:
                self.emit(self._end_of(command))

    def cancel(self, request_id: RequestId) -> None:
        """End a command that is held."""
        for command in [c for c in self.waiting if c.request_id == request_id]:
            self.waiting.remove(command)
            self.emit(Cancelled(request_id=request_id))

    def plan_for(self, spec: JobSpec) -> Plan:
        """The plan that a spec is answered with."""
        plan = self.plans.get(spec.source, PLAN)
        if not isinstance(plan, Plan):
            plan = plan(spec)
        return replace(plan, spec=spec, result_name=spec.name or plan.result_name)

    def _end_of(self, command: JobCommand) -> TerminalEvent:
        request_id = command.request_id
        match command:
            case SearchHub(page=page):
                found = self.pages.get(page, SearchPage(found=()))
                return HubSearched(request_id=request_id, page=found)
            case DescribeRepository(address=address):
                if address not in self.repositories:
                    return _no(request_id, f"There is no repository {address}.")
                repository, plan = self.repositories[address]
                return RepositoryDescribed(
                    request_id=request_id, repository=repository, plan=plan
                )
            case ListRecommended():
                return RecommendedListed(
                    request_id=request_id, recommended=self.recommended
                )
            case MakePlan(spec=spec):
                return PlanMade(request_id=request_id, plan=self.plan_for(spec))
            case ListJobs():
                newest_first = tuple(reversed(self.jobs.values()))
                return JobsListed(request_id=request_id, jobs=newest_first)
            case ReadJobLog(job_id=job_id):
                lines = self.logs.get(job_id, ())
                return JobLogRead(request_id=request_id, lines=lines)
            case _:
                return self._keep(command)

    def _keep(self, command: JobCommand) -> TerminalEvent:
        request_id = command.request_id
        match command:
            case CopyModel(name=name, new_name=new_name):
                model = self._renamed(name, new_name)
                self.models += (model,)
                return ModelKept(request_id=request_id, model=model)
            case RenameModel(name=name, new_name=new_name):
                model = self._renamed(name, new_name)
                self.models = (*self._without(name), model)
                return ModelKept(request_id=request_id, model=model)
            case PlanRemoval(name=name):
                model = self._model(name)
                freed, kept, kept_for = self.removals.get(
                    name, (model.size_bytes, 0, ())
                )
                return RemovalPlanned(
                    request_id=request_id,
                    model=model,
                    freed_bytes=freed,
                    kept_bytes=kept,
                    kept_for=kept_for,
                )
            case RemoveModel(name=name):
                freed = self.removals.get(name, (self._model(name).size_bytes, 0))[0]
                self.models = self._without(name)
                return ModelRemoved(request_id=request_id, name=name, freed_bytes=freed)
            case CompareQuantizations(name=name):
                models = self.comparisons.get(name, (self._model(name),))
                return QuantizationsCompared(request_id=request_id, models=models)
        raise AssertionError(command)

    def _model(self, name: str) -> LocalModel:
        return next(model for model in self.models if model.name == name)

    def _renamed(self, name: str, new_name: str) -> LocalModel:
        path = Path("/models", new_name)
        return replace(self._model(name), name=new_name, path=path, source="models")

    def _without(self, name: str) -> tuple[LocalModel, ...]:
        return tuple(model for model in self.models if model.name != name)

    def _start(self, command: StartJob) -> None:
        plan = self.plan_for(command.spec)
        job = JobInfo(
            job_id=JobId(uuid.uuid4().hex),
            spec=command.spec,
            title=plan.result_name,
            state="running",
            stage=plan.steps[0].stage if plan.steps else None,
            stages=tuple(step.stage for step in plan.steps),
            total=plan.fetch_bytes,
            created_at=CREATED,
        )
        self.emit(JobAccepted(request_id=command.request_id, job_id=job.job_id))
        self.change_job(job)

    def _control(self, command: ControlJob) -> None:
        job_id, order = command.job_id, command.order
        if job_id not in self.jobs:
            self.emit(_no(command.request_id, "That job is no longer in the list."))
            return
        self.emit(JobAccepted(request_id=command.request_id, job_id=job_id))
        if order == "forget":
            del self.jobs[job_id]
            self.emit(JobForgotten(request_id=RequestId(job_id), job_id=job_id))
            return
        state = _STATE_AFTER[order]
        self.change_job(
            replace(
                self.jobs[job_id],
                state=state,
                rate_per_second=0,
                was_interrupted=False,
                ended_at=CREATED if state == "cancelled" else None,
            )
        )


_STATE_AFTER: dict[JobOrder, JobState] = {
    "pause": "paused",
    "resume": "running",
    "retry": "running",
    "cancel": "cancelled",
}


def _no(request_id: RequestId, message: str) -> Failed:
    return Failed(request_id=request_id, message=message, hint="Look again.")


def job(
    name: str = "Qwen3-4B-4bit",
    state: JobState = "running",
    *,
    stages: Collection[str] = ("download", "verify", "try"),
    **values: object,
) -> JobInfo:
    """A job for a test; its id is its name."""
    facts: dict[str, object] = {
        "job_id": JobId(name),
        "spec": JobSpec(source=f"mlx-community/{name}"),
        "title": name,
        "state": state,
        "stage": "download",
        "stages": tuple(stages),
        "created_at": CREATED,
    }
    return JobInfo(**(facts | values))  # type: ignore[arg-type]
