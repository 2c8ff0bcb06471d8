"""A job as one line of a list: as many columns as there is room for."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from mlxtui.backend.job_info import JobInfo
from mlxtui.harmless import one_line
from mlxtui.plan_words import time_text
from mlxtui.ui.job_words import (
    MARKS,
    JobStanding,
    amount_text,
    job_standing,
    percent_text,
    speed_text,
    standing_words,
    state_word,
    title_text,
)
from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.shortened import shortened

STYLES: dict[JobStanding, str] = {
    "waiting": "muted", "running": "busy", "paused": "muted", "interrupted": "warning",
    "elsewhere": "muted", "failed": "bad", "cancelled": "muted", "finished": "good",
}  # fmt: skip

_GAP = "  "
_MARK_CELLS = 2
_MIN_TITLE_CELLS = 16
_MAX_TITLE_CELLS = 44
# What the facts say as well may not cost the names their ends.
_MIN_TITLE_CELLS_BESIDE_AMOUNTS = 30
_BAR_CELLS = 8


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    cells: int
    text: Callable[[JobInfo], str]
    is_right_aligned: bool = True


# As they stand from left to right.
_NUMBERS = (
    _Column("bar", _BAR_CELLS, lambda job: "", is_right_aligned=False),
    _Column("percent", 4, lambda job: percent_text(job.share)),
    _Column("amount", 16, lambda job: amount_text(job.done, job.total, job.unit)),
    _Column("speed", 10, lambda job: speed_text(job)),
    _Column("left", 10, lambda job: time_text(job.seconds_left)),
)

_MOST_WANTED_FIRST = ("percent", "state", "left", "bar", "speed", "amount")


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Where the columns of all rows stand at one width."""

    title_cells: int
    state_cells: int
    """0 where there is no room for it."""
    numbers: tuple[_Column, ...]
    numbers_cells: int


def row_layout(width: int) -> RowLayout:
    """Choose columns for a width in cells, by the words of the language in use."""
    state_cells = max(map(cell_len, standing_words()))
    cells = {column.name: column.cells for column in _NUMBERS} | {"state": state_cells}
    room = width - _MARK_CELLS - _MIN_TITLE_CELLS
    chosen = set[str]()
    for name in _MOST_WANTED_FIRST:
        taken = cells[name] + len(_GAP)
        spared = _MIN_TITLE_CELLS_BESIDE_AMOUNTS - _MIN_TITLE_CELLS
        if taken <= room - (spared if name == "amount" else 0):
            chosen.add(name)
            room -= taken
    numbers = tuple(column for column in _NUMBERS if column.name in chosen)
    extra = max(min(room, _MAX_TITLE_CELLS - _MIN_TITLE_CELLS), 0)
    return RowLayout(
        min(_MIN_TITLE_CELLS + extra, max(width - _MARK_CELLS, 1)),
        state_cells if "state" in chosen else 0,
        numbers,
        sum(column.cells + len(_GAP) for column in numbers),
    )


def job_row(job: JobInfo, layout: RowLayout) -> Line:
    """A job in one line."""
    standing = job_standing(job)
    style = STYLES[standing]
    plain = "muted" if standing in ("cancelled", "elsewhere") else ""
    title = shortened(title_text(job), layout.title_cells)
    parts = [
        (f"{MARKS[standing]} ", style),
        (set_cell_size(title, layout.title_cells), plain),
    ]
    if layout.state_cells:
        word = set_cell_size(state_word(job), layout.state_cells)
        parts.append((_GAP + word, style))
    if standing == "failed":
        reason = shortened(one_line(job.message), layout.numbers_cells - len(_GAP))
        parts.append((_GAP + reason, "muted"))
    elif standing not in ("finished", "cancelled"):
        parts += _number_parts(job, standing, layout)
    return tuple(parts)


def _number_parts(
    job: JobInfo, standing: JobStanding, layout: RowLayout
) -> list[tuple[str, str]]:
    is_moving = standing in ("running", "elsewhere")
    parts: list[tuple[str, str]] = []
    for column in layout.numbers:
        if column.name == "bar":
            is_known = is_moving or job.share is not None
            bar = bar_parts(job.share, _BAR_CELLS)
            parts += [(_GAP, ""), *(bar if is_known else [(" " * _BAR_CELLS, "")])]
            continue
        # What stands still has neither speed nor end.
        is_said = is_moving or column.name in ("percent", "amount")
        text = column.text(job) if is_said else ""
        room = " " * (column.cells - cell_len(text))
        parts.append((_GAP + room + text, "muted" if column.name == "left" else ""))
    return parts


def bar_parts(share: float | None, cells: int) -> list[tuple[str, str]]:
    """A bar that is full at the end only."""
    filled = int((share or 0) * cells)
    return [("━" * filled, "bar"), ("─" * (cells - filled), "track")]
