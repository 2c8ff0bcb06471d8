"""Any part of a computation is what that part of the whole result is."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.inference.making.boxes import Box, shape_of, slices
from mlxtui.inference.making.graph import Graph, Value
from mlxtui.inference.making.leaf_reader import LeafReader
from mlxtui.inference.making.opened import Arrays
from mlxtui.inference.making.source_files import stored_tensors
from mlxtui.inference.making.tracing import trace
from tests.inference.making.checkpoints import save

Make = Callable[[Arrays], mx.array]

_WAYS: dict[str, Make] = {
    "stack": lambda t: mx.stack([t["a"], t["b"]]),
    "concatenate": lambda t: mx.concatenate([t["a"], t["b"], t["a"]], axis=1),
    "split": lambda t: mx.split(t["c"], [2, 3], axis=1)[1],
    "every other row": lambda t: t["c"][..., 1::2, :],
    "transpose": lambda t: t["c"].transpose(2, 0, 1),
    "heads": lambda t: t["a"].reshape(3, 2, -1)[:, 1:, :].swapaxes(-1, -2),
    "flatten": lambda t: mx.contiguous(t["c"].swapaxes(0, 1)).flatten(0, 1),
    "unflatten": lambda t: mx.unflatten(t["a"], -1, (2, 4)),
    "squeeze": lambda t: t["a"][:, None, :].squeeze(1)[None],
    "scalar": lambda t: t["a"][0, 0].reshape(()),
    "shifted": lambda t: (t["a"] + 1.0) * -8 - t["b"] / 3,
    "cast": lambda t: t["a"].astype(mx.float16),
    "bits": lambda t: (t["d"].view(mx.uint32) >> 3) & 7,
    "wider": lambda t: t["d"].view(mx.uint32).flatten(-2),
    "narrower": lambda t: t["a"].view(mx.uint16),
    "pad": lambda t: mx.pad(t["a"], [(1, 2), (0, 3)]),
    "8-bit floats": lambda t: mx.from_fp8(t["d"], dtype=mx.bfloat16).flatten(0, 1),
    "scaled blocks": lambda t: (
        mx.pad(t["a"], [(0, 2), (0, 0)]).reshape(2, 4, 2, 4)
        * t["b"][:2, None, :2, None]
    ).reshape(8, 8)[:6, :7],
    "clipped": lambda t: mx.clip(t["a"], -0.5, 0.5),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensors")
    mx.random.seed(3)
    save(
        folder,
        {
            "a": mx.random.normal((6, 8)),
            "b": mx.random.normal((6, 8)),
            "c": mx.random.normal((3, 5, 4)),
            "d": mx.random.randint(0, 120, (3, 4, 8)).astype(mx.uint8),
        },
    )
    return folder


@contextmanager
def _traced(folder: Path, make: Make) -> Iterator[tuple[Graph, Value, mx.array] | None]:
    file = folder / "model.safetensors"
    loaded: Any = mx.load(str(file))
    stored = stored_tensors([file])
    reader = LeafReader(stored, {name: array.dtype for name, array in loaded.items()})
    traced = trace(
        lambda arrays: {"made": make(arrays)},
        loaded,
        sorted(loaded),
        ["made"],
        reader.read,
    )
    with closing(reader):
        if traced is None or "made" not in traced[1]:
            yield None
        else:
            yield traced[0], traced[1]["made"], make(loaded)


@pytest.mark.parametrize("way", _WAYS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_part_is_that_part_of_the_whole(
    way: str, data: st.DataObject, folder: Path
) -> None:
    with _traced(folder, _WAYS[way]) as traced:
        assert traced is not None
        graph, value, whole = traced
        assert value.shape == whole.shape
        box: list[tuple[int, int]] = []
        for length in whole.shape:
            start = data.draw(st.integers(0, length - 1))
            box.append((start, data.draw(st.integers(start + 1, length))))
        part = graph.compute(value, tuple(box))
        wanted = whole[slices(tuple(box))] if box else whole
        assert (part.dtype, part.shape) == (wanted.dtype, shape_of(tuple(box)))
        assert mx.array_equal(part, wanted)


def test_what_is_not_known_is_said(folder: Path) -> None:
    for make in (
        lambda t: mx.sort(t["a"]),
        lambda t: t["a"] * t["b"].sum().item(),
    ):
        with _traced(folder, make) as traced:
            assert traced is None


def test_only_the_rows_that_are_needed_are_read(folder: Path) -> None:
    read: list[tuple[str, Box]] = []
    loaded: Any = mx.load(str(folder / "model.safetensors"))

    def note(name: str, box: Box) -> mx.array:
        read.append((name, box))
        return mx.zeros(shape_of(box))

    traced = trace(
        lambda t: {"made": mx.stack([t["a"], t["b"]])},
        loaded,
        ["a", "b"],
        ["made"],
        note,
    )
    assert traced is not None
    graph, values = traced
    graph.compute(values["made"], ((1, 2), (2, 4), (0, 8)))
    assert read == [("b", ((2, 4), (0, 8)))]


def test_a_tensor_that_was_not_expected_is_not_overlooked(folder: Path) -> None:
    loaded: Any = mx.load(str(folder / "model.safetensors"))
    traced = trace(
        lambda t: {"made": t["a"] + t["b"]},
        loaded,
        ["a"],
        ["made"],
        lambda _name, box: mx.zeros(shape_of(box)),
    )
    assert traced is None
