"""Making a model: convert and quantize, tensor by tensor, in short steps.

The steps run in the engine thread between its answers. What they do is mlx-lm's
`convert`, and so are the files; but rows are read, computed and written as they come,
so that neither the source nor the result is ever in memory.
"""

import shutil
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import mlx.core as mx

from mlxtui.inference.making.companions import write_companions
from mlxtui.inference.making.decisions import Decisions, Layers, decide
from mlxtui.inference.making.layers_run import LayersRun, Tally
from mlxtui.inference.making.made import Made
from mlxtui.inference.making.opened import OpenedModel, open_model
from mlxtui.inference.making.pieces import layer_tasks
from mlxtui.inference.making.source_files import stored_tensors, weight_files
from mlxtui.inference.step import Step, Work
from mlxtui.model_writer.disk_errors import disk_full
from mlxtui.model_writer.disk_thread import DiskThread
from mlxtui.model_writer.model_files import ModelFiles
from mlxtui.model_writer.shard_files import (
    Shard,
    TensorForm,
    index_text,
    plan_shards,
)
from mlxtui.model_writer.unfinished import Unfinished
from mlxtui.plans import Stage
from mlxtui.recipes import Recipe

# Config, tokenizer and card, beside the weights.
_SMALL_FILES_BYTES = 32 * 1024**2

# Between layers there is nothing that would have a name.
_NO_NOTE = ""

_DTYPES = {
    mx.bool_: "BOOL", mx.uint8: "U8", mx.int8: "I8", mx.uint16: "U16", mx.int16: "I16",
    mx.float16: "F16", mx.bfloat16: "BF16", mx.uint32: "U32", mx.int32: "I32",
    mx.float32: "F32", mx.uint64: "U64", mx.int64: "I64", mx.float64: "F64",
    mx.complex64: "C64",
}  # fmt: skip


def make_model(
    source: Path,
    target: Path,
    recipe: Recipe,
    *,
    layers: Layers | None = None,
    packs_all_anew: bool = False,
) -> Work[Made]:
    """Make a model's folder of another one, by a recipe.

    The target appears in one rename when it is whole. Closing the generator keeps what
    was made until then beside it, and the same call goes on from there;
    `unfinished.discard` removes it.

    Args:
        source: A folder of safetensors, MLX's or Hugging Face's.
        target: The new folder; must not exist.
        layers: For paths of layers their own quantization, or None for float; they
            count before the recipe.
        packs_all_anew: A quantization is for all layers, though some of the source's
            are packed already.

    Raises:
        ModelRefused: The source is damaged, unsupported, does not fit together, or
            holds infinities or NaN in a tensor that is to be packed.
        JobRefused: The target exists, or another program is making it.
        DiskFull: There is too little room; what was made is kept.
    """
    stage: Stage = "quantize" if recipe.quantizes else "convert"
    tally = Tally()
    with ExitStack() as stack:
        order = _Order(source, target, recipe, layers or {}, packs_all_anew)
        steps = _steps(order, tally, stack)
        while True:
            try:
                note = next(steps)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            yield Step(
                stage=stage,
                done=tally.done_bytes,
                total=tally.total_bytes,
                unit="bytes",
                note=note,
            )


class _Order(NamedTuple):
    """What is wanted; the fields are `make_model`'s arguments."""

    source: Path
    target: Path
    recipe: Recipe
    layers: Layers
    packs_all_anew: bool


def _steps(order: _Order, tally: Tally, stack: ExitStack) -> Generator[str, None, Made]:
    """Make it, yielding what is being done; the stack is closed at the end."""
    source, target, recipe, layers, packs_all_anew = order
    begun: list[Unfinished] = []
    stack.callback(_close_all, begun)
    disk = DiskThread(target.parent)
    stack.callback(disk.close)
    files = weight_files(source)
    stored = yield from disk.done(lambda: stored_tensors(files), _NO_NOTE)
    opened = open_model(source, files, stored)
    tally.total_bytes = sum(array.nbytes for array in opened.weights.values())
    yield _NO_NOTE
    decisions = decide(opened, recipe, layers, packs_all_anew=packs_all_anew)
    yield _NO_NOTE
    tasks = layer_tasks(opened, decisions)
    shards = plan_shards(
        {
            name: TensorForm(_DTYPES[array.dtype], array.shape)
            for name, array in decisions.parameters.items()
        }
    )
    decisions.parameters.clear()
    opened.forget_network()
    yield _NO_NOTE
    plan = _plan(opened, order)
    yield from disk.done(lambda: begun.append(Unfinished(target, plan)), _NO_NOTE)
    unfinished = begun[0]
    missing = [each for each in shards if not unfinished.is_complete(each.name)]
    _check_room(target, missing)
    made_files = ModelFiles(
        unfinished, shards, must_be_finite=recipe.float_type == "float16"
    )
    stack.callback(made_files.close)
    # Before the files are closed: its thread writes them.
    stack.callback(disk.close)
    names = {name for shard in missing for name in shard.tensors}
    left = [task for task in tasks if not names.isdisjoint(task.outputs)]
    tally.done_bytes = tally.total_bytes - sum(task.source_bytes for task in left)
    run = LayersRun(opened, left, made_files, disk, tally)
    stack.callback(run.close)
    yield _NO_NOTE
    yield from run.run()
    yield from disk.done(
        lambda: _finish(source, recipe, decisions, shards, unfinished), _NO_NOTE
    )
    return Made(
        size_bytes=sum((target / shard.name).stat().st_size for shard in shards),
        bits_per_weight=decisions.bits_per_weight,
        parameter_count=decisions.parameter_count,
        kept_in_float=decisions.kept_in_float,
    )


def _close_all(begun: list[Unfinished]) -> None:
    for each in begun:
        each.close()


def _plan(opened: OpenedModel, order: _Order) -> dict[str, Any]:
    """All that the result depends on, as JSON has it."""
    recipe, layers = order.recipe, order.layers
    folder = opened.files[0].parent
    sources = [*opened.files, folder / "config.json"]
    statuses = [(file.name, file.stat()) for file in sources]
    return {
        "folder": str(folder),
        "source": [[name, each.st_size, each.st_mtime_ns] for name, each in statuses],
        "recipe": {**asdict(recipe), "measure": None},
        "layers": {path: own and asdict(own) for path, own in sorted(layers.items())},
        "packs_all_anew": order.packs_all_anew,
        "mlx": [metadata.version("mlx"), metadata.version("mlx-lm")],
    }


def _check_room(target: Path, missing: list[Shard]) -> None:
    needed_bytes = sum(shard.size_bytes for shard in missing) + _SMALL_FILES_BYTES
    if shutil.disk_usage(target.parent).free < needed_bytes:
        raise disk_full(target.parent, needed_bytes)


def _finish(
    source: Path,
    recipe: Recipe,
    decisions: Decisions,
    shards: list[Shard],
    unfinished: Unfinished,
) -> None:
    """Write the files beside the weights, and put all in its place. Disk thread."""
    written = write_companions(source, unfinished.model, recipe, decisions)
    index = unfinished.model / "model.safetensors.index.json"
    index.write_text(index_text(shards, decisions.parameter_count), encoding="utf-8")
    unfinished.finish([*written, index])
