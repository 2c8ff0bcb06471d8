"""GGUF files become folders that mlx-lm loads, whole or not at all."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.convert.gguf import importing
from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.convert.gguf.imported import Imported
from mlxtui.convert.gguf.importing import import_gguf
from mlxtui.errors import DiskFull, JobRefused, ModelRefused
from mlxtui.model_writer import shard_files
from mlxtui.model_writer.unfinished import discard
from mlxtui.recipes import GgufMode
from tests.convert.gguf.llama_file import MIXED, write_llama
from tests.data import SHARED, needs_shared_data
from tests.inference.making.making import assert_same_weights

_STORY = (
    ", there was a little girl named Lily. She loved to play outside in the park. One"
    " day, she saw a big, red ball. She wanted to play with it, but it was too high."
)
_SHARD_BYTES = 200_000

# Imports until one more weight file is complete, then dies as the power would make it.
_KILLED = """
import os, pathlib, signal, sys
from mlxtui.convert.gguf.importing import import_gguf
from mlxtui.convert.gguf import new_weights
from mlxtui.model_writer import shard_files, unfinished
shard_files._SHARD_BYTES = int(sys.argv[3])
for name in ("_FIRST_ELEMENTS", "_LEAST_ELEMENTS", "_MOST_ELEMENTS"):
    setattr(new_weights, name, 8192)
real = unfinished.Unfinished.add_complete
def add_complete(*arguments):
    real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
