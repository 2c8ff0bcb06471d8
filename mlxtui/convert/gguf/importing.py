"""Importing: a GGUF file becomes an MLX folder, tensor by tensor.

The folder appears in one rename when it is whole. What a kill or a cancel leaves lies
beside it (`model_writer.unfinished`), and the same import goes on from there.
"""

import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import mlxtui
from mlxtui.convert import refusals
from mlxtui.convert.gguf.file_identity import (
    FileHash,
    file_states,
    joint_sha256,
    named_sha256,
)
from mlxtui.convert.gguf.import_card import card_text
from mlxtui.convert.gguf.import_plan import ImportPlan, plan_import
from mlxtui.convert.gguf.import_progress import ImportProgress, Report
from mlxtui.convert.gguf.imported import Imported
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.new_weights import (
    Check,
    NewWeights,
    written_names,
)
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.gguf.packed_layers import quantization_entry
from mlxtui.convert.gguf.type_table import TakenTensor, TypeTable
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.model_writer.disk_errors import disk_error, disk_full
from mlxtui.model_writer.disk_thread import DiskThread
from mlxtui.model_writer.model_files import ModelFiles
from mlxtui.model_writer.shard_files import Shard, TensorForm, index_text, plan_shards
from mlxtui.model_writer.unfinished import Unfinished
from mlxtui.plans import GgufOrigin
from mlxtui.recipes import GgufMode

# Config, tokenizer and card, beside the weights.
_SMALL_FILES_BYTES = 32 * 1024**2

# Of the file's hash at once: then an order is looked at.
_HASH_STEP_BYTES = 8 * 1024**2


def import_gguf(
    files: Sequence[Path],
    target: Path,
    mode: GgufMode,
    chat_template: str,
    *,
    report: Report,
    check: Check,
) -> Imported:
    """Make an MLX folder of a GGUF file.

    Args:
        files: All its parts, the first one first.
        target: The new folder; must not exist.
        chat_template: Family whose template a file without one gets; empty gives none.
        report: Told often.
        check: Called at least every 50 ms from when the vocabulary was read; raises
            what is to end the work.

    Raises:
        ModelRefused: The file is damaged, of a kind that is not taken, or holds what
            is no number.
        JobRefused: The target exists, or another program is making it.
        DiskFull: There is too little room; what was made is kept.
        OSError: The file cannot be read.
    """
    plan = plan_import(files, chat_template)
    check()
    return write_import(plan, target, mode, report=report, check=check)


def write_import(
    plan: ImportPlan, target: Path, mode: GgufMode, *, report: Report, check: Check
) -> Imported:
    """Write the folder of a planned import; arguments and errors as `import_gguf`."""
    with ExitStack() as stack:
        return _Import(plan, mode).write(target, report, check, stack)


