"""The rate that is shown is that of the last seconds."""

import pytest

from mlxtui.hub.transfer.rate import RateMeter


def _rates(arrivals: list[tuple[float, int]]) -> list[float]:
    now = 0.0
    meter = RateMeter(lambda: now)
    rates = []
    for moment, received_bytes in arrivals:
        now = moment
        rates.append(meter.rate(received_bytes))
    return rates


def test_a_steady_stream_has_its_rate() -> None:
    rates = _rates([(tick / 10, tick * 100) for tick in range(1, 100)])
    assert rates == [pytest.approx(1000)] * 99


def test_a_stall_falls_to_zero_within_three_seconds() -> None:
    flowing = [(tick / 10, tick * 100) for tick in range(1, 51)]
    stalled = [(5 + tick / 10, 5000) for tick in range(1, 40)]
    rates = _rates(flowing + stalled)[50:]
    assert rates == sorted(rates, reverse=True)
    assert rates[20] < 500
    assert rates[30:] == [0.0] * 9


def test_before_anything_came_it_is_zero() -> None:
    assert _rates([(0.0, 0), (0.1, 0), (0.2, 0)]) == [0.0, 0.0, 0.0]
