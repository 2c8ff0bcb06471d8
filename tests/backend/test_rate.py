"""How fast something goes: true, and 0 when it stands still."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mlxtui.backend import rate
from mlxtui.backend.job import Job
from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import JobId
from mlxtui.backend.job_record import JobRecord
from mlxtui.backend.rate import RateMeter
from mlxtui.plans import JobSpec


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


def test_a_pause_is_no_part_of_a_job_s_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(seconds=0.0)
    clock.monotonic = lambda: clock.seconds
    monkeypatch.setattr(rate, "time", clock)
    files = JobFiles(tmp_path)
    record = JobRecord(job_id=JobId("a"), spec=JobSpec(source="a/b"), title="b")
    job = Job(record, files, lambda: None)
    lock = files.take(job.job_id)
    assert lock is not None
    job.take(lock, "run")
    for seconds, done in ((0, 0), (1, 100)):
        clock.seconds = seconds
        job.report(done, 1000)
    job.want("pause", state="paused")
    clock.seconds = 61
    job.want("run", state="waiting")
    job.report(100, 1000)
    clock.seconds = 62
    job.report(200, 1000)
    assert job.info().rate_per_second == 100
    assert job.info().seconds_left == 8
    lock.release()
