"""The values of a small float tensor, as the factors of a RoPE scaling."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert import refusals
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.purpose import shown_name
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_MOST_BYTES = 1024**2


def small_values(
    tensors: Mapping[str, GgufTensor], name: str, read: Callable[[], bytes]
) -> NDArray[np.float32]:
    """All values of a tensor, one after the other.

    Args:
        read: Gives the stored bytes of this tensor.

    Raises:
        ModelRefused: There is no such tensor, it is not a small one of floats, or not
            finite.
        OSError: It cannot be read.
    """
    tensor = tensors.get(name)
    if (
        tensor is None
        or tensor.type_name not in ("F32", "F16", "BF16")
        or tensor.size_bytes > _MOST_BYTES
    ):
        raise _refused(name)
    raw = read()
    if len(raw) != tensor.size_bytes:
        raise _refused(name)
    if tensor.type_name == "BF16":
        values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        stored = "<f4" if tensor.type_name == "F32" else "<f2"
        values = np.frombuffer(raw, stored).astype(np.float32)
    if not np.isfinite(values).all():
        raise _refused(name)
    return values


def _refused(name: str) -> ModelRefused:
    return ModelRefused(
        _("The tensor {name} does not hold the numbers that it should.").format(
            name=shown_name(name)
        ),
        hint=_(refusals.FETCH_FILE_AGAIN),
    )
