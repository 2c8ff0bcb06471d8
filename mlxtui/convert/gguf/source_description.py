"""A GGUF model that lies anywhere, also on the hub, described without fetching it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.parts import GgufParts
from mlxtui.convert.gguf.small_values import small_values
from mlxtui.convert.source import Source


class SourceDescription:
    """A `Described` whose small tensors are read in ranges.

    Args:
        files: All parts of the model, the first one first.
        parts: Their headers.
    """

    def __init__(self, source: Source, files: Sequence[str], parts: GgufParts) -> None:
        self._source, self._files, self._parts = source, files, parts

    @property
    def facts(self) -> Mapping[str, Any]:
        """Numbers, texts and short lists of them by key."""
        return self._parts.facts

    @property
    def tensors(self) -> Mapping[str, GgufTensor]:
        """Type, shape and place by name; shapes innermost dimension first."""
        return self._parts.tensors

    def values(self, name: str) -> NDArray[np.float32]:
        """The values of a small float tensor.

        Raises:
            ModelRefused: It is none such, or not finite.
            OSError: The file cannot be read.
        """

        def read() -> bytes:
            tensor = self._parts.tensors[name]
            file = self._files[self._parts.places[name]]
            return self._source.read(file, tensor.start, tensor.size_bytes)

        return small_values(self._parts.tensors, name, read)
