"""How fast something goes: true, and 0 when it stands still."""

from mlxtui.backend.rate import RateMeter


def test_it_is_the_rate_of_the_last_seconds() -> None:
    meter = RateMeter()
    for tick in range(100):
        meter.add(tick * 10, tick * 0.1)
    assert abs(meter.per_second(9.9) - 100) < 1


def test_what_was_there_before_is_no_speed() -> None:
    meter = RateMeter()
    meter.add(10**9, 0.0)
    meter.add(10**9 + 50, 1.0)
    assert meter.per_second(1.0) == 50


def test_it_falls_to_nothing_when_nothing_moves() -> None:
    meter = RateMeter()
    meter.add(0, 0.0)
    meter.add(300, 1.0)
    rates = [meter.per_second(second) for second in (1.0, 2.0, 3.0, 4.5)]
    assert rates == [300, 150, 100, 0]


def test_nothing_is_known_at_first() -> None:
    meter = RateMeter()
    assert meter.per_second(0.0) == 0
    meter.add(5, 0.0)
    assert meter.per_second(0.0) == 0


def test_a_number_that_falls_begins_anew() -> None:
    meter = RateMeter()
    meter.add(0, 0.0)
    meter.add(1000, 1.0)
    meter.add(10, 1.5)
    assert meter.per_second(2.0) == 0


def test_many_reports_take_no_room() -> None:
    meter = RateMeter()
    for tick in range(100_000):
        meter.add(tick, tick * 1e-4)
    assert len(meter._samples) < 100
    assert abs(meter.per_second(10.0) - 10_000) < 500
