"""The screen and an answer while models are fetched, converted and quantized.

What is typed meanwhile must show at once, and the answer must keep half its speed.
"""

import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlxtui import paths
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe
from tests.bench.busy_app import SPECS
from tests.bench.convert import write_model
from tests.bench.measure import Figure, Measurement
from tests.bench.ui_stream import Stream, follow_answer, write_endless_guide
from tests.hub_server import HubServer

_ROUNDS = 2
_REPO_ID = "owner/large"
# A gigabyte takes half a minute: longer than an answer.
_THROTTLE_BYTES = 40e6


def run() -> list[Measurement | Figure]:
    """Echo of keys and speed of the answer, with each kind of job and with all."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        source = home / "large"
        write_model(source)
        guide = write_endless_guide(home / "guide")
        with _hub(source) as endpoint:
            pull = JobSpec(source=_REPO_ID)
            plain = Recipe(float_type="float16")
            packed = Recipe(quantization=Quantization(), measure=False)
            convert = JobSpec(source=str(source), recipe=plain)
            quantize = JobSpec(source=str(source), recipe=packed)
            busy = {
                "pull": [pull],
                "convert": [convert],
                "quantize": [quantize],
                "all of them": [pull, convert, quantize],
            }
            return [
                figure
                for title, specs in busy.items()
                for figure in _beside(title, specs, guide, endpoint, home)
            ]


def _beside(
    title: str, specs: list[JobSpec], guide: Path, endpoint: str, home: Path
) -> list[Measurement | Figure]:
    """One kind of work, in turn with none at all."""
    busy: list[Stream] = []
    idle: list[Stream] = []
    for number in range(_ROUNDS):
        for streams, jobs in ((busy, specs), (idle, [])):
            run_home = home / f"{title}-{number}-{len(jobs)}"
            streams.append(_stream(guide, jobs, endpoint, run_home))
    ratios = [
        mine.tokens_per_second / alone.tokens_per_second
        for mine, alone in zip(busy, idle, strict=True)
    ]
    return [
        Figure.of_rounds(
            f"{title}: key to echo, p99, beside no job", "ms",
            ours=[one.echo_ms(99) for one in busy],
            peer=[one.echo_ms(99) for one in idle],
            under=50,
        ),
        Measurement.of_ratios(
            f"{title}: tokens/s of the answer, against no job",
            ratios,
            ours=statistics.median(one.tokens_per_second for one in busy),
            peer=statistics.median(one.tokens_per_second for one in idle),
            at_least=0.5,
        ),
    ]  # fmt: skip


def _stream(guide: Path, jobs: list[JobSpec], endpoint: str, home: Path) -> Stream:
    os.environ.update(
        MLXTUI_HOME=str(home),
        HF_HOME=str(home / "hf"),
        HF_ENDPOINT=endpoint,
    )
    paths.write_atomically(paths.settings_file(), "setup_done = true\n")
    report = home / "report.json"
    specs = SPECS.dump_json(jobs).decode()
    return follow_answer(
        ["-m", "tests.bench.busy_app", str(guide), str(report), specs], report
    )


def _serve(pipe: "Connection[Any, Any]", source: Path) -> None:
    with HubServer() as hub:
        hub.add(_REPO_ID, {file.name: file for file in source.iterdir()})
        hub.throttle(_THROTTLE_BYTES)
        pipe.send(hub.endpoint)
        pipe.recv()


@contextmanager
def _hub(source: Path) -> Iterator[str]:
    """The hub's address; it runs in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, source), daemon=True)
    process.start()
    yield ours.recv()
    ours.send(None)
    process.join()
