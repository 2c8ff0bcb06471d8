"""How exactly tensors were taken over, and the table of that by their types."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mlxtui.plans import TensorsOfType

LARGEST_ERROR = 5e-3
"""Relative RMS error up to which a tensor counts as taken over faithfully."""


@dataclass(frozen=True, slots=True)
class TensorError:
    """What was summed up of a tensor's values."""

    squared_error: float = 0.0
    squared_sum: float = 0.0

    def __add__(self, other: "TensorError") -> "TensorError":
        return TensorError(
            self.squared_error + other.squared_error,
            self.squared_sum + other.squared_sum,
        )

    @property
    def relative(self) -> float:
        """RMS error over RMS of the values; 0 of a tensor of zeros."""
        if not self.squared_sum:
            return 0.0
        return math.sqrt(self.squared_error / self.squared_sum)


class TakenTensor(NamedTuple):
    """A new tensor, for the table."""

    type_name: str
    """In the file; of several, all."""
    form: str
    size_bytes: int


class TypeTable:
    """Collects the errors of tensors.

    Args:
        tensors: All of the new model, by name.
    """

    def __init__(self, tensors: Mapping[str, TakenTensor]) -> None:
        self._tensors = tensors
        self._errors: dict[str, TensorError] = {}

    def add(self, name: str, squared_error: float, squared_sum: float) -> None:
        """A piece of a tensor was taken over."""
        known = self._errors.get(name, TensorError())
        self._errors[name] = known + TensorError(squared_error, squared_sum)

    def restart(self, name: str) -> None:
        """A tensor is taken over from its beginning."""
        self._errors.pop(name, None)

    def notes(self, names: Iterable[str]) -> dict[str, float]:
        """The errors of some tensors, to be kept beside what is complete."""
        return {name: self.relative(name) for name in names}

    def relative(self, name: str) -> float:
        """The relative RMS error of a tensor."""
        return self._errors.get(name, TensorError()).relative

    def remember(self, notes: Any) -> None:
        """Take the errors that were noted before a pause or a kill."""
        if not isinstance(notes, dict):
            return
        for name, error in notes.items():
            if isinstance(name, str) and isinstance(error, float):
                self._errors[name] = TensorError(error * error, 1.0)

    def inexact(self) -> tuple[tuple[str, float], ...]:
        """Tensors with too large an error, the worst first."""
        found = [(name, self.relative(name)) for name in self._tensors]
        large = [each for each in found if each[1] > LARGEST_ERROR]
        return tuple(sorted(large, key=lambda each: -each[1]))

    def rows(self) -> tuple[TensorsOfType, ...]:
        """The table, the type that takes most first."""
        table: dict[tuple[str, str], TensorsOfType] = {}
        for name, taken in self._tensors.items():
            key = taken.type_name, taken.form
            row = table.get(key) or TensorsOfType(
                type_name=taken.type_name, form=taken.form, count=0, size_bytes=0,
                largest_error=0.0,
            )  # fmt: skip
            table[key] = replace(
                row,
                count=row.count + 1,
                size_bytes=row.size_bytes + taken.size_bytes,
                largest_error=max(row.largest_error, self.relative(name)),
            )
        return tuple(sorted(table.values(), key=lambda row: -row.size_bytes))
