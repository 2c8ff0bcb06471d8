"""What commands print of a job: figures that are true, also at the end."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from mlxtui.backend.job_info import FileProgress, JobId, JobInfo
from mlxtui.cli import job_progress
from mlxtui.cli.job_progress import figures, reporter
from mlxtui.plans import JobSpec

_JOB = JobInfo(
    job_id=JobId("a"),
    spec=JobSpec(source="owner/name"),
    title="name",
    state="running",
    stage="download",
    done=500_000_000,
    total=2_000_000_000,
    rate_per_second=10_000_000,
    seconds_left=150.4,
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)
_DONE = replace(_JOB, done=_JOB.total, rate_per_second=0, seconds_left=None)


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (_JOB, "25 % · 10.0 MB/s · 2 min 30 s left · 500.0 MB of 2.0 GB"),
        (replace(_JOB, rate_per_second=0, seconds_left=None, note="Waits."),
         "25 % · 0 B/s · 500.0 MB of 2.0 GB · Waits."),
        (_DONE, "100 % · 2.0 GB of 2.0 GB"),
        (replace(_JOB, unit="tokens", done=10, total=40, rate_per_second=3.2,
                 seconds_left=9.4), "25 % · 3.2 tokens/s · 9 s left"),
        (replace(_JOB, unit="steps", done=10, total=40, seconds_left=None), "25 %"),
        (replace(_JOB, done=0, total=0), ""),
        (replace(_DONE, note="a\x1b[31m"), "100 % · 2.0 GB of 2.0 GB · a␛[31m"),
    ],
)  # fmt: skip
def test_figures(job: JobInfo, text: str) -> None:
    assert figures(job) == text


def test_without_a_terminal_each_tenth_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = reporter(as_json=False)
    for percent in range(101):
        shown.show(replace(_JOB, done=_JOB.total * percent // 100))
    shown.close()
    lines = capsys.readouterr().err.splitlines()
    assert 10 <= len(lines) <= 11
    assert all(line.startswith("download ") for line in lines)


@pytest.mark.parametrize("columns", [80, 120])
def test_bars_leave_room_for_the_time_left(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    screen = io.StringIO()

    def console(**_options: Any) -> Console:
        return Console(file=screen, width=columns, force_terminal=True)

    monkeypatch.setattr(job_progress, "Console", console)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    name = "model-00001-of-00003.safetensors"
    file = FileProgress(path=name, done_bytes=1, total_bytes=2_000_000_000)
    shown = reporter(as_json=False)
    try:
        shown.show(replace(_JOB, files=(file,)))
    finally:
        shown.close()
    lines = screen.getvalue().splitlines()
    assert any("MB/s · 2 min 30 s left" in line for line in lines)
    assert any("model-00001-of" in line for line in lines)
