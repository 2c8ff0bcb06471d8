"""Parts of an array as one range for each axis, and how shapes map them.

No arrays here, only numbers.
"""

import math

Box = tuple[tuple[int, int], ...]
"""For each axis where it starts and where it ends; `()` is a scalar."""

Shape = tuple[int, ...]


def shape_of(box: Box) -> Shape:
    """The shape of what a box holds."""
    return tuple(stop - start for start, stop in box)


def whole(shape: Shape) -> Box:
    """All of an array."""
    return tuple((0, length) for length in shape)


def slices(box: Box) -> tuple[slice, ...]:
    """The box as an index."""
    return tuple(slice(start, stop) for start, stop in box)


def leading_axes(shape: Shape) -> Shape:
    """The axes that rows are counted along: all but the last one of a matrix, the one
    axis of a vector."""
    return shape[:-1] if len(shape) > 1 else shape


def rows_from(shape: Shape, row: int, at_most: int) -> tuple[Box, int]:
    """The largest box of rows that follow each other, from one row on.

    Args:
        shape: Of the whole array; its leading axes are counted as one.
        row: Where the box starts.
        at_most: Rows in the box; at least 1.

    Returns:
        The box, and how many rows it holds.
    """
    leading = leading_axes(shape)
    last = whole(shape[len(leading) :])
    left, inner = row, math.prod(leading)
    start: list[tuple[int, int]] = []
    for axis, length in enumerate(leading):
        inner //= length
        index, left = divmod(left, inner)
        if left == 0 and inner <= at_most:
            count = min(at_most // inner, length - index)
            rest = whole(leading[axis + 1 :])
            return (*start, (index, index + count), *rest, *last), count * inner
        start.append((index, index + 1))
    return last, 1  # a scalar


def flat_range(shape: Shape, box: Box) -> tuple[int, int]:
    """The elements from a box's first to its last, counted in the order of memory."""
    first = last = 0
    for length, (start, stop) in zip(shape, box, strict=True):
        first = first * length + start
        last = last * length + stop - 1
    return first, last + 1


def cover(shape: Shape, start: int, stop: int) -> Box:
    """The smallest box of elements that follow each other and that holds a range."""
    inner = math.prod(shape)
    box: list[tuple[int, int]] = []
    for axis, length in enumerate(shape):
        inner //= length
        first, last = start // inner, (stop - 1) // inner
        box.append((first, last + 1))
        if last > first:
            return (*box, *whole(shape[axis + 1 :]))
        start -= first * inner
        stop -= first * inner
    return tuple(box)