unfinished.Unfinished.add_complete = add_complete
source, target = map(pathlib.Path, sys.argv[1:3])
nothing = lambda *_arguments: None
import_gguf([source], target, "faithful", "", report=nothing, check=nothing)
"""


class _Stopped(Exception):
    pass


def _import(
    source: Path,
    target: Path,
    mode: GgufMode = "faithful",
    *,
    stop_at: float | None = None,
    template: str = "",
    starts: list[int] | None = None,
) -> Imported:
    """Import all of it, or a share and one weight file at least.

    Args:
        starts: Gets how far it was at each report.
    """
    done = [0.0]

    def report(done_bytes: int, total_bytes: int, _note: str) -> None:
        done[0] = done_bytes / total_bytes
        if starts is not None:
            starts.append(done_bytes)

    def check() -> None:
        if stop_at is not None and done[0] >= stop_at and _complete(target):
            raise _Stopped

    files = gguf_paths(source)
    return import_gguf(files, target, mode, template, report=report, check=check)


def _answer(folder: Path, prompt: str, tokens: int) -> str:
    from mlx_lm import load, stream_generate

    model, tokenizer = load(str(folder))[:2]
    pieces = stream_generate(
        model, tokenizer, tokenizer.encode(prompt), max_tokens=tokens
    )
    return "".join(piece.text for piece in pieces)


def _logits(folder: Path) -> NDArray[np.float32]:
    from mlx_lm.utils import load_model

    prompt = mx.array(np.random.default_rng(1).integers(3, 32, (1, 48)))
    model: Any = load_model(folder)[0]
    return np.array(model(prompt).astype(mx.float32))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of mixed types."""
    return write_llama(tmp_path / "mixed.gguf")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "mixed"


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weight files, pieces and reports of a small model are as those of a large one."""
    from mlxtui.convert.gguf import import_progress, new_weights

    monkeypatch.setattr(shard_files, "_SHARD_BYTES", _SHARD_BYTES)
    monkeypatch.setattr(import_progress, "_TOLD_SECONDS", 0)
    for name in ("_FIRST_ELEMENTS", "_LEAST_ELEMENTS", "_MOST_ELEMENTS"):
        monkeypatch.setattr(new_weights, name, 8192)


@needs_shared_data
@pytest.mark.parametrize("mode", ["faithful", "exact"])
@pytest.mark.parametrize("name", ["F16", "f32"])
def test_stories_go_on_word_for_word(name: str, mode: GgufMode, target: Path) -> None:
    file = SHARED / "models" / "gguf" / f"stories260K-{name}.gguf"
    made = _import(file, target, mode)
    assert _answer(target, "Once upon a time", 80).startswith(_STORY)
    assert made.origin.files == (file.name,)
    assert made.parameter_count == 292_800


@pytest.mark.usefixtures("many_files")
def test_a_faithful_model_computes_nearly_what_an_exact_one_does(
    source: Path, target: Path, tmp_path: Path
) -> None:
    faithful = _import(source, target)
    exact = _import(source, tmp_path / "exact", "exact")
    given, expected = _logits(target), _logits(tmp_path / "exact")
    assert expected.std() > 0.05
    np.testing.assert_allclose(given, expected, atol=0.02 * np.abs(expected).max())
    assert {row.type_name for row in exact.origin.types} == {*MIXED, "F32"}
    assert {row.largest_error for row in exact.origin.types} == {0}
    errors = [row.largest_error for row in faithful.origin.types]
    assert 0 < max(errors) <= 5e-3
    assert faithful.inexact == ()
    assert faithful.size_bytes < exact.size_bytes


def test_the_config_names_the_layers_that_differ(tmp_path: Path, target: Path) -> None:
    source = write_llama(
        tmp_path / "two.gguf", types=("Q4_K", "Q8_0", "F16", "Q8_0"), layers=1
    )
    made = _import(source, target)
    config = json.loads((target / "config.json").read_text())
    four_bits = {"group_size": 32, "bits": 4, "mode": "affine"}
    entry = {
        "group_size": 32, "bits": 8, "mode": "affine",
        "model.embed_tokens": four_bits,
        "model.layers.0.self_attn.o_proj": four_bits,
    }  # fmt: skip
    assert config["quantization"] == config["quantization_config"] == entry
    assert config["eos_token_id"] == [2] and config["bos_token_id"] == 1
    index = json.loads((target / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_parameters"] == made.parameter_count
    assert index["metadata"]["total_size"] == made.size_bytes


def test_the_card_says_what_it_was_made_of(tmp_path: Path, target: Path) -> None:
    source = write_llama(
        tmp_path / "hostile`\n---\nname.gguf",
        types=("Q4_0",),
        general__license="apache-2.0",
        general__source__repo_url="https://huggingface.co/owner/Base",
    )
    made = _import(source, target)
    card = (target / "README.md").read_text()
    assert card.count("---\n") == 2
    assert "license: apache-2.0" in card and "base_model: owner/Base" in card
    assert made.origin.sha256 in card and "| Q4_0 | 4-bit group 32 |" in card


def test_a_split_file_becomes_the_same_model(
    source: Path, target: Path, tmp_path: Path
) -> None:
    first = write_llama(tmp_path / "split.gguf", parts=3)
    made = _import(first, target)
    assert len(made.origin.files) == 3
    whole = _import(source, tmp_path / "whole")
    assert_same_weights(target, tmp_path / "whole")
    assert made.origin.types == whole.origin.types
    assert made.origin.sha256 != whole.origin.sha256


@pytest.mark.usefixtures("many_files")
def test_after_kills_it_goes_on(
    source: Path, target: Path, command_environment: dict[str, str], tmp_path: Path
) -> None:
    for count in (1, 2):
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED, str(source), str(target),
             str(_SHARD_BYTES)],
            env=command_environment,
        )  # fmt: skip
        assert ended.returncode == -signal.SIGKILL
        assert not target.exists()
        assert len(_complete(target)) == count
    before = _complete(target)
    starts: list[int] = []
    made = _import(source, target, starts=starts)
    assert before == {name: (target / name).stat().st_mtime_ns for name in before}
    assert starts[0] > 0.3 * starts[-1]
    assert not _making(target).exists()
    # The errors of what was made before the kill are known, too.
    assert _import(source, tmp_path / "at-once") == made
    assert_same_weights(target, tmp_path / "at-once")


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("change", ["mode", "template", "file"])
def test_what_another_plan_made_is_discarded(
    change: str, tmp_path: Path, target: Path
) -> None:
    source = write_llama(tmp_path / "plain.gguf", tokenizer__chat_template=None)
    with pytest.raises(_Stopped):
        _import(source, target, stop_at=0.5)
    assert _complete(target)
    mode: GgufMode = "exact" if change == "mode" else "faithful"
    template = "chatml" if change == "template" else ""
    if change == "file":
        os.utime(source, (1, 1))
    starts: list[int] = []
    _import(source, target, mode, template=template, starts=starts)
    assert starts[0] < 0.05 * starts[-1]
    assert (target / "chat_template.jinja").exists() == (change == "template")


@pytest.mark.usefixtures("many_files")
def test_a_stopped_import_leaves_nothing_half(source: Path, target: Path) -> None:
    with pytest.raises(_Stopped):
        _import(source, target, stop_at=0.5)
    assert not target.exists()
    discard(target)
    assert list(target.parent.iterdir()) == []


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A disk that takes so many bytes, and then no more."""
    left = [10**9]
    pwrite = os.pwrite

    def write(file: int, data: bytes, offset: int) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = pwrite(file, data[: left[0]], offset)
        left[0] -= count
        return count

    monkeypatch.setattr(os, "pwrite", write)
    yield left


