"""The screen, measured from outside: how soon a key shows, whatever is going on.

The peer of an answer is a bare Textual app with a prompt and Textual's own Markdown
stream, fed the same text at the same speed; that of the rest is an empty Textual app.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mlxtui import paths
from tests.bench.measure import Figure, Measurement, paired
from tests.bench.terminal_probe import Probe
from tests.bench.ui_stream import (
    RECORDED,
    Stream,
    measure_stream,
    write_endless_guide,
)

_ROUNDS = 3
_START_ROUNDS = 7
_SETTLE_SECONDS = 4.0
_IDLE_SECONDS = 10.0

_EMPTY_APP = "from textual.app import App; App().run()"
# Less than the first line of ours; the empty app has none.
_FIRST_WORDS_CELLS = 20


def run() -> list[Measurement | Figure]:
    """All measurements of the screen."""
    paths.write_atomically(paths.settings_file(), "setup_done = true\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        streams = {
            "the guide at full speed": str(write_endless_guide(folder / "guide")),
            "1,000-line code fence at 200 tokens/s": "fence",
            "300-row table at 200 tokens/s": "table",
        }
        return [
            _first_paint(),
            *_at_rest(),
            *(
                figure
                for title, text in streams.items()
                for figure in _streaming(title, text, folder)
            ),
        ]


def _first_paint() -> Measurement:
    return paired(
        "seconds to the first paint, against an empty Textual app",
        lambda: _paint_seconds(["-m", "mlxtui"], _FIRST_WORDS_CELLS),
        lambda: _paint_seconds(["-c", _EMPTY_APP], 0),
        rounds=_START_ROUNDS,
        at_most=1.5,
    )


def _paint_seconds(arguments: Sequence[str], filled_cells: int) -> float:
    with Probe(arguments) as probe:
        grid = probe.grid
        return probe.start_to(
            lambda: grid.is_painted and grid.filled_cells >= filled_cells
        )


def _at_rest() -> list[Figure]:
    """Memory before a model is there, and what the app does while nothing is asked."""
    ours = [_rest(["-m", "mlxtui", "--no-model"]) for _round in range(_ROUNDS)]
    peer = [_rest(["-c", _EMPTY_APP]) for _round in range(_ROUNDS)]
    kinds = (
        ("memory before a model is loaded", "MB", 120),
        ("processor while idle", "%", 1),
    )
    return [
        Figure.of_rounds(
            f"{what}, beside an empty Textual app",
            unit,
            ours=[one[part] for one in ours],
            peer=[one[part] for one in peer],
            under=goal,
        )
        for part, (what, unit, goal) in enumerate(kinds)
    ]


def _rest(arguments: Sequence[str]) -> tuple[float, float]:
    """Megabytes, and percent of one core."""
    with Probe(arguments) as probe:
        probe.wait_for(lambda: probe.grid.is_painted)
        probe.let_pass(_SETTLE_SECONDS)
        megabytes = probe.resident_bytes() / 1e6
        before, start = probe.processor_seconds(), time.monotonic()
        probe.let_pass(_IDLE_SECONDS)
        used = probe.processor_seconds() - before
        return megabytes, 100 * used / (time.monotonic() - start)


def _streaming(title: str, text: str, folder: Path) -> list[Figure]:
    pairs = [
        (measure_stream("ours", text, folder), measure_stream("peer", text, folder))
        for _round in range(_ROUNDS)
    ]

    def figure(
        what: str,
        unit: str,
        of: Callable[[Stream], float],
        *,
        under: float | None = None,
    ) -> Figure:
        return Figure.of_rounds(
            f"{title}: {what}",
            unit,
            ours=[of(ours) for ours, _peer in pairs],
            peer=[of(peer) for _ours, peer in pairs],
            under=under,
        )

    figures = [
        figure("key to echo, p50", "ms", lambda one: one.echo_ms(50)),
        figure("key to echo, p99", "ms", lambda one: one.echo_ms(99), under=50),
        figure("key to echo, p99 of the worst 10 s", "ms", Stream.worst_echo_ms),
        figure("loop lag, p95", "ms", lambda one: one.lag_ms(95), under=33),
        figure("speed of the answer", "tokens/s", lambda one: one.tokens_per_second),
        figure("the probe's own lag, p99", "ms", lambda one: one.probe_ms),
    ]
    if text in RECORDED:
        figures.append(
            figure(
                "last token to its place on the screen",
                "ms",
                lambda one: 1000 * one.behind_seconds,
            )
        )
    return figures
