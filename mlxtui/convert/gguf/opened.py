"""A GGUF file, opened: its tensors are mapped from the disk, never read whole."""

import math
import mmap
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert import refusals
from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.parts import GgufParts, read_parts
from mlxtui.convert.gguf.purpose import shown_name
from mlxtui.convert.gguf.small_values import small_values
from mlxtui.convert.gguf.types import block_sizes, row_bytes
from mlxtui.convert.gguf.vocabulary import read_vocabulary
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _


class OpenedGguf:
    """All parts of a GGUF model, open for reading; a `Described`. See `open_gguf`."""

    def __init__(
        self, names: Sequence[str], descriptors: Sequence[int], parts: GgufParts
    ) -> None:
        self._names = tuple(names)
        self._descriptors = list(descriptors)
        self._parts = parts

    @property
    def facts(self) -> Mapping[str, Any]:
        """Numbers, texts and short lists of them by key."""
        return self._parts.facts

    @property
    def tensors(self) -> Mapping[str, GgufTensor]:
        """Type, shape and place by name; shapes innermost dimension first."""
        return self._parts.tensors

    def rows(self, name: str) -> NDArray[np.uint8]:
        """The stored bytes of a tensor, (rows, bytes of a row), mapped from the file.

        Nothing is read until it is looked at. What was read goes with the array, so
        that the memory of a whole file is never held; it may outlive this object.

        Raises:
            ModelRefused: Its type is not known, or the file was cut meanwhile.
            KeyError: There is no such tensor.
            OSError: The file cannot be mapped.
        """
        tensor = self.tensors[name]
        if tensor.type_name not in block_sizes():
            raise ModelRefused(
                _("The tensor {name} is of an unknown type ({kind}).").format(
                    name=shown_name(name), kind=tensor.type_name
                ),
                hint=_("Choose another quantization of the model."),
            )
        number = self._parts.places[name]
        before_bytes = tensor.start % mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(
                self._descriptors[number],
                before_bytes + tensor.size_bytes,
                access=mmap.ACCESS_READ,
                offset=tensor.start - before_bytes,
            )
        except ValueError as error:  # longer than the file is now
            raise self._changed(number) from error
        mapped.madvise(mmap.MADV_SEQUENTIAL)
        stored = np.frombuffer(mapped, np.uint8, tensor.size_bytes, before_bytes)
        width = row_bytes(tensor.type_name, tensor.shape[0])
        return stored.reshape(math.prod(tensor.shape[1:]), width)

    def values(self, name: str) -> NDArray[np.float32]:
        """The values of a small float tensor.

        Raises:
            ModelRefused: It is none such, or not finite.
            OSError: The file cannot be read.
        """
        return small_values(self.tensors, name, lambda: self.rows(name).tobytes())

    def vocabulary(self) -> Vocabulary:
        """The lists of `tokenizer.ggml`, read anew each time.

        Raises:
            ModelRefused: There is none, or its lists do not fit together.
            OSError: The file cannot be read.
        """

        def read(start: int, length: int) -> bytes:
            return os.pread(self._descriptors[0], length, start)

        return read_vocabulary(self._parts.headers[0], read)

    def close(self) -> None:
        """Close the files; arrays that are still held stay readable."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _changed(self, number: int) -> ModelRefused:
        return ModelRefused(
            _("{file} was changed while it was read.").format(file=self._names[number]),
            hint=_(refusals.FETCH_FILE_AGAIN),
        )


def open_gguf(files: Sequence[Path]) -> OpenedGguf:
    """Open a GGUF file, or all parts of a split one; to be closed, or used with `with`.

    Args:
        files: All parts, the first one first, under any names.

    Raises:
        ModelRefused: One is damaged or cut, or they are of different models.
        OSError: One cannot be read.
    """
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        names = [str(file) for file in files]
    descriptors: list[int] = []
    try:
        for file in files:
            # A pipe answers at once that it cannot be read so.
            descriptors.append(os.open(file, os.O_RDONLY | os.O_NONBLOCK))
        # Headers of the very files that are open, whatever lies there by now.
        parts = read_parts(_OpenFiles(names, descriptors), names)
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return OpenedGguf(names, descriptors, parts)


class _OpenFiles:
    """Open files as a source."""

    def __init__(self, names: Sequence[str], descriptors: Sequence[int]) -> None:
        self._descriptors = dict(zip(names, descriptors, strict=True))

    def files(self) -> Mapping[str, int]:
        """Size in bytes of each."""
        return {
            name: os.fstat(descriptor).st_size
            for name, descriptor in self._descriptors.items()
        }

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """A part of one; a whole one is never asked for."""
        assert length is not None
        return os.pread(self._descriptors[path], length, start)
