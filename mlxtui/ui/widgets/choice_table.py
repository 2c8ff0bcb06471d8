"""The quantizations of a repository, of which one is chosen."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events

from mlxtui.gguf_words import bits_text, recommended_choice
from mlxtui.harmless import one_line
from mlxtui.i18n import N_
from mlxtui.plan_words import FIT_MARKS, fit_text
from mlxtui.plans import Fit, GgufChoice
from mlxtui.ui.table_columns import Column
from mlxtui.ui.widgets.column_table import (
    BAD,
    BUSY,
    GOOD,
    MUTED,
    PLAIN,
    ColumnTable,
    Parts,
)
from mlxtui.ui.widgets.shortened import shortened
from mlxtui.units import bytes_text

_FIT_STYLES: dict[Fit, str] = {"fits": GOOD, "tight": BUSY, "too-big": BAD}

# A file's name in less says nothing.
_MIN_FILE_CELLS = 10


class ChoiceTable(ColumnTable[GgufChoice], inherit_bindings=True):
    """The recommended one is marked, and has the cursor at first.

    Args:
        choices: Smallest first.
    """

    MIN_FIRST_CELLS: ClassVar[int] = 12

    def __init__(self, choices: Sequence[GgufChoice]) -> None:
        super().__init__()
        self._choices = choices
        self._recommended = recommended_choice(choices)
        self._name_cells = max(map(cell_len, map(_name, choices)), default=0)

    def on_mount(self) -> None:
        """Begin at the recommended one."""
        self.show(self._choices)
        if self._recommended is not None:
            self.move_cursor(row=self._choices.index(self._recommended))

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many columns as there is room for."""
        self.show(self._choices)

    def retranslate(self) -> None:
        """Show the heads in the language that is in use now."""
        self.show(self._choices)

    @property
    def is_recommended(self) -> bool:
        """Whether the cursor is on the recommended one."""
        row = self.current_row
        return row is not None and row is self._recommended

    def columns_wanted(self) -> Sequence[Column[GgufChoice]]:
        """What it costs, and whether it fits."""
        return (
            Column("quantization", N_("Quantization"), _name, is_left_aligned=True),
            Column("size", N_("Size"), lambda row: bytes_text(row.size_bytes)),
            Column("bits", N_("Bits"), lambda row: bits_text(row.bits_per_weight)),
            Column("memory", N_("Memory"), _memory, is_left_aligned=True,
                   is_left_out_when_empty=True),
        )  # fmt: skip

    def key_of(self, row: GgufChoice) -> Hashable:
        """Its file."""
        return row.file

    def parts_of(
        self, column: Column[GgufChoice], row: GgufChoice, cells: int
    ) -> Parts:
        """The file behind the quantization; a fit by mark, word and colour."""
        text = column.text(row)
        if column.name == "memory" and row.fit is not None:
            return ((text, _FIT_STYLES[row.fit]),)
        if column.name != "quantization":
            return ((text, PLAIN),)
        mark = "★ " if row is self._recommended else "  "
        gap = " " * (self._name_cells - cell_len(text) + 2)
        room = cells - cell_len(mark + text + gap)
        file = shortened(one_line(row.file), room) if room >= _MIN_FILE_CELLS else ""
        behind = (gap + file, MUTED)
        if row.fit is not None and not self._has_memory_column:
            behind = (gap + FIT_MARKS[row.fit], _FIT_STYLES[row.fit])
        return (mark, GOOD), (shortened(text, cells - 2), PLAIN), behind

    @property
    def _has_memory_column(self) -> bool:
        return any(column.name == "memory" for column in self.columns_shown)


def _name(choice: GgufChoice) -> str:
    return one_line(choice.quantization) or "–"


def _memory(choice: GgufChoice) -> str:
    return f"{FIT_MARKS[choice.fit]} {fit_text(choice.fit)}" if choice.fit else ""
