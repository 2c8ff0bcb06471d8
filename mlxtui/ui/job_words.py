"""Jobs in words: what a job is doing, how far it is, how long it still takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _, ngettext
from mlxtui.ui.known_jobs import is_interrupted
from mlxtui.units import bytes_text, count_text, rate_text

if TYPE_CHECKING:
    from mlxtui.backend.job_info import JobInfo
    from mlxtui.plans import Stage

JobStanding = Literal[
    "waiting", "running", "paused", "interrupted", "elsewhere",
    "failed", "cancelled", "finished",
]  # fmt: skip

MARKS: dict[JobStanding, str] = {
    "waiting": "○", "running": "●", "paused": "‖", "interrupted": "▲",
    "elsewhere": "◌", "failed": "✗", "cancelled": "–", "finished": "✓",
}  # fmt: skip

_STANDINGS: dict[JobStanding, str] = {
    "running": N_("running"),
    "waiting": N_("waiting"),
    "paused": N_("paused"),
    "interrupted": N_("interrupted"),
    "elsewhere": N_("elsewhere"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
    "finished": N_("finished"),
}

_BUSY: dict[Stage, str] = {
    "download": N_("fetching"),
    "verify": N_("verifying"),
    "import": N_("importing"),
    "convert": N_("converting"),
    "quantize": N_("quantizing"),
    "measure": N_("measuring"),
    "upload": N_("uploading"),
    "try": N_("trying it"),
}

_ARROWS: dict[Stage, str] = {"download": "↓", "upload": "↑"}


def job_standing(job: JobInfo) -> JobStanding:
    """What a job is now, for whoever looks at it."""
    if job.held_by_process_id is not None:
        return "elsewhere"
    return "interrupted" if is_interrupted(job) else job.state


def standing_words() -> list[str]:
    """Every word that may stand for a job's state, in the language in use."""
    return [*map(_, _STANDINGS.values()), *map(_, _BUSY.values())]


def state_word(job: JobInfo) -> str:
    """What a job does, or what became of it, in a word."""
    if job.state == "running" and job.stage is not None:
        return _(_BUSY[job.stage])
    return _(_STANDINGS[job_standing(job)])


def percent_text(share: float | None) -> str:
    """A share in whole percent, never 100 before the end; empty when unknown."""
    return "" if share is None else f"{int(share * 100)} %"


def amount_text(done: int, total: int, unit: str) -> str:
    """`1.2 / 2.3 GB`; without an end what is done; empty before anything is."""
    if not done and not total:
        return ""
    if unit == "bytes":
        done_text, total_text = bytes_text(done), bytes_text(total)
        if done_text.split()[-1] == total_text.split()[-1]:
            done_text = done_text.split()[0]
        return f"{done_text} / {total_text}" if total else bytes_text(done)
    if not total:
        return count_text(done)
    return f"{count_text(done)} / {count_text(total)}"


def speed_text(job: JobInfo) -> str:
    """How fast a running job is; 0 when nothing moves."""
    if job.unit == "bytes":
        return f"{bytes_text(job.rate_per_second)}/s"
    return f"{rate_text(job.rate_per_second)}/s"


def counts_text(jobs: Sequence[JobInfo]) -> str:
    """How many jobs there are of each kind: `1 running · 2 paused`."""
    counts = dict.fromkeys(_STANDINGS, 0)
    for job in jobs:
        counts[job_standing(job)] += 1
    return " · ".join(
        f"{count} {_(_STANDINGS[name])}" for name, count in counts.items() if count
    )


def running_text(running: Sequence[JobInfo]) -> str:
    """The running jobs for the meter: `↓ 43 % 12.1 MB/s`, `2 jobs 43 %`."""
    if not running:
        return ""
    if len(running) > 1:
        shares = [job.share or 0 for job in running]
        count = ngettext("{count} job", "{count} jobs", len(running))
        text = count.format(count=len(running))
        return f"{text} {percent_text(sum(shares) / len(shares))}"
    (job,) = running
    arrow = _ARROWS.get(job.stage) if job.stage is not None else None
    parts = [arrow or state_word(job), percent_text(job.share)]
    if arrow:
        parts.append(speed_text(job))
    return " ".join(filter(None, parts))


def title_text(job: JobInfo) -> str:
    """A job's name, harmless."""
    return one_line(job.title or job.result_name or job.spec.source)
