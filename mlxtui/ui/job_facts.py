"""Everything that is known of one job, in lines, the most telling first."""

from collections.abc import Iterator

from rich.cells import cell_len

from mlxtui.backend.job_info import FileProgress, JobInfo
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plan_words import stage_text, time_text
from mlxtui.ui.job_rows import bar_parts
from mlxtui.ui.job_words import (
    amount_text,
    job_standing,
    percent_text,
    speed_text,
    title_text,
)
from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.prose import wrapped
from mlxtui.ui.widgets.shortened import shortened
from mlxtui.units import bytes_text, rate_text

_GAP = "   "
_SEPARATOR = " · "
_FILE_BAR_CELLS = 6
_PERCENT_CELLS = 4


def fact_lines(job: JobInfo, width: int, question: str = "") -> list[Line]:
    """What a job is doing, or what became of it.

    Args:
        width: In cells.
        question: Something that the user is asked about it; stands first.
    """
    lines: list[Line] = []
    if question:
        lines += _prose(question, "warning", width)
    lines += _standing_lines(job, width)
    lines += _stage_lines(job, width)
    numbers = _numbers(job)
    if numbers:
        lines += _prose(numbers, "", width)
    if job.note:
        lines += _prose(one_line(job.note), "muted", width)
    lines += [_file_line(file, width) for file in job.files]
    source = one_line(job.source_name or job.spec.source)
    if source != title_text(job):
        text = _("from {source}").format(source=source)
        lines.append(((shortened(text, width), "muted"),))
    return lines


def _prose(text: str, part: str, width: int) -> list[Line]:
    return [((line, part),) for line in wrapped(text, width)]


def _standing_lines(job: JobInfo, width: int) -> Iterator[Line]:
    match job_standing(job):
        case "failed":
            yield from _prose(f"✗ {one_line(job.message)}", "bad", width)
            hint = one_line(job.hint) or _("r tries it again.")
            yield from _prose(hint, "", width)
        case "interrupted":
            text = _("Interrupted: Enter or p goes on where it stopped.")
            yield from _prose(f"▲ {text}", "warning", width)
        case "paused":
            text = _("Paused: Enter or p goes on where it stopped.")
            yield from _prose(f"‖ {text}", "", width)
        case "elsewhere":
            text = _("Another program works at it: process {number}.").format(
                number=job.held_by_process_id
            )
            yield from _prose(f"◌ {text}", "", width)
        case "finished" if job.result_name:
            text = _("{name} is here: Enter opens a chat with it.").format(
                name=one_line(job.result_name)
            )
            yield from _prose(f"✓ {text}", "good", width)
        case "cancelled":
            yield from _prose(_("Cancelled: r tries it again."), "", width)
        case _:
            pass


def _stage_lines(job: JobInfo, width: int) -> list[Line]:
    """The stages in a row, ticked off as they end; in as many lines as they need."""
    at = job.stages.index(job.stage) if job.stage in job.stages else -1
    is_done = job.state == "finished"
    lines: list[list[tuple[str, str]]] = [[]]
    room = width
    for number, stage in enumerate(job.stages):
        if is_done or number < at:
            mark, style = "✓", "good"
        elif number == at and job.state != "waiting":
            mark, style = ("✗", "bad") if job.state == "failed" else ("●", "busy")
        else:
            mark, style = "○", "muted"
        text = f"{mark} {stage_text(stage)}"
        if lines[-1] and cell_len(_GAP + text) > room:
            lines.append([])
            room = width
        gap = _GAP if lines[-1] else ""
        room -= cell_len(gap + text)
        lines[-1].append((gap + text, style))
    return [tuple(line) for line in lines if line]


def _numbers(job: JobInfo) -> str:
    """How far and how fast, in one line; empty when there is nothing to say."""
    if job.state in ("finished", "cancelled") or not (job.done or job.total):
        return ""
    parts = [percent_text(job.share), amount_text(job.done, job.total, job.unit)]
    if job.state == "running":
        parts.append(_speed(job))
        left = time_text(job.seconds_left)
        if left:
            parts.append(_("{time} left").format(time=left))
    return _SEPARATOR.join(filter(None, parts))


def _speed(job: JobInfo) -> str:
    if job.unit == "tokens":
        return _("{rate} tokens/s").format(rate=rate_text(job.rate_per_second))
    return speed_text(job)


def _file_line(file: FileProgress, width: int) -> Line:
    share = min(file.done_bytes / file.total_bytes, 1) if file.total_bytes else None
    percent = percent_text(share)
    size = bytes_text(file.total_bytes)
    head = _FILE_BAR_CELLS + 1 + _PERCENT_CELLS + 2
    name = shortened(one_line(file.path), max(width - head - cell_len(size) - 2, 1))
    return (
        *bar_parts(share, _FILE_BAR_CELLS),
        (f" {percent:>{_PERCENT_CELLS}}  {name}", ""),
        (f"  {size}", "muted"),
    )
