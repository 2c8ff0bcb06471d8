"""Runs the tasks of a model, piece by piece, between two threads for the disk."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import mlx.core as mx

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.inference.making.boxes import rows_from
from mlxtui.inference.making.leaf_reader import LeafReader
from mlxtui.inference.making.opened import OpenedModel
from mlxtui.inference.making.pace import RowPace
from mlxtui.inference.making.pieces import LayerMaker, LayerTask, packing_streams
from mlxtui.inference.making.warming import Wanted, WarmingThread
from mlxtui.inference.making.weights import Weights
from mlxtui.inference.model import refusal
from mlxtui.model_writer.disk_thread import DiskThread
from mlxtui.model_writer.model_files import ModelFiles

# Waiting for the disk, so long at once: then the engine may answer.
_WAIT_SECONDS = 0.01

# MLX keeps freed buffers; those of pieces that were larger than the next are no use.
_KEPT_BUFFER_BYTES = 128 * 1024**2


Notes = Generator[str, None, None]


@dataclass(slots=True)
class Tally:
    """How far a making has come, in bytes of the source."""

    done_bytes: int = 0
    total_bytes: int = 1


class LayersRun:
    """Makes all tensors and hands them to the disk. Engine thread only.

    Args:
        tasks: What is still to be made.
        tally: Told of the bytes of the source that are done with.
    """

    def __init__(
        self,
        opened: OpenedModel,
        tasks: Sequence[LayerTask],
        files: ModelFiles,
        disk: DiskThread,
        tally: Tally,
    ) -> None:
        self._source = opened.files[0].parent
        self._tasks = tasks
        self._files = files
        self._disk = disk
        self._reader = LeafReader(opened.stored, opened.dtypes)
        self._weights = Weights(opened, self._reader)
        self._pace = RowPace()
        self._streams = packing_streams()
        self._opened = opened
        self._tally = tally
        self._warming = WarmingThread()

    def run(self) -> Notes:
        """Take steps; each gives the name of the layer.

        Raises:
            ModelRefused: A tensor that is to be packed holds infinities or NaN, or a
                file cannot be read.
            JobRefused: The disk is full or fails.
        """
        for _file in self._weights.open_tensors():
            yield ""
        # Of many tensors it takes a while, and MLX has no part in it.
        wanted, ranges = yield from self._disk.done(
            lambda: _reading_order(self._opened, self._tasks, self._weights),
            "",
        )
        self._warming.start(wanted)
        try:
            for task, (first, last) in zip(self._tasks, ranges, strict=True):
                yield from self._run_task(task, first, last)
        except OSError as error:
            raise refusal(self._source, error) from error

    def close(self) -> None:
        """End the reading thread; close the files of the source."""
        self._warming.close()
        self._reader.close()

    def _run_task(self, task: LayerTask, first_byte: int, last_byte: int) -> Notes:
        note = task.outputs[0]
        for name in task.inputs:
            if self._weights.is_traced_next(name):
                self._weights.weight(name)
                yield note
        maker = LayerMaker(task, self._weights, self._streams)
        rows = task.row_count
        row, before_bytes = 0, self._tally.done_bytes
        while row < rows:
            wanted = self._pace.rows(task.kind, task.source_bytes / rows)
            box, count = rows_from(task.shape, row, min(wanted, rows - row))
            position = first_byte + (last_byte - first_byte) * (row + count) // rows
            yield from self._until(self._disk.has_room, note)
            yield from self._until(partial(self._warming.wait, position), note)
            if self._warming.not_finite:
                raise _not_finite(self._warming.not_finite)
            start = time.perf_counter()
            self._reader.start_piece()
            for name, data in zip(task.outputs, maker.make(box), strict=True):
                self._disk.submit(partial(self._files.append, name, data), len(data))
            piece_bytes = task.source_bytes * count / rows
            self._pace.took(task.kind, piece_bytes, time.perf_counter() - start)
            row += count
            self._tally.done_bytes = before_bytes + task.source_bytes * row // rows
            yield note
        for name in task.inputs:
            self._weights.forget(name)
        if mx.get_cache_memory() > _KEPT_BUFFER_BYTES:
            mx.clear_cache()

    def _until(self, is_so: Callable[[float], bool], note: str) -> Notes:
        while not is_so(_WAIT_SECONDS):
            yield note


def _reading_order(
    opened: OpenedModel, tasks: Sequence[LayerTask], weights: Weights
) -> tuple[list[Wanted], list[tuple[int, int]]]:
    """The tensors in the order of their use; for each task from where to where."""
    packed = {
        tensor
        for task in tasks
        if task.packing is not None
        for name in task.inputs
        for tensor in weights.tensors_of(name)
    }
    wanted: list[Wanted] = []
    ranges: list[tuple[int, int]] = []
    seen: set[str] = set()
    position = 0
    for task in tasks:
        first = position
        names = {name for each in task.inputs for name in weights.tensors_of(each)}
        for name in sorted(names - seen, key=lambda name: _place(opened, name)):
            tensor = opened.stored[name]
            must_be_finite = name in packed and len(tensor.shape) > 1
            wanted.append(Wanted(name, tensor, must_be_finite))
            position += tensor.size_bytes
        seen |= names
        ranges.append((first, position))
    return wanted, ranges


def _place(opened: OpenedModel, name: str) -> tuple[Path, int]:
    tensor = opened.stored[name]
    return tensor.path, tensor.start_byte


def _not_finite(name: str) -> ModelRefused:
    return ModelRefused(
        _("The tensor {name} holds infinities or NaN.").format(name=name),
        hint=_("Packing it would spoil its layer. Take another source."),
    )
