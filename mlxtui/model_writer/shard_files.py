"""Writes .safetensors files a piece at a time: what is in them is known before.

Numbers and bytes only. Format: https://huggingface.co/docs/safetensors/index#format
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# mlx-lm's `MAX_FILE_SIZE_GB`, in its GiB.
_SHARD_BYTES = 5 * 1024**3

_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4,
    "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8, "C64": 8,
}  # fmt: skip

# The data start at a multiple of it, as the format's own library has it.
_ALIGNMENT_BYTES = 8


@dataclass(frozen=True, slots=True)
class TensorForm:
    """A tensor that will be written."""

    dtype: str
    """The format's name for it: `F32`, `BF16`, …"""
    shape: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        """Of all its elements."""
        return math.prod(self.shape) * _ITEM_BYTES[self.dtype]


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of a model, planned."""

    name: str
    tensors: dict[str, TensorForm]

    @property
    def size_bytes(self) -> int:
        """Of its tensors."""
        return sum(tensor.size_bytes for tensor in self.tensors.values())


def plan_shards(tensors: Mapping[str, TensorForm]) -> list[Shard]:
    """Spread tensors over files as mlx-lm does, in the same order and by its names."""
    parts: list[dict[str, TensorForm]] = []
    part_bytes = 0
    for name, tensor in tensors.items():
        if not parts or part_bytes + tensor.size_bytes > _SHARD_BYTES:
            parts.append({})
            part_bytes = 0
        parts[-1][name] = tensor
        part_bytes += tensor.size_bytes
    if len(parts) == 1:
        return [Shard("model.safetensors", parts[0])]
    return [
        Shard(f"model-{number:05d}-of-{len(parts):05d}.safetensors", part)
        for number, part in enumerate(parts, start=1)
    ]


def index_text(shards: Iterable[Shard], parameter_count: int) -> str:
    """The contents of `model.safetensors.index.json`, in mlx-lm's form."""
    files = {name: shard.name for shard in shards for name in shard.tensors}
    total_bytes = sum(shard.size_bytes for shard in shards)
    index = {
        "metadata": {"total_size": total_bytes, "total_parameters": parameter_count},
        "weight_map": {name: files[name] for name in sorted(files)},
    }
    return json.dumps(index, indent=4)


class ShardFile:
    """A file whose tensors are written in any order, each from its start to its end.

    Args:
        folder: Where it is made; what it held under this name is overwritten.

    Raises:
        OSError: The disk is full or the folder is not writable.
    """

    def __init__(self, folder: Path, shard: Shard) -> None:
        header = _header(shard.tensors)
        self._starts: dict[str, int] = {}
        self._stops: dict[str, int] = {}
        start = len(header)
        for name, tensor in shard.tensors.items():
            self._starts[name] = start
            start += tensor.size_bytes
            self._stops[name] = start
        self._left_bytes = shard.size_bytes
        self._unsynced_bytes = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file = os.open(folder / shard.name, flags, 0o644)
        try:
            _write_all(self._file, memoryview(header), 0)
        except BaseException:
            self.close()
            raise

    @property
    def is_complete(self) -> bool:
        """Whether all its tensors were written to their ends."""
        return self._left_bytes == 0

    def append(self, name: str, data: bytes) -> None:
        """Write what follows in a tensor.

        Raises:
            ValueError: It is more than the tensor holds.
            OSError: The disk is full.
        """
        if self._starts[name] + len(data) > self._stops[name]:
            raise ValueError(name)
        _write_all(self._file, memoryview(data), self._starts[name])
        self._starts[name] += len(data)
        self._left_bytes -= len(data)
        self._unsynced_bytes += len(data)
        if self._unsynced_bytes >= _SYNC_BYTES:
            os.fsync(self._file)
            self._unsynced_bytes = 0

    def finish(self) -> None:
        """Have all of it on the disk, and close it.

        Raises:
            ValueError: Something was not written.
            OSError: The disk is full.
        """
        if not self.is_complete:
            raise ValueError(self._left_bytes)
        os.fsync(self._file)
        self.close()

    def close(self) -> None:
        """Close it as it is."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


# Sent to the disk while the next ones are computed, not all at the end.
_SYNC_BYTES = 64 * 1024**2


def _header(tensors: Mapping[str, TensorForm]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "mlx"}}
    start = 0
    for name, tensor in tensors.items():
        stop = start + tensor.size_bytes
        entries[name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [start, stop],
        }
        start = stop
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT_BYTES)
    return len(text).to_bytes(8, "little") + text


def _write_all(file: int, data: memoryview, offset: int) -> None:
    while data:
        count = os.pwrite(file, data, offset)
        data, offset = data[count:], offset + count
