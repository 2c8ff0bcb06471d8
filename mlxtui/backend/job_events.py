"""What a front end is told beside a chat, and the unions of all events."""

from dataclasses import dataclass

from mlxtui.backend.events import (
    Cancelled,
    Failed,
    GenerationFinished,
    LibraryScanned,
    MemoryMeasured,
    ModelLoaded,
    ModelUnloaded,
    Progress,
    TextDelta,
)
from mlxtui.backend.job_info import JobId, JobInfo
from mlxtui.plans import Fit, Plan
from mlxtui.repositories import Recommendation, Repository, SearchPage
from mlxtui.types import LocalModel, RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSearched:
    """Terminal: a part of a search's result."""

    request_id: RequestId
    page: SearchPage


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryDescribed:
    """Terminal: a repository, and the plan of fetching it as it is."""

    request_id: RequestId
    repository: Repository
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendedListed:
    """Terminal: the recommended models that fit, the best first, then the others."""

    request_id: RequestId
    recommended: tuple[tuple[Recommendation, Fit], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    """Terminal: what a job would do, or why it cannot."""

    request_id: RequestId
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccepted:
    """Terminal: the job was started, or has its order."""

    request_id: RequestId
    job_id: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsListed:
    """Terminal: all jobs, the newest first."""

    request_id: RequestId
    jobs: tuple[JobInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLogRead:
    """Terminal: a job's log, oldest line first; untrusted text."""

    request_id: RequestId
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged:
    """A job has another state or has come further; at most ten times a second.

    It belongs to no request of a front end: its `request_id` is the job's id.
    """

    request_id: RequestId
    job: JobInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class JobForgotten:
    """A job is no longer in the list; its `request_id` is the job's id."""

    request_id: RequestId
    job_id: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKept:
    """Terminal: a model was copied or renamed."""

    request_id: RequestId
    model: LocalModel


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlanned:
    """Terminal: what removing a model would do."""

    request_id: RequestId
    model: LocalModel
    freed_bytes: int
    """Really freed: files that others share stay."""
    kept_bytes: int
    """Shared with other models or revisions, whose files stay."""
    kept_for: tuple[str, ...]
    """Their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRemoved:
    """Terminal: a model's files are gone."""

    request_id: RequestId
    name: str
    freed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationsCompared:
    """Terminal: a model and all that was made from it, smallest first."""

    request_id: RequestId
    models: tuple[LocalModel, ...]
    """Their figures stand in `provenance.quality`."""


TerminalEvent = (
    GenerationFinished
    | ModelLoaded
    | ModelUnloaded
    | LibraryScanned
    | MemoryMeasured
    | HubSearched
    | RepositoryDescribed
    | RecommendedListed
    | PlanMade
    | JobAccepted
    | JobsListed
    | JobLogRead
    | ModelKept
    | RemovalPlanned
    | ModelRemoved
    | QuantizationsCompared
    | Cancelled
    | Failed
)
PassingEvent = Progress | TextDelta | JobChanged | JobForgotten
"""Those that end no request."""
Event = PassingEvent | TerminalEvent
