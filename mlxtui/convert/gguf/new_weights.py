"""Takes over the weights of a GGUF file, in row pieces: decodes, and hands to the disk.

The thread that calls it decodes, the disk thread writes.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.opened import OpenedGguf
from mlxtui.convert.gguf.row_source import (
    RawRows,
    Segment,
    row_width,
    segments,
    take_rows,
)
from mlxtui.convert.gguf.type_table import TypeTable
from mlxtui.convert.gguf.weights.form import Form
from mlxtui.convert.gguf.weights.rows import NotFinite, convert_rows
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.model_writer.disk_thread import DiskThread
from mlxtui.model_writer.model_files import ModelFiles
from mlxtui.recipes import GgufMode

Check = Callable[[], None]
"""Called often; raises what is to end the work."""

# A piece takes this long or less, so that an order is noticed soon. Types differ by a
# factor of ten in what they take.
_LONGEST_PIECE_SECONDS = 0.03
_SHORTEST_PIECE_SECONDS = 0.01
_LEAST_ELEMENTS = 2**16
_MOST_ELEMENTS = 2**22
_FIRST_ELEMENTS = 2**20

_WAIT_SECONDS = 0.01


def written_names(tensor: NewTensor, form: Form) -> dict[str, str]:
    """The names under which the parts of a tensor are written, by part."""
    layer = tensor.name.removesuffix(".weight")
    return {
        part: tensor.name if part == "weight" else f"{layer}.{part}"
        for part in form.tensors(tensor.shape)
    }


class NewWeights:
    """Makes the tensors of a model one after the other.

    Args:
        mode: Of the import.
        files: Takes what is written.
        table: Takes the errors of the tensors.
    """

    def __init__(
        self,
        opened: OpenedGguf,
        mode: GgufMode,
        files: ModelFiles,
        disk: DiskThread,
        table: TypeTable,
        *,
        check: Check,
    ) -> None:
        self._opened = opened
        self._mode: GgufMode = mode
        self._files = files
        self._disk = disk
        self._table = table
        self._check = check
        self._elements: dict[str, int] = {}

    def make(self, tensor: NewTensor, form: Form) -> Iterator[int]:
        """Make a tensor; yields after each piece how many bytes of the file it had.

        Raises:
            ModelRefused: It holds what is no number, or does not fit.
            OSError: The file cannot be read.
            DiskFull: There is no more room.
            JobRefused: The disk fails otherwise.
        """
        self._table.restart(tensor.name)
        if tensor.constant is not None:
            values = np.full((1, tensor.size), tensor.constant, np.float32)
            yield self._make_piece(tensor, form, "F32", values.view(np.uint8))
            return
        for segment in segments(tensor, self._opened.tensors):
            yield from self._make_segment(tensor, form, segment)

    def _make_segment(
        self, tensor: NewTensor, form: Form, segment: Segment
    ) -> Iterator[int]:
        stored = self._opened.tensors[segment.source]
        width = row_width(stored)
        rows = self._opened.rows(segment.source).reshape(stored.size // width, -1)
        first = 0
        while first < segment.row_count:
            count = max(self._pace(stored.type_name) // width, 1)
            last = min(first + count, segment.row_count)
            raw = take_rows(rows, segment, first, last)
            yield self._make_piece(tensor, form, stored.type_name, raw)
            first = last

    def _make_piece(
        self, tensor: NewTensor, form: Form, type_name: str, raw: RawRows
    ) -> int:
        self._check()
        while not self._disk.has_room(_WAIT_SECONDS):
            self._check()
        start = time.perf_counter()
        try:
            made = convert_rows(raw, type_name, form, added=tensor.added)
        except NotFinite as error:
            raise self._not_finite(tensor, form) from error
        self._table.add(tensor.name, made.squared_error, made.squared_sum)
        for part, name in written_names(tensor, form).items():
            data = made.parts[part].tobytes()
            self._disk.submit(partial(self._files.append, name, data), len(data))
        self._took(type_name, time.perf_counter() - start)
        return raw.nbytes

    def _pace(self, type_name: str) -> int:
        """Elements of the next piece."""
        return self._elements.get(type_name, _FIRST_ELEMENTS)

    def _took(self, type_name: str, seconds: float) -> None:
        elements = self._pace(type_name)
        if seconds > _LONGEST_PIECE_SECONDS:
            elements = max(elements // 2, _LEAST_ELEMENTS)
        elif seconds < _SHORTEST_PIECE_SECONDS:
            elements = min(elements * 2, _MOST_ELEMENTS)
        self._elements[type_name] = elements

    def _not_finite(self, tensor: NewTensor, form: Form) -> ModelRefused:
        names = ", ".join(tensor.sources) or tensor.name
        if self._mode == "faithful":
            return ModelRefused(
                _(
                    "{name} holds numbers that are not finite, or too large for"
                    " {dtype}."
                ).format(name=names, dtype=form.dtype),
                hint=_("Take every weight exactly, or another file of the model."),
            )
        return ModelRefused(
            _("{name} holds numbers that are not finite.").format(name=names),
            hint=_("The file is damaged. Take another one of the model."),
        )


def source_bytes(tensor: NewTensor, stored: Mapping[str, GgufTensor]) -> int:
    """Bytes that are read for a tensor."""
    if not tensor.sources:
        return tensor.size * np.dtype(np.float32).itemsize
    sources = [stored[source] for source in tensor.sources]
    size_bytes = sum(source.size_bytes for source in sources)
    return size_bytes * tensor.size // sum(source.size for source in sources)
