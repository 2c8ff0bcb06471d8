"""What may be lost stays under one percent, whatever the size."""

import pytest

from mlxtui.hub.transfer.pace import pace_of

_CONNECTIONS = 8


@pytest.mark.parametrize("size_bytes", [10**7, 10**8, 2**31, 10**11, 10**12])
def test_a_power_loss_takes_less_than_one_percent(size_bytes: int) -> None:
    pace = pace_of(size_bytes, _CONNECTIONS)
    in_hands = _CONNECTIONS * (pace.read_bytes + pace.record_bytes)
    assert pace.save_bytes < pace.most_unsaved_bytes
    assert pace.most_unsaved_bytes + in_hands < size_bytes / 100


@pytest.mark.parametrize("size_bytes", [10**7, 10**8, 2**31, 10**11, 10**12])
def test_a_kill_takes_much_less(size_bytes: int) -> None:
    pace = pace_of(size_bytes, _CONNECTIONS)
    assert _CONNECTIONS * pace.record_bytes < size_bytes / 1000


@pytest.mark.parametrize("size_bytes", [0, 1, 1000])
def test_the_smallest_transfer_has_a_pace(size_bytes: int) -> None:
    pace = pace_of(size_bytes, _CONNECTIONS)
    assert min(pace.read_bytes, pace.save_bytes, pace.most_unsaved_bytes) > 0
