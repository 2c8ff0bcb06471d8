"""Orders and states of jobs, whatever it is that they do."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job import Job
from mlxtui.backend.job_commands import RemoveModel, StartJob
from mlxtui.backend.job_events import JobAccepted, ModelRemoved
from mlxtui.backend.job_info import FileProgress, JobId, JobInfo
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import ModelRefused
from mlxtui.plans import JobSpec
from tests.backend.job_harness import JobHarness, running_jobs
from tests.models import write_model

SPEC = JobSpec(source="owner/name")
OTHER_SPEC = JobSpec(source="owner/other")


class Stage:
    """Stands in for all stages: it counts until a test lets it end."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.source_path: Path | None = None
        self.failure: Exception | None = None
        self.done = 0
        self.moves = True
        self.runs = 0
        self.at_once = 0
        self.most_at_once = 0

    def run(self, place: Workplace) -> None:
        """Do the job."""
        self.runs += 1
        job = place.job
        job.begin_stage("download")
        job.change(stages=("download", "try"), source_path=self.source_path)
        with place.transfer_turn():
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                self._count(job)
            finally:
                self.at_once -= 1
        job.finish_stage("download", result_name="name")

    def _count(self, job: Job) -> None:
        while not self.may_end.is_set():
            job.check()
            if self.failure is not None:
                raise self.failure
            if self.moves:
                self.done += 1
                file = FileProgress(
                    path="model.safetensors", done_bytes=self.done, total_bytes=10**6
                )
                job.report(self.done, 10**6, files=(file,))
            time.sleep(0.001)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """What every job does here."""
    stage = Stage()
    monkeypatch.setattr("mlxtui.backend.pipeline.run", stage.run)
    yield stage
    stage.may_end.set()


@pytest.fixture
def jobs(stage: Stage) -> Iterator[JobHarness]:
    """A program."""
    with running_jobs() as jobs:
        yield jobs


def moving(job: JobInfo) -> bool:
    """It runs and has come somewhere."""
    return job.state == "running" and job.done > 0


