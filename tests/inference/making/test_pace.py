"""Steps come to last as long as they may, whatever the work costs."""

import pytest

from mlxtui.inference.making.pace import RowPace
from mlxtui.inference.step import STEP_SECONDS


@pytest.mark.parametrize("bytes_per_second", [5e6, 3e7, 5e8, 2e9])
def test_steps_come_to_last_as_long_as_they_may(bytes_per_second: float) -> None:
    pace, seconds = RowPace(), []
    for _step in range(20):
        rows = pace.rows("work", 4096)
        seconds.append(rows * 4096 / bytes_per_second)
        pace.took("work", rows * 4096, seconds[-1])
    assert max(seconds[3:]) <= STEP_SECONDS
    assert seconds[-1] >= 0.5 * min(STEP_SECONDS, 32 * 1024**2 / bytes_per_second)


def test_the_short_rest_of_a_tensor_teaches_nothing() -> None:
    pace = RowPace()
    for _step in range(20):
        pace.took("work", pace.rows("work", 1) * 1.0, 0.02)
    before = pace.rows("work", 1)
    pace.took("work", 100, 0.001)
    assert pace.rows("work", 1) == before


def test_kinds_of_work_are_apart_and_a_row_is_never_cut() -> None:
    pace = RowPace()
    pace.took("slow", 1024**2, 10.0)
    assert pace.rows("slow", 4096) < pace.rows("quick", 4096)
    assert pace.rows("slow", 1e12) == 1
