"""What a job's file holds: all that is needed to go on with it after a restart."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlxtui.backend.job_info import FileProgress, JobId, JobInfo, JobState
from mlxtui.names import looks_like_path
from mlxtui.plans import JobSpec, Stage
from mlxtui.repositories import RemoteFile, Repository, RepositoryAddress

if TYPE_CHECKING:
    from pydantic import TypeAdapter


MAKING_STAGES: tuple[Stage, ...] = ("import", "convert", "quantize")
"""Those that write a model; the last one of a job writes its result."""


def now() -> datetime:
    """The time, as records hold it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as it stands on the disk."""

    job_id: JobId
    spec: JobSpec
    title: str
    state: JobState = "waiting"
    stage: Stage | None = None
    stages: tuple[Stage, ...] = ()
    """Empty until it was planned."""
    finished_stages: tuple[Stage, ...] = ()
    """Those that need not be done again."""
    done: int = 0
    total: int = 0
    unit: Literal["bytes", "tokens", "steps"] = "bytes"
    rate_per_second: float = 0
    seconds_left: float | None = None
    note: str = ""
    message: str = ""
    hint: str = ""
    source_name: str = ""
    """What it is made from: a model's full name or a folder's path."""
    revision: str = "main"
    commit: str = ""
    """Of the repository's revision, as it was planned last."""
    files: tuple[RemoteFile, ...] = ()
    """Of the repository, those that are needed, until they are all there."""
    source_path: Path | None = None
    """The folder or GGUF file that it is made from, once it is there."""
    gguf_file: str = ""
    """Where that is a folder, the path in it of the GGUF file that is imported."""
    target_path: Path | None = None
    """The folder that it makes; None where the source stays as it is."""
    result_name: str = ""
    """Of the model at the end."""
    created_at: datetime = field(default_factory=now)
    ended_at: datetime | None = None
    was_interrupted: bool = False

    @property
    def repository(self) -> Repository:
        """Where it fetches from, as far as a transfer has to know it."""
        return Repository(
            address=RepositoryAddress(repo_id=self.source_name, revision=self.revision),
            commit=self.commit,
            kind="other",
            weight_formats=(),
            files=self.files,
        )

    @property
    def result_path(self) -> Path | None:
        """The model's folder, once it is there."""
        making = [stage for stage in self.stages if stage in MAKING_STAGES]
        if not making:
            return self.source_path
        return self.target_path if making[-1] in self.finished_stages else None

    @property
    def staging_path(self) -> Path | None:
        """The folder beside the target that is made first; hidden from lists."""
        if self.target_path is None:
            return None
        return self.target_path.with_name(f".{self.target_path.name}.made")

    @property
    def imported_path(self) -> Path | None:
        """What becomes of a GGUF file whose weights are packed anew afterwards: a
        folder beside the target, hidden, that is removed when nobody needs it."""
        imports = "import" in self.stages and not self.spec.recipe.keeps_weights
        if self.target_path is None or not imports:
            return None
        return self.target_path.with_name(f".{self.target_path.name}.imported")

    @property
    def weights_path(self) -> Path | None:
        """The folder whose weights are converted or packed, once it is there."""
        return self.imported_path or self.source_path

    @property
    def _shown_source(self) -> str:
        """A hub's address as it was asked for; what is here by its name."""
        if looks_like_path(self.spec.source):
            return self.source_name or self.spec.source
        return self.spec.source

    def info(
        self, files: tuple[FileProgress, ...] = (), held_by: int | None = None
    ) -> JobInfo:
        """What a front end sees of it."""
        return JobInfo(
            job_id=self.job_id,
            spec=self.spec,
            title=self.title,
            source_name=self._shown_source,
            state=self.state,
            stage=self.stage,
            stages=self.stages,
            done=self.done,
            total=self.total,
            unit=self.unit,
            rate_per_second=self.rate_per_second,
            seconds_left=self.seconds_left,
            files=files,
            note=self.note,
            message=self.message,
            hint=self.hint,
            result_name=self.result_name if self.state == "finished" else "",
            result_path=self.result_path if self.state == "finished" else None,
            created_at=self.created_at,
            ended_at=self.ended_at,
            held_by_process_id=held_by,
            was_interrupted=self.was_interrupted,
        )


INTERRUPTED: dict[str, Any] = {
    "state": "paused",
    "was_interrupted": True,
    "note": "",
    "rate_per_second": 0,
    "seconds_left": None,
}
"""What changes when a program ends while it is at a job: it waits to be resumed."""


@cache
def _adapter() -> "TypeAdapter[JobRecord]":
    from pydantic import TypeAdapter  # 0.1 s, which no start of the app needs

    return TypeAdapter(JobRecord)


def to_json(record: JobRecord) -> str:
    """The text of a job's file."""
    return _adapter().dump_json(record, indent=1).decode() + "\n"


def from_json(content: bytes) -> JobRecord:
    """Read a job's file.

    Raises:
        ValueError: It is damaged.
    """
    return _adapter().validate_json(content)