@pytest.mark.usefixtures("many_files")
def test_a_full_disk_keeps_what_is_complete(
    source: Path, target: Path, small_disk: list[int], tmp_path: Path
) -> None:
    small_disk[0] = 4 * _SHARD_BYTES
    with pytest.raises(DiskFull, match="is full; .* are free"):
        _import(source, target)
    assert not target.exists()
    before = _complete(target)
    assert before
    small_disk[0] = 10**9
    _import(source, target)
    assert before == {name: (target / name).stat().st_mtime_ns for name in before}
    _import(source, tmp_path / "at-once")
    assert_same_weights(target, tmp_path / "at-once")


def test_too_little_room_is_said_before_anything_is_written(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(source)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DiskFull, match=r"needs 3\d\.\d MB; 1\.0 MB are free"):
        _import(source, target)
    assert not list((_making(target) / "model").iterdir())


@pytest.mark.usefixtures("many_files")
def test_a_file_that_changes_meanwhile_is_refused(source: Path, target: Path) -> None:
    def touch(_done: int, _total: int, _note: str) -> None:
        os.utime(source, (5, 5))

    with pytest.raises(ModelRefused, match="was changed"):
        import_gguf([source], target, "faithful", "", report=touch, check=lambda: None)
    assert not target.exists()


def test_a_content_that_is_not_what_its_name_says_is_refused(
    source: Path, target: Path, tmp_path: Path
) -> None:
    blob = tmp_path / ("sha256-" + "0" * 64)
    blob.write_bytes(source.read_bytes())
    with pytest.raises(ModelRefused, match="damaged"):
        _import(blob, target)
    assert not target.exists()
    right = tmp_path / f"sha256-{_import(source, target).origin.sha256}"
    blob.rename(right)
    made = _import(right, tmp_path / "again")
    assert made.origin.files == (right.name,)


@pytest.mark.parametrize("mode", ["faithful", "exact"])
def test_what_is_no_number_is_refused_by_name(
    mode: GgufMode, tmp_path: Path, target: Path
) -> None:
    source = write_llama(tmp_path / "damaged.gguf", types=("Q4_0",))
    content = bytearray(source.read_bytes())
    # The last tensor of the file but one holds the last matrix.
    end = len(content) - 256 * 4
    content[end - 18 : end - 16] = b"\x00\x7c"  # an infinite scale
    source.write_bytes(content)
    with pytest.raises(ModelRefused, match=r"blk\.1\.ffn_down\.weight") as refused:
        _import(source, target, mode)
    assert refused.value.hint
    assert not target.exists()


def test_two_do_not_import_the_same_at_once(source: Path, target: Path) -> None:
    def import_too(_done: int, _total: int, _note: str) -> None:
        with pytest.raises(JobRefused, match="another program"):
            _import(source, target)

    import_gguf([source], target, "faithful", "", report=import_too, check=lambda: None)
    with pytest.raises(JobRefused, match="exists already"):
        _import(source, target)


@pytest.mark.usefixtures("many_files")
def test_orders_are_looked_at_before_each_piece(source: Path, target: Path) -> None:
    news: list[str] = []
    import_gguf(
        [source], target, "faithful", "",
        report=lambda *_report: news.append("piece"),
        check=lambda: news.append("check"),
    )  # fmt: skip
    pieces = news.count("piece")
    assert pieces > 50
    for place, what in enumerate(news):
        assert what == "check" or news[place - 1] == "check"


def test_the_hash_is_worked_out_in_steps(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    monkeypatch.setattr(importing, "_HASH_STEP_BYTES", 1)
    made = _import(source, target)
    assert made.origin.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


def _making(target: Path) -> Path:
    return target.with_name(f".{target.name}.making")


def _complete(target: Path) -> dict[str, int]:
    """The weight files that are complete, and when they were written."""
    progress: dict[str, Any] = json.loads(
        (_making(target) / "progress.json").read_text()
    )
    return {
        name: (_making(target) / "model" / name).stat().st_mtime_ns
        for name in progress["complete"]
    }
