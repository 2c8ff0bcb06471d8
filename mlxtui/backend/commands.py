"""What a front end can ask for. Each command is answered by one terminal event."""

from dataclasses import dataclass
from pathlib import Path

from mlxtui.backend.job_info import JobId, JobOrder
from mlxtui.plans import JobSpec
from mlxtui.repositories import SearchQuery
from mlxtui.sampling import SamplingParams
from mlxtui.types import Message, RequestId

SCREEN_SECONDS = 1 / 30
"""Text is merged to this rate for a screen: a message per token doubles its cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadModel:
    """Bring a model into memory; ends in `ModelLoaded`."""

    request_id: RequestId
    path: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloadModel:
    """Free a model's memory once its answers have ended; ends in `ModelUnloaded`."""

    request_id: RequestId
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Answer a conversation, or continue a text; ends in `GenerationFinished`."""

    request_id: RequestId
    path: Path
    """Folder of a model that is loaded."""
    messages: tuple[Message, ...] = ()
    raw_prompt: str | None = None
    """Text to continue without the chat template, instead of messages."""
    sampling: SamplingParams = SamplingParams()
    thinking: bool = True
    """Whether a model that can reason before it answers does so."""
    merge_seconds: float = SCREEN_SECONDS
    """Text is sent at most this often; 0 sends every token's text at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanLibrary:
    """List the model folders of this machine; ends in `LibraryScanned`."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureMemory:
    """Read how full the memory is; ends in `MemoryMeasured`. Cheap."""

    request_id: RequestId


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


EngineCommand = LoadModel | UnloadModel | Generate
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
Command = EngineCommand | JobCommand
