"""Reads parts of stored tensors as arrays, without mapping or reading whole files."""

import errno
import itertools
import math
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

import mlx.core as mx
import numpy as np

from mlxtui.i18n import _
from mlxtui.inference.making.boxes import Box, shape_of
from mlxtui.inference.making.source_files import StoredTensor

# Read into one piece of memory again and again: new memory for each piece costs as
# much as reading it. It grows up to this; what does not fit gets memory of its own.
_MOST_ARENA_BYTES = 64 * 1024**2

# No type of MLX wants more; whole cache lines are quicker.
_ALIGNMENT_BYTES = 64

_OPEN_FILES = 32


Memory = np.ndarray[tuple[int], np.dtype[np.uint8]]


class LeafReader:
    """Gives parts of tensors. Engine thread only.

    What it gives may be overwritten after the next `start_piece`.

    Args:
        stored: The tensors by name.
        dtypes: The types as which MLX reads them.
    """

    def __init__(
        self, stored: Mapping[str, StoredTensor], dtypes: Mapping[str, mx.Dtype]
    ) -> None:
        self._stored = stored
        self._dtypes = dtypes
        self._files: dict[Path, FileIO] = {}
        self._used_bytes = 0
        self._arena, self._memory = _shared_memory(0)

    def start_piece(self) -> None:
        """Forget what was given: it has been computed with."""
        if self._used_bytes > self._memory.size < _MOST_ARENA_BYTES:
            size_bytes = min(2 * self._used_bytes, _MOST_ARENA_BYTES)
            self._arena, self._memory = _shared_memory(size_bytes)
        self._used_bytes = 0

    def read(self, name: str, box: Box) -> mx.array:
        """A part of a tensor.

        Raises:
            OSError: The file cannot be read, or is shorter than it was.
        """
        tensor = self._stored[name]
        size_bytes = math.prod(shape_of(box)) * tensor.item_bytes
        array, memory = self._take(size_bytes)
        self._read_into(memory.data, tensor, box)
        return array.view(self._dtypes[name]).reshape(shape_of(box))

    def read_bytes(self, name: str, box: Box) -> bytes:
        """A part of a tensor as it is in the file."""
        tensor = self._stored[name]
        memory = bytearray(math.prod(shape_of(box)) * tensor.item_bytes)
        self._read_into(memoryview(memory), tensor, box)
        return bytes(memory)

    def close(self) -> None:
        """Close the files."""
        while self._files:
            self._files.popitem()[1].close()

    def _take(self, size_bytes: int) -> tuple[mx.array, Memory]:
        start, stop = self._used_bytes, self._used_bytes + size_bytes
        self._used_bytes = -(-stop // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
        if stop > self._memory.size:
            return _shared_memory(size_bytes)
        return self._arena[start:stop], self._memory[start:stop]

    def _read_into(self, target: memoryview, tensor: StoredTensor, box: Box) -> None:
        """Read runs of elements that lie side by side in the file."""
        shape = tensor.shape
        axis = len(shape)
        while axis and box[axis - 1] == (0, shape[axis - 1]):
            axis -= 1
        # The axis before the last complete ones is still one run.
        axis = max(axis - 1, 0)
        run_bytes = math.prod(shape_of(box)[axis:]) * tensor.item_bytes
        if not run_bytes:
            return
        file = self._file(tensor.path)
        position = 0
        for index in itertools.product(*(range(*each) for each in box[:axis])):
            element = 0
            for length, at in zip(shape[:axis], index, strict=True):
                element = element * length + at
            if shape:
                element = element * shape[axis] + box[axis][0]
                element *= math.prod(shape[axis + 1 :])
            read_all(
                file,
                target[position : position + run_bytes],
                tensor.start_byte + element * tensor.item_bytes,
            )
            position += run_bytes

    def _file(self, path: Path) -> FileIO:
        if path not in self._files:
            if len(self._files) >= _OPEN_FILES:
                self._files.pop(next(iter(self._files))).close()
            self._files[path] = FileIO(path)
        return self._files[path]


def _shared_memory(size_bytes: int) -> tuple[mx.array, Memory]:
    """An array of bytes, and its memory to write into."""
    array = mx.zeros((size_bytes,), dtype=mx.uint8)
    mx.eval(array)
    return array, np.array(array, copy=False)


def read_all(file: FileIO, target: memoryview, offset: int) -> None:
    """Fill memory with what a file holds from a place on.

    Raises:
        OSError: The file cannot be read, or ends before.
    """
    file.seek(offset)
    while target:
        # Not preadv: Python's builds for macOS do not all have it.
        count = file.readinto(target)
        if not count:
            raise OSError(errno.EIO, _("the file has become shorter"), file.name)
        target = target[count:]
