"""One layer's way from the source to the files: which tensors go in and come out."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from mlxtui.inference.making.boxes import Box, leading_axes
from mlxtui.inference.making.decisions import Decisions, Packing
from mlxtui.inference.making.opened import OpenedModel
from mlxtui.inference.making.weights import StoredWeight, Weight, Weights


@dataclass(frozen=True, slots=True)
class LayerTask:
    """What is made together, row by row."""

    outputs: tuple[str, ...]
    """The new tensors: a weight, or a weight with its scales and biases."""
    inputs: tuple[str, ...]
    """The weights of the source that they are made of."""
    shape: tuple[int, ...]
    """Of the first output; all of them have the same rows."""
    source_bytes: int
    input_widths: tuple[tuple[int, ...], ...]
    """For each input its last axis; a scalar has none."""
    unpacking: Packing | None = None
    casts: tuple[mx.Dtype | None, ...] = (None,)
    """For each input the type it gets first; None keeps its own."""
    cast_after: mx.Dtype | None = None
    """Type of what was unpacked."""
    packing: Packing | None = None

    @property
    def changes_nothing(self) -> bool:
        """Whether the bytes stay as they are."""
        is_cast = any(cast is not None for cast in self.casts)
        return not (self.unpacking or self.packing or is_cast)

    @property
    def row_count(self) -> int:
        """Rows of each output; 0 where it holds nothing."""
        return math.prod(leading_axes(self.shape)) if math.prod(self.shape) else 0

    @property
    def kind(self) -> tuple[Any, ...]:
        """What has the same speed."""
        packing = self.packing or {}
        return (*packing.values(), bool(self.unpacking), self.changes_nothing)


def layer_tasks(opened: OpenedModel, decisions: Decisions) -> list[LayerTask]:
    """All that is to be made, in the order of the new files."""
    tasks: list[LayerTask] = []
    for name, array in decisions.parameters.items():
        layer, _dot, part = name.rpartition(".")
        packing, unpacking = decisions.packed.get(layer), decisions.unpacked.get(layer)
        if packing and part in ("scales", "biases"):
            continue
        inputs, outputs = [name], [name]
        if part == "weight":
            for more in (f"{layer}.scales", f"{layer}.biases"):
                if unpacking and more in opened.weights:
                    inputs.append(more)
                if packing and more in decisions.parameters:
                    outputs.append(more)
        else:
            packing = unpacking = None
        tasks.append(
            LayerTask(
                outputs=tuple(outputs),
                inputs=tuple(inputs),
                shape=array.shape,
                source_bytes=sum(opened.weights[each].nbytes for each in inputs),
                unpacking=unpacking,
                input_widths=tuple(opened.weights[each].shape[-1:] for each in inputs),
                casts=tuple(
                    # What is packed is not cast: what comes out of it is.
                    None if unpacking and each == name else decisions.casts.get(each)
                    for each in inputs
                ),
                cast_after=decisions.casts.get(name) if unpacking else None,
                packing=packing,
            )
        )
    return tasks


_own = threading.local()


def packing_streams() -> list[mx.Stream]:
    """Two of them pack on a processor, where one stream is one thread's work."""
    device = mx.default_device()
    usual = mx.default_stream(device)
    if device != mx.Device(mx.cpu):
        return [usual]
    # A stream is a thread that stays: one more for each engine thread, not each job.
    if not hasattr(_own, "second"):
        _own.second = mx.new_stream(device)
    return [usual, _own.second]


class LayerMaker:
    """Makes the outputs of one task. Engine thread only.

    Args:
        streams: What packs a piece, a share each: one or two of them.
    """

    def __init__(
        self, task: LayerTask, weights: Weights, streams: Sequence[mx.Stream]
    ) -> None:
        self._task = task
        self._streams = streams
        self._weights: list[Weight] = [weights.weight(name) for name in task.inputs]

    def make(self, box: Box) -> list[bytes]:
        """The bytes of all outputs in a box of rows.

        Args:
            box: Of the first output; complete along its last axis.
        """
        task = self._task
        if task.changes_nothing and isinstance(self._weights[0], StoredWeight):
            return [self._weights[0].part_bytes(box)]
        parts = []
        for weight, cast, width in zip(
            self._weights, task.casts, task.input_widths, strict=True
        ):
            rows = box
            if task.packing or task.unpacking:
                rows = (*box[:-1], (0, width[0]))
            part = weight.part(rows)
            parts.append(part if cast is None else part.astype(cast))
        if task.unpacking:
            biases = parts[2] if len(parts) > 2 else None
            made = mx.dequantize(parts[0], parts[1], biases, **task.unpacking)
            if task.cast_after is not None:
                made = made.astype(task.cast_after)
            parts = [made]
        if task.packing:
            shares = [
                mx.quantize(share, **task.packing, stream=stream)
                for share, stream in zip(
                    _shares(parts[0], len(self._streams)),
                    self._streams,
                    strict=False,  # a single row is one share
                )
            ]
            mx.eval(shares)
            return [
                b"".join(_bytes(share) for share in output)
                for output in zip(*shares, strict=True)
            ]
        parts = [mx.contiguous(part) for part in parts]
        mx.eval(parts)
        return [_bytes(part) for part in parts]


def _shares(array: mx.array, count: int) -> list[mx.array]:
    """The rows of an array, in so many parts that follow each other."""
    rows = array.reshape(-1, array.shape[-1])
    each = -(-rows.shape[0] // count)
    return [rows[start : start + each] for start in range(0, rows.shape[0], each)]


def _bytes(array: mx.array) -> bytes:
    # Python knows no bfloat16; the bytes are the same.
    if array.dtype == mx.bfloat16:
        array = array.view(mx.uint16)
    data: Any = array
    return bytes(memoryview(data))
