"""The columns of the list of models: their texts, and how rows are sorted by them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plan_words import source_text
from mlxtui.types import LocalModel
from mlxtui.ui.model_standing import (
    Standing,
    capability_words,
    folded,
    standing_word,
)
from mlxtui.ui.table_columns import Column
from mlxtui.units import bytes_text, count_text

_AMOUNT_CELLS = 8


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model and what it is to this machine now."""

    model: LocalModel
    standing: Standing
    loading_share: float | None = None
    """0 to 1 while it is loading and that is known."""


def _memory_text(row: ModelRow) -> str:
    word = standing_word(row.standing)
    if row.standing in ("broken", "imported"):
        return word
    amount = bytes_text(row.model.needed_bytes) if row.model.needed_bytes else ""
    if row.standing == "loading" and row.loading_share is not None:
        amount = f"{row.loading_share * 100:.0f} %"
    words: tuple[Standing, ...] = ("loaded", "loading", "fits", "tight", "too-big")
    width = max(cell_len(standing_word(each)) for each in words) + 1 + _AMOUNT_CELLS
    return f"{word} {' ' * (width - cell_len(word) - 1 - len(amount))}{amount}"


def _name_key(row: ModelRow) -> tuple[str, str]:
    """By the name first, which comes first in its cell, then by its owner."""
    owner, _slash, name = folded(row.model.name).rpartition("/")
    return name, owner


def _count(value: int | None) -> str:
    return "–" if value is None else count_text(value)


COLUMNS: tuple[Column[ModelRow], ...] = (
    Column(
        "name", N_("Model"), lambda row: one_line(row.model.name),
        lambda row: _name_key(row), is_number=False, is_left_aligned=True,
    ),
    Column(
        "memory", N_("Memory"), _memory_text,
        lambda row: row.model.needed_bytes or None, is_left_aligned=True,
    ),
    Column(
        "parameters", N_("Params"), lambda row: _count(row.model.parameter_count),
        lambda row: row.model.parameter_count,
    ),
    Column(
        "weights", N_("Weights"),
        lambda row: one_line(row.model.quantization).partition(" ")[0][:9] or "–",
        lambda row: row.model.bits_per_weight,
    ),
    Column(
        "size", N_("Size"), lambda row: bytes_text(row.model.size_bytes),
        lambda row: row.model.size_bytes,
    ),
    Column(
        "context", N_("Context"),
        lambda row: (
            f"{row.model.context_length:,}" if row.model.context_length else "–"
        ),
        lambda row: row.model.context_length,
    ),
    Column(
        "abilities", N_("Abilities"),
        lambda row: " ".join(capability_words(row.model)) or "–",
        lambda row: len(row.model.capabilities), is_left_aligned=True,
    ),
    Column(
        "source", N_("Source"), lambda row: source_text(row.model.source),
        lambda row: source_text(row.model.source),
        is_number=False, is_left_aligned=True,
    ),
)  # fmt: skip
"""From the most to the least wanted: a narrow table leaves out the last ones."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the rows are sorted."""

    column: Column[ModelRow] = COLUMNS[0]
    largest_first: bool = False

    def sorted(self, rows: Sequence[ModelRow]) -> list[ModelRow]:
        """The rows in this order; those that cannot be used always come last."""
        by_name = sorted(rows, key=_name_key)
        known = [
            (value, row)
            for row in by_name
            if (value := self.column.value(row)) is not None and not row.model.problem
        ]
        known.sort(key=lambda pair: pair[0], reverse=self.largest_first)
        first = [row for _value, row in known]
        shown = {id(row) for row in first}
        rest = [row for row in by_name if id(row) not in shown]
        return first + sorted(rest, key=lambda row: bool(row.model.problem))


def column_named(text: str) -> Column[ModelRow] | None:
    """The column whose name or title begins with a text."""
    wanted = folded(text.strip())
    for column in COLUMNS:
        if column.name.startswith(wanted) or folded(_(column.title)).startswith(wanted):
            return column
    return None
