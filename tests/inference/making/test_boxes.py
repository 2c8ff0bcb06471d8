"""Boxes of rows, checked against numpy's own indexes."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlxtui.inference.making.boxes import (
    Box,
    cover,
    flat_range,
    leading_axes,
    rows_from,
    shape_of,
    slices,
)

_shapes = st.lists(st.integers(1, 5), min_size=0, max_size=4).map(tuple)


@st.composite
def _shapes_and_boxes(draw: st.DrawFn) -> tuple[tuple[int, ...], Box]:
    shape = draw(_shapes)
    box = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        box.append((start, draw(st.integers(start + 1, length))))
    return shape, tuple(box)


def _numbered(
    shape: tuple[int, ...],
) -> "np.ndarray[tuple[int, ...], np.dtype[np.intp]]":
    return np.arange(math.prod(shape)).reshape(shape)


@given(shape=_shapes, at_most=st.integers(1, 40))
def test_rows_come_one_after_the_other_each_once(
    shape: tuple[int, ...], at_most: int
) -> None:
    rows, row, seen = math.prod(leading_axes(shape)), 0, []
    while row < rows:
        box, count = rows_from(shape, row, at_most)
        assert 1 <= count <= at_most
        seen += _numbered(shape)[slices(box)].flatten().tolist()
        row += count
    assert row == rows
    assert seen == list(range(math.prod(shape)))


def test_as_many_rows_as_possible_are_taken_at_once() -> None:
    assert rows_from((4, 3, 8), 0, 100) == (((0, 4), (0, 3), (0, 8)), 12)
    assert rows_from((4, 3, 8), 3, 7) == (((1, 3), (0, 3), (0, 8)), 6)
    assert rows_from((4, 3, 8), 4, 7) == (((1, 2), (1, 3), (0, 8)), 2)
    assert rows_from((), 0, 5) == ((), 1)


@given(_shapes_and_boxes())
def test_a_flat_range_goes_from_the_first_to_the_last_element(
    given: tuple[tuple[int, ...], Box],
) -> None:
    shape, box = given
    elements = _numbered(shape)[slices(box)]
    assert flat_range(shape, box) == (elements.min(), elements.max() + 1)


@given(_shapes_and_boxes())
def test_a_cover_holds_a_range_without_gaps(
    given: tuple[tuple[int, ...], Box],
) -> None:
    shape, box = given
    start, stop = flat_range(shape, box)
    around = cover(shape, start, stop)
    first, last = flat_range(shape, around)
    assert first <= start and stop <= last
    assert math.prod(shape_of(around)) == last - first
