"""A job's progress: bars on a terminal, plain lines or JSON lines elsewhere."""

import json
import sys
from abc import ABC, abstractmethod
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from mlxtui.backend.job_info import JobInfo
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plan_words import stage_text, time_text
from mlxtui.plans import Stage
from mlxtui.units import bytes_text, rate_text

# A plain line at every tenth: enough for a log, and not too much for it.
_PLAIN_STEP = 0.1

# Below it, names and bars are short so that the time left can be read.
_WIDE_CELLS = 110


class Reporter(ABC):
    """Takes every state of a job."""

    @abstractmethod
    def show(self, job: JobInfo) -> None:
        """The job has come further."""

    def close(self) -> None:  # noqa: B027  most have nothing to close
        """Nothing more comes."""


def reporter(*, as_json: bool) -> Reporter:
    """The one that suits where the output goes."""
    if as_json:
        return _JsonLines()
    return _Bars() if sys.stderr.isatty() else _PlainLines()


class _JsonLines(Reporter):
    """One object for each report, on standard output."""

    def show(self, job: JobInfo) -> None:
        if job.stage is None:
            return
        report = {
            "stage": job.stage,
            "done": job.done,
            "total": job.total,
            "unit": job.unit,
            "rate_per_second": job.rate_per_second,
            "seconds_left": job.seconds_left,
        }
        click.echo(json.dumps(report))


class _PlainLines(Reporter):
    """A line for each tenth of each stage."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._next_share = 0.0

    def show(self, job: JobInfo) -> None:
        if job.stage is None:
            return
        if job.stage != self._stage:
            self._stage, self._next_share = job.stage, 0.0
        share = job.share or 0.0
        if share >= self._next_share:
            self._next_share = share + _PLAIN_STEP
            click.echo(f"{stage_text(job.stage)} {figures(job)}".rstrip(), err=True)


class _Bars(Reporter):
    """The stage as a whole, and below it the files that are being fetched."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False)
        is_wide = console.width >= _WIDE_CELLS
        self._progress = Progress(
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=_column(40 if is_wide else 22),
            ),
            BarColumn(bar_width=24 if is_wide else 10),
            TextColumn(
                "{task.fields[figures]}", markup=False, table_column=_column(None)
            ),
            console=console,
            expand=True,
        )
        self._tasks: dict[str, Any] = {}
        self._stage: Stage | None = None
        self._progress.start()

    def show(self, job: JobInfo) -> None:
        if job.stage is None:
            return
        if job.stage != self._stage:
            self._begin(job.stage)
        if job.state == "finished":
            self._end_stage()  # a trial ends when the answer does
        else:
            self._draw("", stage_text(job.stage), job.done, job.total, figures(job))
        shown = {file.path for file in job.files}
        for path in set(self._tasks) - shown - {""}:
            self._progress.remove_task(self._tasks.pop(path))
        for file in job.files:
            size = bytes_text(file.total_bytes)
            name = "  " + one_line(file.path)
            self._draw(file.path, name, file.done_bytes, file.total_bytes, size)

    def close(self) -> None:
        self._progress.stop()

    def _begin(self, stage: Stage) -> None:
        self._end_stage()
        self._stage = stage

    def _end_stage(self) -> None:
        """The stage stays as a line that is done."""
        if "" in self._tasks:
            done = self._tasks.pop("")
            self._progress.update(done, total=1, completed=1, figures="100 %")

    def _draw(self, key: str, name: str, done: int, total: int, figures: str) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(name, total=None, figures="")
        self._progress.update(
            self._tasks[key], completed=done, total=total or None, figures=figures
        )


def _column(max_width: int | None) -> Column:
    """Text of one line, cut at its end before it takes the bar's room."""
    ratio = None if max_width else 1
    return Column(max_width=max_width, ratio=ratio, no_wrap=True, overflow="ellipsis")


def figures(job: JobInfo) -> str:
    """Percent, rate, time left and bytes, as far as they are known; what a narrow
    terminal cuts off stands last."""
    parts = []
    if job.share is not None:
        parts.append(f"{int(job.share * 100)} %")  # 100 is the end
    if job.done < job.total:
        parts += _speed(job)
    if job.total and job.unit == "bytes":
        parts.append(
            _("{done} of {total}").format(
                done=bytes_text(job.done), total=bytes_text(job.total)
            )
        )
    parts.append(one_line(job.note))
    return " · ".join(filter(None, parts))


def _speed(job: JobInfo) -> list[str]:
    parts = []
    if job.unit == "bytes":
        parts.append(f"{bytes_text(job.rate_per_second)}/s")
    elif job.unit == "tokens" and job.rate_per_second:
        rate = rate_text(job.rate_per_second)
        parts.append(_("{rate} tokens/s").format(rate=rate))
    if left := time_text(job.seconds_left):
        parts.append(_("{time} left").format(time=left))
    return parts
