"""Rows of a file in the order of the new model."""

import numpy as np
import pytest

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.row_source import RawRows, segments, take_rows
from mlxtui.errors import ModelRefused


def _rows(count: int, first: int = 0) -> RawRows:
    """Rows of two bytes that hold their number."""
    return np.repeat(np.arange(first, first + count, dtype=np.uint8), 2).reshape(-1, 2)


def _taken(
    tensor: NewTensor, stored: dict[str, tuple[GgufTensor, RawRows]], piece_rows: int
) -> list[int]:
    """Numbers of all rows, taken in pieces."""
    taken: list[int] = []
    descriptions = {name: each[0] for name, each in stored.items()}
    for segment in segments(tensor, descriptions):
        for first in range(0, segment.row_count, piece_rows):
            last = min(first + piece_rows, segment.row_count)
            rows = take_rows(stored[segment.source][1], segment, first, last)
            taken += rows[:, 0].tolist()
    return taken


@pytest.mark.parametrize("piece_rows", [1, 5, 24])
def test_heads_are_put_back_as_the_converter_found_them(piece_rows: int) -> None:
    heads, head_rows = 3, 8
    original = np.arange(heads * head_rows)
    # `permute` of llama.cpp's converter.
    written = original.reshape(heads, 2, head_rows // 2).swapaxes(1, 2).reshape(-1)
    rows = np.repeat(written.astype(np.uint8), 2).reshape(-1, 2)
    tensor = NewTensor(name="q", sources=("a",), shape=(24, 64), head_count=heads)
    stored = {"a": (GgufTensor("F16", (64, 24)), rows)}
    assert _taken(tensor, stored, piece_rows) == original.tolist()


def test_a_part_of_a_fused_tensor_is_put_back_too() -> None:
    tensor = NewTensor(
        name="k", sources=("a",), shape=(4, 64), first_row=8, head_count=1
    )
    stored = {"a": (GgufTensor("F16", (64, 16)), _rows(16))}
    assert _taken(tensor, stored, 3) == [8, 10, 9, 11]


@pytest.mark.parametrize("first_row", [0, 2, 5])
def test_sources_stand_one_after_the_other(first_row: int) -> None:
    tensor = NewTensor(
        name="e", sources=("a", "b"), shape=(2, 1, 64), first_row=first_row
    )
    stored = {
        "a": (GgufTensor("F16", (64, 3)), _rows(3)),
        "b": (GgufTensor("F16", (64, 4)), _rows(4, first=3)),
    }
    assert _taken(tensor, stored, 10) == [first_row, first_row + 1]


def test_each_number_of_a_bias_is_a_row() -> None:
    tensor = NewTensor(name="bias", sources=("a",), shape=(3,), first_row=4)
    stored = {"a": (GgufTensor("F32", (9,)), _rows(9))}
    assert _taken(tensor, stored, 2) == [4, 5, 6]


def test_each_expert_gives_its_part_of_gate_and_up() -> None:
    tensor = NewTensor(
        name="up", sources=("a",), shape=(3, 2, 64), first_row=2, group_rows=4
    )
    stored = {"a": (GgufTensor("F16", (64, 4, 3)), _rows(12))}
    assert _taken(tensor, stored, 1) == [2, 3, 6, 7, 10, 11]


@pytest.mark.parametrize(
    "wrong",
    [
        NewTensor(name="n", sources=("a",), shape=(5, 64)),
        NewTensor(name="n", sources=("a",), shape=(2, 64), first_row=3),
        NewTensor(name="n", sources=("a", "b"), shape=(6, 64)),
        NewTensor(name="n", sources=("a",), shape=(3, 64), head_count=1),
        NewTensor(name="n", sources=("a",), shape=(3, 1, 64), group_rows=2),
        NewTensor(
            name="n", sources=("a",), shape=(2, 1, 64), first_row=2, group_rows=2
        ),
        NewTensor(name="n", sources=("a",), shape=(2, 1, 32), group_rows=2),
    ],
    ids=[
        "too few",
        "too far",
        "another width",
        "half heads",
        "too few groups",
        "beyond the group",
        "another width of groups",
    ],
)
def test_rows_that_are_not_there_are_refused(wrong: NewTensor) -> None:
    stored = {"a": GgufTensor("F16", (64, 4)), "b": GgufTensor("F16", (32, 4))}
    with pytest.raises(ModelRefused, match="a.*n") as refused:
        segments(wrong, stored)
    assert refused.value.hint
