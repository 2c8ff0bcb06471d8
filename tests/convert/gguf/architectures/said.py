"""A file that is only said to be there: facts, shapes of tensors, small values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.header import GgufTensor


@dataclass(frozen=True)
class Said:
    """What a GGUF file says of its model."""

    facts: Mapping[str, Any]
    """By their whole names."""
    tensors: Mapping[str, GgufTensor] = field(default_factory=dict)
    small: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """The values of some of the tensors."""

    def values(self, name: str) -> NDArray[np.float32]:
        """Those of a tensor in `small`."""
        return self.small[name]
