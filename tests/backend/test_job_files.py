"""The job list on the disk: what is written, read, locked and set aside."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
from mlxtui.backend import job_lock, job_record
from mlxtui.backend.job_files import JobFiles
from mlxtui.backend.job_info import JobId
from mlxtui.backend.job_list import JobList
from mlxtui.backend.job_record import JobRecord
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe


def a_record(letter: str = "a", **values: Any) -> JobRecord:
    """A job whose name is one letter."""
    facts: dict[str, Any] = {
        "job_id": JobId(letter * 32),
        "spec": JobSpec(source="owner/name"),
        "title": "name",
    }
    return JobRecord(**(facts | values))


@pytest.fixture
def files() -> JobFiles:
    """The list of a program."""
    return JobFiles(paths.jobs_dir())


def read_list(files: JobFiles) -> JobList:
    """The list as another program reads it."""
    jobs = JobList(files, lambda job: None)
    jobs.read()
    return jobs


def test_a_record_comes_back_as_it_was_written(files: JobFiles) -> None:
    record = a_record(
        spec=JobSpec(
            source="/models/日本語",
            name="new",
            recipe=Recipe(quantization=Quantization(bits=3), fit_context_tokens=4096),
            upload_to="me/new",
        ),
        state="failed",
        stage="quantize",
        stages=("download", "quantize"),
        finished_stages=("download",),
        done=5,
        total=10,
        source_path=Path("/models/日本語"),
        ended_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        seconds_left=1.5,
    )
    assert files.write(record)
    assert files.read(record.job_id) == record


def test_only_the_user_may_read_the_files(files: JobFiles) -> None:
    record = a_record()
    files.write(record)
    files.append_log(record.job_id, "Begins.")
    lock = files.take(record.job_id)
    assert lock is not None
    for file in paths.jobs_dir().iterdir():
        assert file.stat().st_mode & 0o077 == 0
    assert paths.jobs_dir().stat().st_mode & 0o077 == 0
    lock.release()


def test_a_folder_that_is_not_there_is_an_empty_list(files: JobFiles) -> None:
    assert read_list(files).newest_first() == ()


@pytest.mark.parametrize("content", ["", "{", '{"job_id": 3}', "\0" * 100, "[1]"])
def test_a_damaged_file_is_set_aside_and_the_others_stay(
    files: JobFiles, content: str
) -> None:
    files.write(a_record("a"))
    files.write(a_record("b"))
    broken = paths.jobs_dir() / f"{'a' * 32}.json"
    broken.write_text(content)
    (job,) = read_list(files).newest_first()
    assert job.job_id == "b" * 32
    assert not broken.exists()
    assert broken.with_suffix(".damaged").read_text() == content


def test_other_files_in_the_folder_are_left_alone(files: JobFiles) -> None:
    files.write(a_record())
    (paths.jobs_dir() / "notes.json").write_text("mine")
    assert len(read_list(files).newest_first()) == 1
    assert (paths.jobs_dir() / "notes.json").read_text() == "mine"


def test_the_newest_comes_first(files: JobFiles) -> None:
    for second, letter in enumerate("bca"):
        created_at = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
        files.write(a_record(letter, created_at=created_at))
    found = read_list(files).newest_first()
    assert [job.job_id[0] for job in found] == ["a", "c", "b"]


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_job_that_nobody_is_at_was_interrupted(files: JobFiles, state: Any) -> None:
    files.write(a_record(state=state, rate_per_second=5.0, note="fetches"))
    (job,) = read_list(files).newest_first()
    info = job.info()
    assert info.state == "paused" and info.was_interrupted
    assert info.rate_per_second == 0 and info.note == ""
    assert info.held_by_process_id is None


def test_a_job_that_rests_was_not_interrupted(files: JobFiles) -> None:
    files.write(a_record(state="paused"))
    (job,) = read_list(files).newest_first()
    assert job.info().state == "paused" and not job.info().was_interrupted


def test_a_job_of_another_process_is_shown_with_its_number(files: JobFiles) -> None:
    record = a_record(state="running")
    files.write(record)
    holds = (
        "import sys; from pathlib import Path; from mlxtui.backend import job_lock\n"
        "lock = job_lock.take(Path(sys.argv[1])); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    path = paths.jobs_dir() / f"{record.job_id}.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", holds, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdin is not None and other.stdout is not None
    try:
        assert other.stdout.readline() == b"held\n"
        jobs = read_list(files)
        (job,) = jobs.newest_first()
        assert job.info().state == "running"
        assert job.info().held_by_process_id == other.pid
        assert files.take(record.job_id) is None
        # What the other program writes is followed.
        files.write(replace(record, done=7, total=9))
        assert jobs.read() == ([job], [])
        assert job.info().done == 7
        assert jobs.read() == ([], [])
    finally:
        other.kill()  # as a power cut would
        other.wait()
        other.stdin.close()
        other.stdout.close()
    assert jobs.read() == ([job], [])
    assert job.info().was_interrupted and job.info().held_by_process_id is None
    lock = files.take(record.job_id)
    assert lock is not None
    lock.release()


def test_a_program_that_looks_does_not_keep_another_from_a_job(
    files: JobFiles,
) -> None:
    files.write(a_record())
    path = paths.jobs_dir() / "x.lock"
    assert job_lock.holder(path) is None
    lock = job_lock.take(path)
    assert lock is not None
    assert job_lock.holder(path) == os.getpid()
    assert job_lock.take(path) is None
    lock.release()
    assert job_lock.holder(path) is None


def test_a_job_that_another_program_forgot_leaves_the_list(files: JobFiles) -> None:
    record = a_record(state="finished")
    files.write(record)
    files.append_log(record.job_id, "Begins.")
    jobs = read_list(files)
    files.remove(record.job_id)
    assert jobs.read() == ([], [record.job_id])
    assert list(paths.jobs_dir().iterdir()) == []


def test_of_many_ended_jobs_the_oldest_are_forgotten(files: JobFiles) -> None:
    for number in range(105):
        created_at = datetime(2026, 1, 1, 0, number // 60, number % 60, tzinfo=UTC)
        job_id = JobId(f"{number:032x}")
        files.write(a_record(job_id=job_id, state="failed", created_at=created_at))
    jobs = read_list(files)
    files.write(a_record("f", state="running"))
    jobs.add(a_record("f", state="running"))
    kept = {job.job_id for job in jobs.newest_first()}
    assert len(kept) == 101 and f"{4:032x}" not in kept and f"{5:032x}" in kept
    assert len(list(paths.jobs_dir().glob("*.json"))) == 101


def test_a_full_disk_loses_no_job(
    files: JobFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = a_record(state="running")
    assert files.write(record)

    def fsync(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        assert not files.write(replace(record, done=9))
        files.append_log(record.job_id, "Begins.")
    assert files.read(record.job_id) == record


def test_a_log_is_one_line_for_each_event_and_bounded(files: JobFiles) -> None:
    job_id = a_record().job_id
    assert files.read_log(job_id) == ()
    files.append_log(job_id, "It says:\n  two\nlines")
    (line,) = files.read_log(job_id)
    assert line.endswith("  It says: two lines")
    for number in range(40):
        files.append_log(job_id, f"{number} " + "x" * 16_000)
    log = paths.jobs_dir() / f"{job_id}.log"
    assert log.stat().st_size < 300_000
    assert " 39 x" in files.read_log(job_id)[-1]


def test_a_file_of_a_newer_program_is_read_as_far_as_it_is_known() -> None:
    text = job_record.to_json(a_record()).replace("{", '{"colour": "red",', 1)
    assert job_record.from_json(text.encode()) == job_record.from_json(
        job_record.to_json(a_record()).encode()
    )


def test_the_backend_starts_without_what_jobs_import_later() -> None:
    done = subprocess.run(
        [sys.executable, "-c",
         "import sys, mlxtui.backend.backend; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    late = {"pydantic", "mlx", "numpy", "httpx2", "huggingface_hub", "transformers"}
    assert not late & set(done.stdout.split())
