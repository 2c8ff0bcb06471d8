"""Imports that stop on the way: they go on, or leave nothing half."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from mlxtui.convert.gguf import importing
from mlxtui.convert.gguf.importing import import_gguf
from mlxtui.errors import JobRefused, ModelRefused
from mlxtui.model_writer.unfinished import discard
from mlxtui.recipes import GgufMode
from tests.convert.gguf.imports import (
    SHARD_BYTES,
    Stopped,
    imported,
)
from tests.convert.gguf.llama_file import write_llama
from tests.inference.making.making import assert_same_weights
from tests.model_writer.stops import (
    assert_full_disk_keeps_what_is_complete,
    assert_room_is_looked_for_first,
    complete_files,
    making_folder,
)

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


@pytest.mark.usefixtures("many_files")
def test_after_kills_it_goes_on(
    source: Path, target: Path, command_environment: dict[str, str], tmp_path: Path
) -> None:
    for count in (1, 2):
        ended = subprocess.run(
            [sys.executable, "-c", _KILLED, str(source), str(target),
             str(SHARD_BYTES)],
            env=command_environment,
        )  # fmt: skip
        assert ended.returncode == -signal.SIGKILL
        assert not target.exists()
        assert len(complete_files(target)) == count
    before = complete_files(target)
    starts: list[int] = []
    made = imported(source, target, starts=starts)
    assert before == {name: (target / name).stat().st_mtime_ns for name in before}
    assert starts[0] > 0.3 * starts[-1]
    assert not making_folder(target).exists()
    # The errors of what was made before the kill are known, too.
    assert imported(source, tmp_path / "at-once") == made
    assert_same_weights(target, tmp_path / "at-once")


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("change", ["mode", "template", "file"])
def test_what_another_plan_made_is_discarded(
    change: str, tmp_path: Path, target: Path
) -> None:
    source = write_llama(tmp_path / "plain.gguf", tokenizer__chat_template=None)
    with pytest.raises(Stopped):
        imported(source, target, stop_at=0.5)
    assert complete_files(target)
    mode: GgufMode = "exact" if change == "mode" else "faithful"
    template = "chatml" if change == "template" else ""
    if change == "file":
        os.utime(source, (1, 1))
    starts: list[int] = []
    imported(source, target, mode, template=template, starts=starts)
    assert starts[0] < 0.05 * starts[-1]
    assert (target / "chat_template.jinja").exists() == (change == "template")


@pytest.mark.usefixtures("many_files")
def test_a_stopped_import_leaves_nothing_half(source: Path, target: Path) -> None:
    with pytest.raises(Stopped):
        imported(source, target, stop_at=0.5)
    assert not target.exists()
    discard(target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.usefixtures("many_files")
def test_a_full_disk_keeps_what_is_complete(
    source: Path, target: Path, small_disk: list[int]
) -> None:
    assert_full_disk_keeps_what_is_complete(
        partial(imported, source), target, small_disk, 4 * SHARD_BYTES
    )


def test_too_little_room_is_said_before_anything_is_written(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_room_is_looked_for_first(partial(imported, source), target, monkeypatch)


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
        imported(blob, target)
    assert not target.exists()
    right = tmp_path / f"sha256-{imported(source, target).origin.sha256}"
    blob.rename(right)
    made = imported(right, tmp_path / "again")
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
        imported(source, target, mode)
    assert refused.value.hint
    assert not target.exists()


@pytest.mark.parametrize("kind", [1, 3])
def test_tokens_that_the_model_does_not_know_are_marks_or_refused(
    kind: int, tmp_path: Path, target: Path
) -> None:
    words = ["<unk>", "<s>", "</s>", *map(chr, range(97, 126)), "<image>"]
    source = write_llama(
        tmp_path / "x.gguf",
        tokenizer__ggml__tokens=words,
        tokenizer__ggml__scores=[0.0] * len(words),
        tokenizer__ggml__token_type=[2, 3, 3, *[1] * 29, kind],
    )
    if kind == 1:
        with pytest.raises(ModelRefused, match="33 tokens, of which its model knows"):
            imported(source, target)
        return
    imported(source, target)
    content = json.loads((target / "tokenizer.json").read_text())
    assert len(content["model"]["vocab"]) == 32
    assert "<image>" not in (target / "tokenizer.json").read_text()


def test_two_do_not_import_the_same_at_once(source: Path, target: Path) -> None:
    def import_too(_done: int, _total: int, _note: str) -> None:
        with pytest.raises(JobRefused, match="another program"):
            imported(source, target)

    import_gguf([source], target, "faithful", "", report=import_too, check=lambda: None)
    with pytest.raises(JobRefused, match="exists already"):
        imported(source, target)


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
    made = imported(source, target)
    assert made.origin.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
