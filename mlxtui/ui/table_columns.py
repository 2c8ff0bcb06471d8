"""What a column of any table is: its name, its title, and the text of a row in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

RowT = TypeVar("RowT")


def no_value(_row: object) -> None:
    """What is compared in a column by which nothing is sorted."""


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A column; the rows of one table are of one type."""

    name: str
    """For `/sort`, and to find it by."""
    title: str
    """Marked with `N_`."""
    text: Callable[[RowT], str]
    value: Callable[[RowT], Any] = no_value
    """What is compared; None sorts last."""
    is_number: bool = True
    """Sorted from the largest down at first."""
    is_left_aligned: bool = False
    is_left_out_when_empty: bool = False
    """Whether it takes no room where no row says anything in it."""
