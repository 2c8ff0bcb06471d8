"""One long answer in one app, and what it was like for who typed meanwhile."""

import json
import math
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlxtui import paths
from tests.bench.terminal_probe import Probe
from tests.bench.typist import Typist
from tests.bench.ui_texts import LAST_WORDS

PROMPT = "Ask a question"
RECORDED = ("fence", "table")

_SETTLE_SECONDS = 4.0
_AFTER_SECONDS = 3.0
_WORST_SECONDS = 10.0
_LEAVE = "\x11"


@dataclass(slots=True)
class Stream:
    """From the first token to the seconds after the last."""

    echoes: list[tuple[float, float]]
    """When a key was pressed, and the seconds until it showed."""
    lags: list[float]
    """Seconds by which the loop was late, felt each 5 ms."""
    tokens_per_second: float
    behind_seconds: float
    """From the last token to its place on the screen; NaN where nobody knows it."""
    probe_ms: float
    """By which a moment may be late: the 99th percentile."""

    def echo_ms(self, percent: int) -> float:
        """A percentile of the echoes."""
        return percentile_ms(percent, [seconds for _moment, seconds in self.echoes])

    def worst_echo_ms(self) -> float:
        """The 99th percentile of the worst ten seconds."""
        windows = (self._within(moment) for moment, _seconds in self.echoes)
        return max(percentile_ms(99, window) for window in windows if len(window) > 1)

    def lag_ms(self, percent: int) -> float:
        """A percentile of the lags."""
        return percentile_ms(percent, self.lags)

    def _within(self, start: float) -> list[float]:
        end = start + _WORST_SECONDS
        return [seconds for moment, seconds in self.echoes if start <= moment <= end]


def measure_stream(which: Literal["ours", "peer"], text: str, folder: Path) -> Stream:
    """Ask one of the apps, and type through its answer.

    Args:
        text: "fence", "table", or the folder of a model.
        folder: For what the app reports.
    """
    report = folder / "report.json"
    last_words = LAST_WORDS if text in RECORDED else ""
    arguments = ["-m", "tests.bench.ui_apps", which, text, str(report)]
    return follow_answer(arguments, report, last_words)


def follow_answer(
    arguments: Sequence[str], report: Path, last_words: str = ""
) -> Stream:
    """Ask an app, and type through the answer and the seconds after it.

    Args:
        arguments: Of Python, for an app as in `ui_apps`.
        report: The file that it will write.
        last_words: The end of its answer; empty where nobody knows.
    """
    finished = report.with_suffix(".finished")
    finished.unlink(missing_ok=True)
    with Probe(arguments) as probe:
        probe.wait_for_text(PROMPT)
        probe.let_pass(_SETTLE_SECONDS)
        probe.read_seconds.clear()
        probe.press("Show me all of it.\r")
        typist = Typist(probe)
        shown = typist.type_until(finished.exists, last_words=last_words)
        probe_ms = percentile_ms(99, probe.read_seconds)
        probe.press(_LEAVE)
        probe.wait_for_end()
    inside = json.loads(report.read_text())
    first, last = inside["first_text"], inside["last_text"]
    end = last + _AFTER_SECONDS
    return Stream(
        echoes=[echo for echo in typist.echoes if first <= echo[0] <= end],
        lags=[lag for moment, lag in inside["lags"] if first <= moment <= end],
        tokens_per_second=inside["tokens"] / (last - first),
        behind_seconds=math.nan if shown is None else shown - last,
        probe_ms=probe_ms,
    )


def write_endless_guide(folder: Path) -> Path:
    """The built-in model without a token that ends an answer: only its context does."""
    shutil.copytree(paths.guide_model_dir(), folder)
    changes: dict[str, dict[str, object]] = {
        "config.json": {"eos_token_id": []},
        "generation_config.json": {"eos_token_id": []},
        "tokenizer_config.json": {"eos_token": None, "pad_token": None},
    }
    for name, values in changes.items():
        file = folder / name
        file.write_text(json.dumps(json.loads(file.read_text()) | values))
    template = folder / "chat_template.jinja"
    # The token after an answer ends one, too.
    template.write_text(template.read_text().replace("<|end|>", "\n"))
    return folder


def percentile_ms(percent: int, seconds: Sequence[float]) -> float:
    """A percentile in milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]
