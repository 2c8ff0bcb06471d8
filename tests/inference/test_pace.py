"""Sizes of steps."""

from mlxtui.inference.pace import Pace
from mlxtui.inference.step import STEP_SECONDS


def _settled(tokens_per_second: float, pace: Pace) -> int:
    for _step in range(20):
        pace.took(pace.size, pace.size / tokens_per_second)
    return pace.size


def test_a_step_takes_as_long_as_it_may() -> None:
    for rate in (300, 5_000, 100_000):
        size = _settled(rate, Pace(8, largest=1 << 20))
        assert STEP_SECONDS / 4 <= size / rate <= STEP_SECONDS


def test_it_keeps_within_its_limits() -> None:
    assert _settled(0.1, Pace(8, largest=64)) == 1
    assert _settled(0.1, Pace(8, smallest=4, largest=64)) == 4
    pace = Pace(8, largest=512)
    assert _settled(1e9, pace) == 512
    pace.limit(100)
    assert pace.size == 100


def test_a_short_rest_does_not_make_the_next_step_longer() -> None:
    pace = Pace(8, largest=512)
    pace.took(1, 1e-6)
    assert pace.size == 8
