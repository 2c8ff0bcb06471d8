"""Options chosen within a number of bytes."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from mlxtui.inference.fitting.allocation import Option, allocate, hull

_OPTIONS = st.lists(
    st.builds(
        Option,
        quantization=st.none(),
        size_bytes=st.integers(1, 60),
        error=st.floats(0, 10, allow_subnormal=False),
    ),
    min_size=1,
    max_size=5,
)
_MODULES = st.dictionaries(st.text("abc", min_size=1), _OPTIONS, min_size=1, max_size=4)


def _bytes(chosen: dict[str, Option]) -> int:
    return sum(option.size_bytes for option in chosen.values())


def _error(chosen: dict[str, Option]) -> float:
    return sum(option.error for option in chosen.values())


@given(options=_OPTIONS)
def test_on_the_hull_each_step_saves_less_per_byte_than_the_one_before(
    options: list[Option],
) -> None:
    steps = hull(options)
    assert steps[0].size_bytes == min(option.size_bytes for option in options)
    assert steps[-1].error == min(option.error for option in options)
    slopes = [
        (before.error - after.error) / (after.size_bytes - before.size_bytes)
        for before, after in zip(steps, steps[1:], strict=False)
    ]
    assert all(slope > 0 for slope in slopes)
    assert slopes == sorted(slopes, reverse=True)


@given(modules=_MODULES, extra_bytes=st.integers(0, 200))
def test_it_stays_within_the_bytes_and_no_single_step_is_left_that_has_room(
    modules: dict[str, list[Option]], extra_bytes: int
) -> None:
    least_bytes = sum(hull(options)[0].size_bytes for options in modules.values())
    chosen = allocate(modules, least_bytes + extra_bytes)
    assert chosen.keys() == modules.keys()
    room_bytes = least_bytes + extra_bytes - _bytes(chosen)
    assert room_bytes >= 0
    for name, options in modules.items():
        steps = hull(options)
        at = steps.index(chosen[name])
        if at + 1 < len(steps):
            step_bytes = steps[at + 1].size_bytes - steps[at].size_bytes
            assert step_bytes > room_bytes


@given(modules=_MODULES, budgets=st.tuples(st.integers(0, 200), st.integers(0, 200)))
def test_more_bytes_never_give_a_larger_error(
    modules: dict[str, list[Option]], budgets: tuple[int, int]
) -> None:
    least_bytes = sum(hull(options)[0].size_bytes for options in modules.values())
    small, large = (
        _error(allocate(modules, least_bytes + extra)) for extra in sorted(budgets)
    )
    assert large <= small + 1e-9


@given(modules=_MODULES, extra_bytes=st.integers(0, 200))
def test_nothing_that_is_as_small_is_better(
    modules: dict[str, list[Option]], extra_bytes: int
) -> None:
    least_bytes = sum(hull(options)[0].size_bytes for options in modules.values())
    chosen = allocate(modules, least_bytes + extra_bytes)
    hulls = [hull(options) for options in modules.values()]
    largest_step = max(
        (
            before.error - after.error
            for steps in hulls
            for before, after in zip(steps, steps[1:], strict=False)
        ),
        default=0.0,
    )
    best = min(
        sum(option.error for option in every)
        for every in product(*hulls)
        if sum(option.size_bytes for option in every) <= least_bytes + extra_bytes
    )
    # The bound of the greedy choice: what one step saves.
    assert best - 1e-9 <= _error(chosen) <= best + largest_step + 1e-9