def test_a_job_runs_and_finishes(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    job = jobs.wait(job_id, lambda job: moving(job) and job.rate_per_second > 0)
    assert job.title == "name" and job.stage == "download"
    assert job.files[0].path == "model.safetensors"
    assert job.seconds_left is not None and job.seconds_left > 0
    stage.may_end.set()
    job = jobs.wait_for_state(job_id, "finished")
    assert job.ended_at is not None and job.result_name == "name" and job.files == ()
    assert "Finished: name" in jobs.log(job_id)
    assert jobs.listed() == (job,)


def test_a_model_that_a_job_needs_stays(jobs: JobHarness, stage: Stage) -> None:
    stage.source_path = write_model(paths.models_dir() / "first")
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    removal = RemoveModel(request_id=new_request_id(), name="first")
    end = jobs.ask(removal)
    assert isinstance(end, Failed) and "needs first" in end.message
    stage.may_end.set()
    jobs.wait_for_state(job_id, "finished")
    removal = RemoveModel(request_id=new_request_id(), name="first")
    assert isinstance(jobs.ask(removal), ModelRemoved)


def test_news_come_at_most_ten_times_a_second(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    started = time.monotonic()
    jobs.wait(job_id, lambda job: len(jobs.jobs[job_id]) >= 10)
    assert time.monotonic() - started > 0.8


def test_a_job_that_stands_still_says_so(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, lambda job: job.rate_per_second > 0)
    stage.moves = False
    job = jobs.wait(job_id, lambda job: moving(job) and job.rate_per_second == 0)
    assert job.seconds_left is None


def test_pause_and_resume(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    jobs.order(job_id, "pause")
    job = jobs.wait_for_state(job_id, "paused")
    assert job.rate_per_second == 0 and not job.was_interrupted
    jobs.order(job_id, "pause")  # that it is paused already is no error
    jobs.order(job_id, "resume")
    jobs.wait(job_id, lambda job: moving(job) and job.done > stage.done // 2)
    stage.may_end.set()
    jobs.wait_for_state(job_id, "finished")


def test_quick_orders_end_in_the_last_one(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    for _ in range(20):
        jobs.order(job_id, "pause")
        jobs.order(job_id, "resume")
    jobs.wait(job_id, moving)
    jobs.order(job_id, "pause")
    jobs.wait_for_state(job_id, "paused")
    assert jobs.listed()[0].state == "paused"


def test_cancel_takes_less_than_half_a_second(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    started = time.monotonic()
    jobs.order(job_id, "cancel")
    job = jobs.wait_for_state(job_id, "cancelled")
    assert time.monotonic() - started < 0.5
    assert job.ended_at is not None and job.result_name == ""
    assert "Cancelled." in jobs.log(job_id)


def test_a_paused_job_can_be_cancelled(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.order(job_id, "pause")
    jobs.wait_for_state(job_id, "paused")
    jobs.order(job_id, "cancel")
    jobs.wait_for_state(job_id, "cancelled")


def test_a_failed_job_says_why_and_can_be_tried_again(
    jobs: JobHarness, stage: Stage
) -> None:
    stage.failure = ModelRefused("It is damaged.", "Fetch it again.")
    job_id = jobs.start(SPEC)
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert (job.message, job.hint) == ("It is damaged.", "Fetch it again.")
    assert "It is damaged." in jobs.log(job_id)
    stage.failure = None
    jobs.order(job_id, "retry")
    job = jobs.wait(job_id, moving)
    assert job.message == "" and job.ended_at is None


def test_an_error_that_nobody_meant_is_told_without_a_traceback(
    jobs: JobHarness, stage: Stage
) -> None:
    stage.failure = ZeroDivisionError("division by zero")
    job_id = jobs.start(SPEC)
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "division by zero" in job.message and "mlxtui.log" in job.hint


def test_orders_that_do_not_suit_are_refused(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    assert "name" in jobs.refused(job_id, "retry").message
    assert jobs.refused(job_id, "forget").hint == "Cancel it first."
    jobs.order(job_id, "resume")  # it runs already
    stage.may_end.set()
    jobs.wait_for_state(job_id, "finished")
    for order in ("pause", "resume", "retry"):
        assert jobs.refused(job_id, order).message
    jobs.order(job_id, "cancel")  # nothing is left to cancel
    assert "no longer" in jobs.refused(JobId("0" * 32), "pause").message
    assert "no longer" in jobs.refused(JobId("../../etc"), "cancel").message


@pytest.mark.parametrize("order", ["pause", "cancel", "finish", "fail"])
def test_forgetting_removes_a_job_and_its_log(
    jobs: JobHarness, stage: Stage, order: Any
) -> None:
    from mlxtui import paths

    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    if order == "finish":
        stage.may_end.set()
    elif order == "fail":
        stage.failure = ModelRefused("It is damaged.")
    else:
        jobs.order(job_id, order)
    jobs.wait(job_id, lambda job: job.state not in ("running", "waiting"))
    jobs.order(job_id, "forget")
    assert jobs.listed() == ()
    assert jobs.forgotten == [job_id]
    assert list(paths.jobs_dir().iterdir()) == []


def test_three_transfers_at_once_the_others_wait(
    jobs: JobHarness, stage: Stage
) -> None:
    started = [jobs.start(JobSpec(source=f"owner/{n}")) for n in range(5)]
    for job_id in started[:3]:
        jobs.wait(job_id, moving)
    waiting = jobs.wait_for_state(started[4], "waiting")
    assert waiting.note or jobs.wait(started[4], lambda job: bool(job.note))
    assert stage.most_at_once == 3
    jobs.order(started[4], "cancel")
    jobs.wait_for_state(started[4], "cancelled")
    jobs.order(started[0], "pause")
    jobs.wait(started[3], moving)
    stage.may_end.set()
    for job_id in started[1:4]:
        jobs.wait_for_state(job_id, "finished")


def test_the_same_spec_goes_on_with_its_job(jobs: JobHarness, stage: Stage) -> None:
    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    assert jobs.start(SPEC) == job_id
    assert stage.runs == 1
    jobs.order(job_id, "pause")
    jobs.wait_for_state(job_id, "paused")
    assert jobs.start(SPEC) == job_id
    jobs.wait(job_id, moving)
    assert jobs.start(OTHER_SPEC) != job_id
    stage.may_end.set()
    jobs.wait_for_state(job_id, "finished")
    assert jobs.start(SPEC) != job_id


def test_a_program_that_ends_leaves_its_jobs_to_the_next_start(stage: Stage) -> None:
    with running_jobs() as jobs:
        job_id = jobs.start(SPEC)
        jobs.wait(job_id, moving)
        paused_id = jobs.start(OTHER_SPEC)
        jobs.order(paused_id, "pause")
        jobs.wait_for_state(paused_id, "paused")
        started = time.monotonic()
        jobs.close()
        assert time.monotonic() - started < 5
        assert jobs.jobs[job_id][-1].state == "paused"
    runs = stage.runs
    with running_jobs() as jobs:
        found = {job.job_id: job for job in jobs.listed()}
        assert {job.state for job in found.values()} == {"paused"}
        assert found[job_id].was_interrupted
        assert not found[paused_id].was_interrupted
        assert stage.runs == runs  # nothing starts by itself
        jobs.order(job_id, "resume")
        assert not jobs.wait(job_id, moving).was_interrupted


def test_another_program_s_job_is_followed_and_takes_no_orders(stage: Stage) -> None:
    with running_jobs() as first, running_jobs() as second:
        job_id = first.start(SPEC)
        first.wait(job_id, moving)
        (seen,) = second.listed()
        assert seen.held_by_process_id is not None and seen.state == "running"
        for order in ("pause", "cancel", "forget"):
            refused = second.refused(job_id, order)
            assert str(seen.held_by_process_id) in refused.message
        same = second.ask(StartJob(request_id=new_request_id(), spec=SPEC))
        assert isinstance(same, Failed) and "process" in same.message
        later = second.wait(job_id, lambda job: job.done > seen.done)
        assert later.rate_per_second > 0
        stage.may_end.set()
        second.wait_for_state(job_id, "finished")
        first.wait_for_state(job_id, "finished")
        answering = first.backend._jobs._answering
        assert answering is not None
        assert answering.runner._news.jobs.find(job_id).wait_for_rest(60)
        second.order(job_id, "forget")
        assert first.listed() == ()


def test_a_job_that_another_program_starts_appears(stage: Stage) -> None:
    with running_jobs() as first, running_jobs() as second:
        assert second.listed() == ()
        job_id = first.start(SPEC)
        second.wait(job_id, moving)


def test_a_full_disk_does_not_end_a_job(
    jobs: JobHarness, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    job_id = jobs.start(SPEC)
    jobs.wait(job_id, moving)
    real = os.fsync

    def fsync(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    jobs.order(job_id, "pause")
    jobs.order(job_id, "resume")
    done = stage.done
    jobs.wait(job_id, lambda job: moving(job) and job.done > done)
    monkeypatch.setattr(os, "fsync", real)
    stage.may_end.set()
    jobs.wait_for_state(job_id, "finished")


def test_a_job_that_cannot_be_noted_at_all_is_refused(
    jobs: JobHarness, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlxtui import paths

    paths.make_private(paths.data_dir())
    paths.jobs_dir().write_text("a file where the folder should be")
    end = jobs.ask(StartJob(request_id=new_request_id(), spec=SPEC))
    assert isinstance(end, Failed) and str(paths.jobs_dir()) in end.message
    paths.jobs_dir().unlink()
    assert jobs.listed() == ()
    end = jobs.ask(StartJob(request_id=new_request_id(), spec=SPEC))
    assert isinstance(end, JobAccepted)