class _Import:
    """One import, in one of the modes."""

    def __init__(self, plan: ImportPlan, mode: GgufMode) -> None:
        self._plan = plan
        self._tensors = plan.model.tensors
        self._mode: GgufMode = mode
        self._forms = {
            tensor.name: plan.model.form(tensor, mode) for tensor in self._tensors
        }
        self._table = TypeTable(
            {tensor.name: self._taken(tensor) for tensor in self._tensors}
        )
        parts: dict[str, TensorForm] = {}
        self._tensor_of: dict[str, str] = {}
        for tensor in self._tensors:
            form = self._forms[tensor.name]
            written = form.tensors(tensor.shape)
            for part, name in written_names(tensor, form).items():
                parts[name] = written[part]
                self._tensor_of[name] = tensor.name
        self._shards = plan_shards(parts)

    def write(
        self, target: Path, report: Report, check: Check, stack: ExitStack
    ) -> Imported:
        """Make what is not made yet; the stack is closed at the end."""
        unfinished = self._begin(target)
        stack.callback(unfinished.close)
        opened = stack.enter_context(open_gguf(self._plan.files))
        self._check_unchanged()
        left = self._left(target, unfinished)
        files = ModelFiles(
            unfinished, self._shards, must_be_finite=False, note=self._errors_of
        )
        stack.callback(files.close)
        file_hash = FileHash(self._plan.files)
        stack.callback(file_hash.close)
        # Before what their threads use is closed. The hash has its own: writing waits
        # for the disk.
        disk, hashing = DiskThread(target.parent), DiskThread(target.parent)
        stack.callback(disk.close)
        stack.callback(hashing.close)
        weights = NewWeights(opened, self._mode, files, disk, self._table, check=check)
        progress = ImportProgress(self._tensors, left, opened.tensors, report)
        hashed_bytes = 0
        for tensor in left:
            for piece_bytes in weights.make(tensor, self._forms[tensor.name]):
                progress.add(piece_bytes, tensor.name)
                if hashed_bytes < progress.share * file_hash.total_bytes:
                    hashing.submit(partial(file_hash.advance, _HASH_STEP_BYTES))
                    hashed_bytes += _HASH_STEP_BYTES
        for thread in (disk, hashing):
            for _note in thread.done(lambda: None, ""):
                check()
        while not file_hash.is_complete:
            check()
            file_hash.advance(_HASH_STEP_BYTES)
        self._check_unchanged()
        self._check_names(file_hash.hexdigests())
        return self._finish(unfinished, file_hash.hexdigests())

    def _begin(self, target: Path) -> Unfinished:
        names = [str(file) for file in self._plan.files]
        recipe = {
            "gguf": [
                [name, *state]
                for name, state in zip(names, self._plan.states, strict=True)
            ],
            "mode": self._mode,
            "chat_template": self._plan.chat_template,
            "versions": [mlxtui.__version__, metadata.version("gguf")],
        }
        try:
            return Unfinished(target, recipe)
        except OSError as error:
            raise disk_error(error, target.parent) from error

    def _left(self, target: Path, unfinished: Unfinished) -> list[NewTensor]:
        """The tensors that have a part in a file that is not complete."""
        missing = [one for one in self._shards if not unfinished.is_complete(one.name)]
        for shard in self._shards:
            self._table.remember(unfinished.note(shard.name))
        needed_bytes = sum(one.size_bytes for one in missing) + _SMALL_FILES_BYTES
        if shutil.disk_usage(target.parent).free < needed_bytes:
            raise disk_full(target.parent, needed_bytes)
        names = {self._tensor_of[name] for shard in missing for name in shard.tensors}
        return [tensor for tensor in self._tensors if tensor.name in names]

    def _taken(self, tensor: NewTensor) -> TakenTensor:
        stored = self._plan.model.stored
        types = sorted({stored[source].type_name for source in tensor.sources})
        form = self._forms[tensor.name]
        return TakenTensor(
            type_name=" + ".join(types) or "–",
            form=form.text(),
            size_bytes=form.size_bytes(tensor.shape),
        )

    def _errors_of(self, shard: Shard) -> dict[str, float]:
        """What is kept of a complete file: the errors of its tensors."""
        return self._table.notes({self._tensor_of[name] for name in shard.tensors})

    def _check_unchanged(self) -> None:
        if file_states(self._plan.files) != self._plan.states:
            raise ModelRefused(
                _("{file} was changed while it was read.").format(
                    file=self._plan.files[0]
                ),
                hint=_("Try again when nothing writes to it any more."),
            )

    def _check_names(self, digests: Sequence[str]) -> None:
        """Stores name a content by its hash; another one is damaged."""
        for file, digest in zip(self._plan.files, digests, strict=True):
            if named_sha256(file) not in ("", digest):
                raise ModelRefused(
                    _("{file} is damaged: its content is not what its name says.")
                    .format(file=file),
                    hint=_(refusals.FETCH_FILE_AGAIN),
                )  # fmt: skip

    def _finish(self, unfinished: Unfinished, digests: Sequence[str]) -> Imported:
        """Write the files beside the weights, and put all in its place."""
        plan, model = self._plan, self._plan.model
        size_bytes = sum(shard.size_bytes for shard in self._shards)
        parameter_count = model.parameter_count()
        imported = Imported(
            size_bytes=size_bytes,
            bits_per_weight=size_bytes * 8 / max(parameter_count, 1),
            parameter_count=parameter_count,
            origin=GgufOrigin(
                files=tuple(file.name for file in plan.files),
                sha256=joint_sha256(digests),
                mode=self._mode,
                size_bytes=sum(size for size, _time in plan.states),
                modified_ns=plan.states[0][1],
                chat_template=plan.chat_template,
                types=self._table.rows(),
            ),
            inexact=self._table.inexact(),
        )
        index = index_text(self._shards, parameter_count)
        contents = {
            **plan.small_files,
            "config.json": json.dumps(self._config(), indent=4).encode(),
            "model.safetensors.index.json": index.encode(),
            "README.md": card_text(plan.files[0], plan.facts, imported).encode(),
        }
        try:
            written = [unfinished.model / name for name in contents]
            for file, content in zip(written, contents.values(), strict=True):
                file.write_bytes(content)
            unfinished.finish(written)
        except OSError as error:
            raise disk_error(error, unfinished.model) from error
        return imported

    def _config(self) -> dict[str, Any]:
        """All of `config.json`."""
        config = {**self._plan.model.config, **self._plan.token_ids}
        forms = [(tensor, self._forms[tensor.name]) for tensor in self._tensors]
        if packed := quantization_entry(forms):
            # Both names, as mlx-lm writes them.
            config |= {"quantization": packed, "quantization_config": packed}
        return dict(sorted(config.items()))
