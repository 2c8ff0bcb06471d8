"""Long MLX work as generators: the engine takes a step between two of its answers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from mlxtui.plans import Stage


STEP_SECONDS = 0.03
"""What a step aims at: the engine answers nobody while it lasts, and 50 ms is the most
that a conversation may be held up."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a piece of work has come after one step."""

    stage: Stage
    done: int
    total: int
    unit: Literal["bytes", "tokens", "steps"]
    note: str = ""
    """What is being done, for the user; one line, may be empty."""


Work = Generator[Step, None, Result]
"""Run by `next`, or `yield from`, in the engine thread. Closing it (`close()`) cancels
it: it then leaves nothing half made."""
