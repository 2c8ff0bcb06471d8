"""What a front end can ask for beside a chat: the hub, jobs, what is kept."""

from dataclasses import dataclass

from mlxtui.backend.commands import EngineCommand, MeasureMemory, ScanLibrary
from mlxtui.backend.job_info import JobId, JobOrder
from mlxtui.plans import JobSpec
from mlxtui.repositories import SearchQuery
from mlxtui.types import RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHub:
    """Look for repositories on the hub; ends in `HubSearched`."""

    request_id: RequestId
    query: SearchQuery
    page: str = ""
    """`SearchPage.next_page` of the part before; empty for the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeRepository:
    """Ask the hub for all that is known of a repository; ends in
    `RepositoryDescribed`."""

    request_id: RequestId
    address: str
    """As it was typed or pasted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRecommended:
    """The recommended models for this machine; ends in `RecommendedListed`."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePlan:
    """Find out what a job would do, without doing it; ends in `PlanMade`."""

    request_id: RequestId
    spec: JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Do what a plan says; ends in `JobAccepted`, and `JobChanged` follow."""

    request_id: RequestId
    spec: JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlJob:
    """Pause, resume, cancel, retry or forget a job; ends in `JobAccepted`."""

    request_id: RequestId
    job_id: JobId
    order: JobOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJobs:
    """All jobs, those of earlier runs included; ends in `JobsListed`."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJobLog:
    """What a job wrote down; ends in `JobLogRead`."""

    request_id: RequestId
    job_id: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyModel:
    """A second model with the same files, by hard links; ends in `ModelKept`."""

    request_id: RequestId
    name: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameModel:
    """Another name for a model of the models folder; ends in `ModelKept`."""

    request_id: RequestId
    name: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRemoval:
    """Find out what removing a model frees; ends in `RemovalPlanned`."""

    request_id: RequestId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveModel:
    """Delete a model's files; ends in `ModelRemoved`.

    A loaded one is refused: the front end unloads it first when the user says so.
    """

    request_id: RequestId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareQuantizations:
    """All quantizations of the model that this one was made from, itself included;
    ends in `QuantizationsCompared`."""

    request_id: RequestId
    name: str


JobCommand = (
    ScanLibrary
    | MeasureMemory
    | SearchHub
    | DescribeRepository
    | ListRecommended
    | MakePlan
    | StartJob
    | ControlJob
    | ListJobs
    | ReadJobLog
    | CopyModel
    | RenameModel
    | PlanRemoval
    | RemoveModel
    | CompareQuantizations
)
"""What the job pool answers."""

Command = EngineCommand | JobCommand
"""Everything that a front end can ask for."""
