"""The rows of the hub's table: what was found or is recommended, and its columns."""

import re
from dataclasses import dataclass
from datetime import datetime

from mlxtui.gguf_words import best_fit, lacks_file
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _, current_language
from mlxtui.plan_words import FIT_MARKS, fit_text
from mlxtui.plans import Fit, Plan
from mlxtui.repositories import (
    FoundRepository,
    Recommendation,
    Repository,
    SearchOrder,
    WeightFormat,
)
from mlxtui.ui.table_columns import Column
from mlxtui.units import bytes_text, count_text

FORMAT_NAMES: dict[WeightFormat, str] = {
    "mlx": "MLX", "gguf": "GGUF", "safetensors": "safetensors", "pickle": "pickle",
}  # fmt: skip

_URL = re.compile(r"(https?://|(www\.)?(hf\.co|huggingface\.co)/)\S+")
_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+){1,2}(@\S*)?")


def is_address(text: str) -> bool:
    """Whether it is a repository's address, and so may be asked for as it is."""
    return bool(_URL.fullmatch(text) or _REPOSITORY.fullmatch(text))


def words_of(text: str) -> str:
    """What is searched for beside an address; empty where it alone counts."""
    return "" if _URL.fullmatch(text) or "@" in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRow:
    """A repository in the table."""

    address: str
    """What the hub is asked for."""
    repo_id: str
    parameter_count: int | None = None
    size_bytes: int | None = None
    downloads: int | None = None
    likes: int | None = None
    updated: datetime | None = None
    weight_formats: tuple[WeightFormat, ...] = ()
    is_gated: bool = False
    fit: Fit | None = None
    """Whether it fits into this machine, where that is known."""
    note_en: str = ""
    note_ja: str = ""

    @property
    def note(self) -> str:
        """Why it is recommended, in the user's language."""
        notes = (self.note_ja, self.note_en)
        first, second = notes if current_language() == "ja" else notes[::-1]
        return one_line(first or second)


def row_of_found(found: FoundRepository) -> HubRow:
    """A line of a search's result."""
    return HubRow(
        address=found.repo_id,
        repo_id=found.repo_id,
        parameter_count=found.parameter_count,
        size_bytes=found.size_bytes,
        downloads=found.downloads,
        likes=found.likes,
        updated=found.updated,
        weight_formats=found.weight_formats,
        is_gated=found.is_gated,
    )


def row_of_recommended(recommended: Recommendation, fit: Fit) -> HubRow:
    """A model of the list."""
    return HubRow(
        address=recommended.repo_id,
        repo_id=recommended.repo_id,
        parameter_count=recommended.parameter_count,
        size_bytes=recommended.size_bytes,
        fit=fit,
        note_en=recommended.note_en,
        note_ja=recommended.note_ja,
    )


def row_of_described(address: str, repository: Repository, plan: Plan) -> HubRow:
    """A repository that was asked for by its address."""
    return HubRow(
        address=address,
        repo_id=repository.address.repo_id,
        parameter_count=plan.contents.parameter_count,
        size_bytes=plan.contents.size_bytes or None,
        downloads=repository.downloads,
        likes=repository.likes,
        updated=repository.updated,
        weight_formats=repository.weight_formats,
        is_gated=repository.is_gated,
        fit=fit_of(plan),
    )


def fit_of(plan: Plan) -> Fit | None:
    """Whether it fits with a short conversation; of several the one that fits best."""
    if lacks_file(plan):
        return best_fit(plan.contents.gguf)
    return plan.memory[0].fit if plan.memory and not plan.problem else None


def _count(value: int | None) -> str:
    return "–" if value is None else count_text(value)


def _date(value: datetime | None) -> str:
    return "–" if value is None else value.date().isoformat()


_NAME: Column[HubRow] = Column(
    "name", N_("Repository"), lambda row: one_line(row.repo_id), is_left_aligned=True
)
_SIZE: Column[HubRow] = Column(
    "size", N_("Size"),
    lambda row: "–" if row.size_bytes is None else bytes_text(row.size_bytes),
)  # fmt: skip
_PARAMETERS: Column[HubRow] = Column(
    "parameters", N_("Params"), lambda row: _count(row.parameter_count)
)
_MEMORY: Column[HubRow] = Column(
    "memory", N_("Memory"),
    lambda row: f"{FIT_MARKS[row.fit]} {fit_text(row.fit)}" if row.fit else "",
    is_left_aligned=True,
)  # fmt: skip

FOUND_COLUMNS: tuple[Column[HubRow], ...] = (
    _NAME,
    _SIZE,
    Column("downloads", N_("Downloads"), lambda row: _count(row.downloads)),
    _PARAMETERS,
    Column(
        "access", N_("Access"), lambda row: _("gated") if row.is_gated else "",
        is_left_aligned=True, is_left_out_when_empty=True,
    ),
    Column("updated", N_("Updated"), lambda row: _date(row.updated)),
    Column("likes", N_("Likes"), lambda row: _count(row.likes)),
    Column(
        "formats", N_("Format"),
        lambda row: " ".join(FORMAT_NAMES[name] for name in row.weight_formats) or "–",
        is_left_aligned=True,
    ),
    _MEMORY,
)  # fmt: skip
"""From the most to the least wanted: a narrow table leaves out the last ones."""


def found_columns(order: SearchOrder) -> tuple[Column[HubRow], ...]:
    """What the hub sorts by stands beside the name."""
    (sorted_by,) = (column for column in FOUND_COLUMNS if column.name == order)
    others = (column for column in FOUND_COLUMNS if column not in (_NAME, sorted_by))
    return (_NAME, sorted_by, *others)


RECOMMENDED_COLUMNS: tuple[Column[HubRow], ...] = (
    _NAME,
    _MEMORY,
    _SIZE,
    _PARAMETERS,
    Column("note", N_("Good for"), lambda row: row.note, is_left_aligned=True),
)
"""The same for the recommended models."""
