"""What was made before a pause, a kill or a full disk is kept; nothing half is seen."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mlxtui.errors import JobRefused
from mlxtui.inference.making.work import make_model
from mlxtui.inference.step import Step
from mlxtui.model_writer import shard_files
from mlxtui.model_writer.unfinished import discard
from mlxtui.recipes import Quantization, Recipe, quantization
from tests.inference.making.checkpoints import write_checkpoint
from tests.inference.making.making import (
    assert_same_weights,
    finish,
    make,
    use_small_pieces,
)
from tests.model_writer.stops import (
    assert_full_disk_keeps_what_is_complete,
    assert_goes_on,
    assert_room_is_looked_for_first,
    complete_files,
    making_folder,
)

_IN_4_BITS = Recipe(quantization=Quantization())
_SHARD_BYTES = 40_000

# Makes a model until a step, then dies as the power would make it.
_KILLED = """
import os, pathlib, signal, sys
from mlxtui.inference import runtime
runtime.start()
from mlxtui.inference.making import pace
from mlxtui.model_writer import shard_files
from mlxtui.inference.making.work import make_model
from mlxtui.inference.step import Step
from mlxtui.recipes import Quantization, Recipe
shard_files._SHARD_BYTES = int(sys.argv[3])
pace._FIRST_BYTES = pace._LEAST_BYTES = pace._MOST_BYTES = 1500
source, target = map(pathlib.Path, sys.argv[1:3])
work = make_model(source, target, Recipe(quantization=Quantization()))
for step in work:
    if step.done * 100 >= step.total * int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "source", "qwen3_moe")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "made"


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_files, "_SHARD_BYTES", _SHARD_BYTES)
    use_small_pieces(monkeypatch)


def _until(work: Any, percent: int) -> None:
    """Take steps until so much is done, and close the work."""
    for step in work:
        if step.done * 100 >= step.total * percent:
            break
    work.close()


def _begins_at(steps: list[Step]) -> int:
    """The bytes that are done at first."""
    return min(step.done for step in steps if step.done)


@pytest.mark.usefixtures("many_files")
def test_after_a_pause_complete_files_are_not_made_again(
    source: Path, target: Path, tmp_path: Path
) -> None:
    _until(make_model(source, target, _IN_4_BITS), 60)
    assert not target.exists()
    before = complete_files(target)
    assert before
    made, steps = finish(make_model(source, target, _IN_4_BITS))
    assert steps[-1].done == steps[-1].total
    assert _begins_at(steps) > 100_000
    after = {name: (target / name).stat().st_mtime_ns for name in before}
    assert after == before
    assert not making_folder(target).exists()
    assert make(source, tmp_path / "at-once", _IN_4_BITS) == made
    assert_same_weights(target, tmp_path / "at-once")


@pytest.mark.usefixtures("many_files")
def test_after_kills_it_goes_on(
    source: Path, target: Path, command_environment: dict[str, str]
) -> None:
    for percent in (40, 80):
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED, str(source), str(target),
             str(_SHARD_BYTES), str(percent)],
            env=command_environment | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        assert ended.returncode == -signal.SIGKILL
        assert not target.exists()
    assert_goes_on(partial(make, source, recipe=_IN_4_BITS), target)


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("change", ["recipe", "source", "layers"])
def test_what_another_plan_made_is_discarded(
    change: str, source: Path, target: Path, tmp_path: Path
) -> None:
    _until(make_model(source, target, _IN_4_BITS), 60)
    recipe, layers = _IN_4_BITS, None
    if change == "recipe":
        recipe = Recipe(quantization=quantization(8, 64))
    elif change == "layers":
        layers = {"lm_head": None}
    else:
        os.utime(source / "model.safetensors", (1, 1))
    _made, steps = finish(make_model(source, target, recipe, layers=layers))
    assert _begins_at(steps) < 5_000
    make(source, tmp_path / "at-once", recipe, layers=layers)
    assert_same_weights(target, tmp_path / "at-once")


@pytest.mark.usefixtures("many_files")
def test_discarding_leaves_nothing(source: Path, target: Path) -> None:
    _until(make_model(source, target, _IN_4_BITS), 60)
    discard(target)
    assert list(target.parent.iterdir()) == []
    discard(target)  # once more does no harm


def test_two_do_not_make_the_same_model_at_once(source: Path, target: Path) -> None:
    first = make_model(source, target, _IN_4_BITS)
    while not making_folder(target).exists():
        next(first)
    for _step in range(3):
        next(first)
    with pytest.raises(JobRefused, match="another program"):
        make(source, target, _IN_4_BITS)
    with pytest.raises(JobRefused, match="another program"):
        discard(target)
    finish(first)
    with pytest.raises(JobRefused, match="exists already"):
        make(source, target, _IN_4_BITS)


@pytest.mark.usefixtures("many_files")
def test_a_full_disk_keeps_what_is_complete(
    source: Path, target: Path, small_disk: list[int]
) -> None:
    assert_full_disk_keeps_what_is_complete(
        partial(make, source, recipe=_IN_4_BITS), target, small_disk, 3 * _SHARD_BYTES
    )


def test_too_little_room_is_said_before_anything_is_written(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = partial(make, source, recipe=_IN_4_BITS)
    assert_room_is_looked_for_first(making, target, monkeypatch)
