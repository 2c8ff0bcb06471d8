"""The weight files of a model's folder: which tensor lies where."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

# Bytes of one element. What the format has beyond these, MLX cannot hold.
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E8M0": 1, "U16": 2, "I16": 2,
    "F16": 2, "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
    "C64": 8,
}  # fmt: skip

# The format's own limit; a lying header may not make us read gigabytes.
_MAX_HEADER_BYTES = 100_000_000

_DAMAGED = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor in a file."""

    path: Path
    dtype: str
    """The format's name for it: `F32`, `BF16`, …"""
    shape: tuple[int, ...]
    start_byte: int
    """In the file."""

    @property
    def item_bytes(self) -> int:
        """Of one element."""
        return _ITEM_BYTES[self.dtype]

    @property
    def size_bytes(self) -> int:
        """Of all its elements."""
        return math.prod(self.shape) * self.item_bytes


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a model's weights, in the order of their names.

    mlx-lm takes those that are called `model*.safetensors`; where there are none, all
    others of that format are the weights.

    Raises:
        ModelRefused: There are none.
    """
    files = sorted(folder.glob("model*.safetensors"))
    files = files or sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelRefused(
            _("{path} has no weights (model*.safetensors).").format(path=folder),
            hint=_("The download is not complete. Fetch the model again."),
        )
    return files


def stored_tensors(files: list[Path]) -> dict[str, StoredTensor]:
    """Every tensor of these files by its name.

    Raises:
        ModelRefused: A file is damaged or its end is missing.
    """
    tensors: dict[str, StoredTensor] = {}
    for file in files:
        try:
            tensors |= _read_header(file)
        except OSError as error:
            raise _damaged(file, error.strerror or str(error)) from error
        except _DAMAGED as error:
            raise _damaged(file, _("its header cannot be read")) from error
    return tensors


def _read_header(path: Path) -> dict[str, StoredTensor]:
    size_bytes = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER_BYTES, size_bytes - 8):
            raise ValueError(length)
        header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, stop = map(int, entry["data_offsets"])
        tensor = StoredTensor(
            path,
            str(entry["dtype"]),
            tuple(map(int, entry["shape"])),
            8 + length + start,
        )
        if min(tensor.shape, default=1) < 0 or not 0 <= start <= stop:
            raise ValueError(name)
        if stop - start != tensor.size_bytes:
            raise ValueError(name)
        if 8 + length + stop > size_bytes:
            raise _damaged(path, _("its end is missing"))
        tensors[name] = tensor
    return tensors


def _damaged(path: Path, reason: str) -> ModelRefused:
    return ModelRefused(
        _("{path} is damaged: {reason}").format(path=path, reason=reason),
        hint=_("Fetch this file again."),
    )
