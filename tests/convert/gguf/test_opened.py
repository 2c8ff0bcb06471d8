"""Opened GGUF files: rows mapped from the disk, vocabularies, and parts."""

import os
import struct
import time
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.gguf.parts import read_parts
from mlxtui.convert.gguf.source_description import SourceDescription
from mlxtui.convert.source import FileSource, LocalSource
from mlxtui.errors import ModelRefused
from tests.convert.gguf.gguf_bytes import Raw, Tensors, gguf_bytes, llama_facts
from tests.data import SHARED, needs_shared_data

_TENSORS: Tensors = {
    "a": ("Q8_0", (64, 3, 2)),
    "f": ("F32", (3,)),
    "h": ("F16", (2,)),
    "b": ("BF16", (2,)),
}
_DATA = {
    "a": bytes(range(256)) + bytes(range(152)),
    "f": struct.pack("<3f", 1, -2, 0.5),
    "h": np.array([0.25, -3], np.float16).tobytes(),
    "b": (np.array([1.5, -8], np.float32).view(np.uint32) >> 16)
    .astype(np.uint16)
    .tobytes(),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of four tensors."""
    file = tmp_path / "a.gguf"
    file.write_bytes(gguf_bytes(llama_facts(32), _TENSORS, data=_DATA))
    return file


def test_rows_are_the_stored_bytes(file: Path) -> None:
    with open_gguf([file]) as opened:
        rows = opened.rows("a")
        assert rows.shape == (6, 68)
        assert rows.tobytes() == _DATA["a"]
        assert opened.rows("f").shape == (1, 12)
    assert rows.tobytes() == _DATA["a"]  # held by itself
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1


def test_small_values_are_floats_from_a_file_or_from_ranges(file: Path) -> None:
    source = LocalSource(file.parent)
    described = SourceDescription(source, ["a.gguf"], read_parts(source, ["a.gguf"]))
    with open_gguf([file]) as opened:
        for one in (opened, described):
            assert one.values("f").tolist() == [1, -2, 0.5]
            assert one.values("h").tolist() == [0.25, -3]
            assert one.values("b").tolist() == [1.5, -8]
            for wrong in ("a", "missing"):
                with pytest.raises(ModelRefused, match=wrong):
                    one.values(wrong)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused(value: float, tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    data = {"f": struct.pack("<f", value)}
    file.write_bytes(gguf_bytes({}, {"f": ("F32", (1,))}, data=data))
    with open_gguf([file]) as opened, pytest.raises(ModelRefused, match="f"):
        opened.values("f")


def test_a_type_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(gguf_bytes({}, {"a": (77, (4,))}))
    with open_gguf([file]) as opened, pytest.raises(ModelRefused, match="type 77"):
        opened.rows("a")


def test_a_file_that_is_cut_is_refused_and_never_a_crash(file: Path) -> None:
    whole = file.read_bytes()
    with open_gguf([file]) as opened:
        os.truncate(file, len(whole) // 2)
        with pytest.raises(ModelRefused, match="was changed"):
            opened.rows("b")
    with pytest.raises(ModelRefused, match="end of the file|bytes are there"):
        open_gguf([file])


def test_nothing_stays_open(file: Path, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with open_gguf([file]) as opened:
        rows = opened.rows("a")
        assert int(rows.sum())
        del rows
        if before:  # the memory of a file that was read does not add up
            assert file.name not in Path("/proc/self/maps").read_text()
    (tmp_path / "b.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelRefused, match=r"b\.gguf"):
        open_gguf([file, tmp_path / "b.gguf"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelRefused, match="pipe"):  # and nobody waits for a writer
        open_gguf([tmp_path / "pipe"])
    with pytest.raises(FileNotFoundError):
        open_gguf([file, tmp_path / "c.gguf"])
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_vocabularies_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    facts = llama_facts(
        32,
        tokenizer__ggml__tokens=["<s>", "日本", "", "x y"],
        tokenizer__ggml__scores=[0.0, -1.5, -2.0, -3.0],
        tokenizer__ggml__token_type=Raw(9, struct.pack("<IQ4i", 5, 4, 3, 1, 1, 6)),
        tokenizer__ggml__merges=["a b", "日 本"],
    )
    file.write_bytes(gguf_bytes(facts, {}))
    with open_gguf([file]) as opened:
        vocabulary = opened.vocabulary()
    assert list(vocabulary.tokens) == ["<s>", "日本", "", "x y"]
    assert list(vocabulary.scores) == [0.0, -1.5, -2.0, -3.0]
    assert list(vocabulary.types) == [3, 1, 1, 6]
    assert list(vocabulary.merges) == ["a b", "日 本"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokenizer__ggml__tokens": None}, "no vocabulary"),
        ({"tokenizer__ggml__tokens": Raw(9, struct.pack("<IQ", 8, 0))}, "no vocabul"),
        ({"tokenizer__ggml__tokens": [1, 2]}, "damaged"),
        ({"tokenizer__ggml__scores": [1.0, 2.0]}, "damaged"),
        ({"tokenizer__ggml__scores": ["1"] * 32}, "damaged"),
        ({"tokenizer__ggml__token_type": [1.5] * 32}, "damaged"),
        ({"tokenizer__ggml__merges": [1] * 32}, "damaged"),
        ({"tokenizer__ggml__merges": [["a"]] * 32}, "damaged"),
    ],
)
def test_vocabularies_that_do_not_fit_together_are_refused(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(gguf_bytes(llama_facts(32, **changes), {}))
    with open_gguf([file]) as opened, pytest.raises(ModelRefused, match=said):
        opened.vocabulary()


def test_letters_that_are_no_utf8_do_not_stop_a_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    tokens = struct.pack("<IQ", 8, 2) + struct.pack("<Q", 2) + b"\xff\xfe"
    tokens += struct.pack("<Q", 1) + b"a"
    file.write_bytes(gguf_bytes({"tokenizer.ggml.tokens": Raw(9, tokens)}, {}))
    with open_gguf([file]) as opened:
        assert list(opened.vocabulary().tokens) == ["\udcff\udcfe", "a"]


def test_a_large_vocabulary_takes_less_than_the_packages_reader(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.gguf"
    words = [f"word{number}" for number in range(20_000)]
    merges = [f"{number} x" for number in range(20_000)]
    facts = llama_facts(
        32,
        tokenizer__ggml__tokens=words,
        tokenizer__ggml__scores=None,
        tokenizer__ggml__token_type=None,
        tokenizer__ggml__merges=merges,
    )
    file.write_bytes(gguf_bytes(facts, {}))
    start = time.perf_counter()
    with open_gguf([file]) as opened:
        vocabulary = opened.vocabulary()
    ours = time.perf_counter() - start
    start = time.perf_counter()
    field = gguf.GGUFReader(file).fields["tokenizer.ggml.tokens"]
    theirs = time.perf_counter() - start
    assert list(vocabulary.tokens) == words == field.contents()
    assert list(vocabulary.merges) == merges
    assert ours < theirs


def _split(folder: Path, **second: Any) -> list[Path]:
    """Two parts of a model; the first holds the facts alone, as llama.cpp can split."""
    facts = llama_facts(32, split__no=0, split__count=2, split__tensors__count=4)
    beside = {"split.no": 1, "split.count": 2, "split.tensors.count": 4}
    beside |= {key.replace("__", "."): value for key, value in second.items()}
    paths = [folder / f"m-0000{number}-of-00002.gguf" for number in (1, 2)]
    paths[0].write_bytes(gguf_bytes(facts, {}))
    paths[1].write_bytes(gguf_bytes(beside, _TENSORS, data=_DATA))
    return paths


def test_parts_are_one_model(tmp_path: Path) -> None:
    paths = _split(tmp_path)
    assert gguf_paths(paths[1]) == tuple(paths)
    assert gguf_paths(tmp_path, paths[0].name) == tuple(paths)
    with open_gguf(paths) as opened:
        assert opened.facts["llama.block_count"] == 1
        assert opened.rows("a").tobytes() == _DATA["a"]
        assert len(opened.vocabulary().tokens) == 32


@pytest.mark.parametrize(
    "second",
    [
        {"split__no": 0}, {"split__count": 3}, {"split__tensors__count": 5},
        {"general__architecture": "qwen2"},
    ],
)  # fmt: skip
def test_parts_of_different_models_are_refused(
    second: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ModelRefused, match="00002-of-00002"):
        open_gguf(_split(tmp_path, **second))


def test_parts_with_the_same_tensors_are_refused(tmp_path: Path) -> None:
    paths = _split(tmp_path)
    facts = llama_facts(32, split__no=0, split__count=2)
    paths[0].write_bytes(gguf_bytes(facts, _TENSORS))
    with pytest.raises(ModelRefused, match="same model"):
        open_gguf(paths)


def test_a_part_without_the_others_is_told_whatever_its_name(tmp_path: Path) -> None:
    first = _split(tmp_path)[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(ModelRefused, match="one of 2 parts"):
        open_gguf(gguf_paths(first))


def test_blobs_are_read_under_names_of_our_choice(file: Path) -> None:
    blob = file.rename(file.with_name("sha256-" + "0" * 64))
    source = FileSource({"a.gguf": blob, "gone.gguf": file})
    assert source.files() == {"a.gguf": blob.stat().st_size}
    assert set(read_parts(source, ["a.gguf"]).tensors) == set(_TENSORS)
    assert gguf_paths(blob) == (blob,)


@needs_shared_data
def test_real_files_hold_what_the_package_reads() -> None:
    for file in sorted((SHARED / "models" / "gguf").glob("*.gguf")):
        theirs = gguf.GGUFReader(file)
        with open_gguf([file]) as opened:
            for tensor in theirs.tensors:
                assert opened.rows(tensor.name).tobytes() == tensor.data.tobytes()
            tokens = theirs.fields["tokenizer.ggml.tokens"].contents()
            assert list(opened.vocabulary().tokens) == tokens
