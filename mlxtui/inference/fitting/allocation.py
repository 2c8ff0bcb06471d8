"""The best setting for each module within a number of bytes. Plain arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlxtui.recipes import Quantization


@dataclass(frozen=True, slots=True)
class Option:
    """One way to store a module's weights."""

    quantization: Quantization | None
    """None is as they are."""
    size_bytes: int
    error: float
    """What it costs; errors of modules add up."""


def hull(options: Sequence[Option]) -> tuple[Option, ...]:
    """The options on the lower convex hull of error over bytes, smallest first.

    Each step along it saves less error per byte than the step before; every option
    that is left out is worse than a mixture of two that stay.
    """
    kept: list[Option] = []
    for option in sorted(options, key=lambda each: (each.size_bytes, each.error)):
        if kept and option.error >= kept[-1].error:
            continue
        while len(kept) > 1 and _gain(kept[-2], kept[-1]) <= _gain(kept[-1], option):
            kept.pop()
        kept.append(option)
    return tuple(kept)


def allocate(
    options: Mapping[str, Sequence[Option]], budget_bytes: int
) -> dict[str, Option]:
    """Choose an option for each module, with the least error that the bytes allow.

    Every module starts at its smallest option and goes up its hull, always by the step
    that saves the most error per byte (Lagrange relaxation: Shoham and Gersho,
    Efficient bit allocation for an arbitrary set of quantizers, IEEE Trans. ASSP 36,
    1988). A step that has no room left is passed over, and with it the module's later
    ones, so that what is left goes to the others. A larger budget never gives a larger
    error: at the first step where two budgets differ the larger one takes it, and what
    the smaller one may still take instead is shorter and saves less per byte.
    """
    hulls = {name: hull(choices) for name, choices in options.items()}
    chosen = {name: steps[0] for name, steps in hulls.items()}
    room_bytes = budget_bytes - sum(option.size_bytes for option in chosen.values())
    steps = [
        (_gain(before, after), name, before, after)
        for name, on_hull in hulls.items()
        for before, after in zip(on_hull, on_hull[1:], strict=False)
    ]
    for _slope, name, before, after in sorted(steps, key=lambda step: -step[0]):
        extra_bytes = after.size_bytes - before.size_bytes
        if chosen[name] is before and extra_bytes <= room_bytes:
            chosen[name] = after
            room_bytes -= extra_bytes
    return chosen


def _gain(before: Option, after: Option) -> float:
    """Error saved per byte."""
    return (before.error - after.error) / (after.size_bytes - before.size_bytes)
