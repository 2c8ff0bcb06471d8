"""Which rows of a GGUF file make a new tensor, in the new model's order.

A row is what lies along the innermost dimension; in a tensor of one dimension each
number is one, so that parts of fused biases are taken as those of weights are.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.types import block_sizes
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

RawRows = NDArray[np.uint8]
"""(rows, bytes of a row)."""


class Segment(NamedTuple):
    """Rows of a new tensor that lie in one tensor of the file."""

    source: str
    first_row: int
    row_count: int
    head_rows: int = 0
    """Rows of a head whose two halves llama.cpp interleaved; 0: they are in order."""


def row_width(tensor: GgufTensor) -> int:
    """Elements of one row."""
    block_elements, _block_bytes = block_sizes()[tensor.type_name]
    return 1 if len(tensor.shape) == 1 and block_elements == 1 else tensor.shape[0]


def segments(tensor: NewTensor, stored: Mapping[str, GgufTensor]) -> list[Segment]:
    """Where the rows of a new tensor lie, in its order.

    Raises:
        ModelRefused: The file's tensors have too few of them.
    """
    if tensor.group_rows:
        return _of_groups(tensor, stored[tensor.sources[0]])
    width = row_width(stored[tensor.sources[0]])
    wanted = tensor.size // width
    head_rows = wanted // tensor.head_count if tensor.head_count else 0
    before = tensor.first_row
    found: list[Segment] = []
    for source in tensor.sources:
        count = stored[source].size // width
        first = min(before, count)
        before -= first
        taken = min(count - first, wanted)
        if taken > 0 and row_width(stored[source]) == width:
            found.append(Segment(source, first, taken, head_rows))
            wanted -= taken
    is_cut = tensor.size % width or (tensor.head_count and head_rows % 2)
    if wanted or is_cut or (head_rows and len(found) != 1):
        raise _missing_rows(tensor)
    return found


def _of_groups(tensor: NewTensor, stored: GgufTensor) -> list[Segment]:
    """The same part of each group of a tensor."""
    *outer, taken, width = tensor.shape
    groups = math.prod(outer)
    is_whole = stored.size == groups * tensor.group_rows * width
    if not is_whole or tensor.first_row + taken > tensor.group_rows:
        raise _missing_rows(tensor)
    (source,) = tensor.sources
    first_rows = range(0, groups * tensor.group_rows, tensor.group_rows)
    return [Segment(source, tensor.first_row + row, taken) for row in first_rows]


def _missing_rows(tensor: NewTensor) -> ModelRefused:
    return ModelRefused(
        _("{names}: rows are missing for {name}.").format(
            names=", ".join(tensor.sources), name=tensor.name
        ),
        hint=_("The file is damaged, or made by a converter that is not known."),
    )


def take_rows(rows: RawRows, segment: Segment, first: int, last: int) -> RawRows:
    """Some rows of a segment.

    Args:
        rows: All of the file's tensor.
        first: Of the segment's rows, the first one that is wanted.
        last: The one after the last.
    """
    if not segment.head_rows:
        return rows[segment.first_row + first : segment.first_row + last]
    # `permute` of llama.cpp's converter stores (head, half, row) as (head, row, half).
    wanted = np.arange(first, last)
    head, inside = np.divmod(wanted, segment.head_rows)
    half, row = np.divmod(inside, segment.head_rows // 2)
    order = segment.first_row + head * segment.head_rows + row * 2 + half
    taken: RawRows = rows[order]
    return taken
