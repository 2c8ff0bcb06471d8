"""What a GGUF file says of its model, all parts together, wherever the file is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.header import GgufTensor


class Described(Protocol):
    """Facts and tensors of a file, or of all parts of a split one."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Numbers, texts and short lists of numbers by key: `general.architecture`."""

    @property
    def tensors(self) -> Mapping[str, GgufTensor]:
        """Type and shape by name; shapes innermost dimension first."""

    def values(self, name: str) -> NDArray[np.float32]:
        """The values of a small float tensor, such as the factors of a RoPE scaling.

        Raises:
            ModelRefused: It is none such, or not finite.
            OSError: The file cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The lists of `tokenizer.ggml`; their lengths agree."""

    tokens: Sequence[str]
    scores: Sequence[float] = ()
    """Of a SentencePiece model; else empty."""
    types: Sequence[int] = ()
    """1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; or empty."""
    merges: Sequence[str] = ()
    """`left right`, the first one first; of byte-level BPE."""
