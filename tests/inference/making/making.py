"""Runs a work of making to its end, and compares what it made with mlx-lm's."""

import contextlib
import io
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.convert import convert

from mlxtui.inference.making import leaf_reader, pace
from mlxtui.inference.making.made import Made
from mlxtui.inference.making.work import make_model
from mlxtui.inference.step import Step
from mlxtui.recipes import Recipe


def make(source: Path, target: Path, recipe: Recipe, **options: Any) -> Made:
    """Make all of it."""
    return finish(make_model(source, target, recipe, **options))[0]


def finish(work: Any) -> tuple[Made, list[Step]]:
    """Step a work to its end; what it gave, and its steps."""
    steps: list[Step] = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as stop:
            return stop.value, steps


def convert_by_mlx_lm(source: Path, target: Path, **options: Any) -> Path:
    """What the peer makes."""
    with contextlib.redirect_stdout(io.StringIO()):
        convert(str(source), str(target), **options)
    return target


def tensors(folder: Path) -> dict[str, mx.array]:
    """All of a made model."""
    arrays: dict[str, mx.array] = {}
    for file in sorted(folder.glob("*.safetensors")):
        loaded: Any = mx.load(str(file))
        arrays |= loaded
    return arrays


def assert_same_weights(one: Path, other: Path) -> None:
    """Names, types, shapes and every bit are the same."""
    mine, theirs = tensors(one), tensors(other)
    assert mine.keys() == theirs.keys()
    for name, array in mine.items():
        assert array.dtype == theirs[name].dtype, name
        assert array.shape == theirs[name].shape, name
        assert mx.array_equal(array, theirs[name]), name


def assert_same_model(one: Path, other: Path) -> None:
    """The weights are the same, and so are the files that describe them."""
    assert_same_weights(one, other)
    for name in ("config.json", "model.safetensors.index.json"):
        assert (one / name).read_text() == (other / name).read_text()


def use_small_pieces(monkeypatch: pytest.MonkeyPatch, piece_bytes: int = 1500) -> None:
    """Cut even small tensors into many pieces, and let memory run out for reading."""
    for name in ("_FIRST_BYTES", "_LEAST_BYTES", "_MOST_BYTES"):
        monkeypatch.setattr(pace, name, piece_bytes)
    monkeypatch.setattr(leaf_reader, "_MOST_ARENA_BYTES", 4 * piece_bytes)
