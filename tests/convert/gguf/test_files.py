"""GGUF files: recognised by their headers, chosen from, and refused with a reason."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.header import read_gguf_header
from mlxtui.convert.source import LocalSource
from mlxtui.plans import Contents
from tests.convert.gguf.gguf_bytes import LLAMA_FACTS, LLAMA_TENSORS, gguf_bytes
from tests.data import SHARED, needs_shared_data

_PARAMETERS = 256 * 8 + 256 * 4 + 256


def _looked_at(folder: Path, file: str = "") -> Contents:
    return look_at(LocalSource(folder), file)


def _facts(**changes: Any) -> Mapping[str, Any]:
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return {**LLAMA_FACTS, **named}


def test_one_file_is_told_with_its_facts(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(gguf_bytes())
    contents = _looked_at(tmp_path)
    assert (contents.kind, contents.architecture) == ("gguf", "llama")
    assert contents.parameter_count == _PARAMETERS
    assert (contents.context_length, contents.layer_count) == (2048, 1)
    assert contents.quantization == "Q4_K_M"
    assert contents.capabilities == ("chat",)
    assert contents.size_bytes == (tmp_path / "tiny.gguf").stat().st_size
    assert "cannot convert" in contents.problem
    assert "safetensors" in contents.hint


def test_the_tensors_have_the_last_word_on_the_quantization(tmp_path: Path) -> None:
    tensors = {**LLAMA_TENSORS, "output.weight": ("Q8_0", (256, 100))}
    (tmp_path / "tiny-Q4_K_M.gguf").write_bytes(gguf_bytes(tensors=tensors))
    contents = _looked_at(tmp_path)
    assert contents.quantization == "Q8_0"
    assert [choice.quantization for choice in contents.gguf] == ["Q8_0"]


def test_several_are_to_choose_from(tmp_path: Path) -> None:
    small = gguf_bytes()
    large = gguf_bytes(
        _facts(general__file_type=1), {"token_embd.weight": ("F16", (256, 100))}
    )
    (tmp_path / "m-Q4_K_M.gguf").write_bytes(small)
    (tmp_path / "m-F16.gguf").write_bytes(large)
    (tmp_path / "mmproj-F16.gguf").write_bytes(
        gguf_bytes(_facts(general__architecture="clip"))
    )
    (tmp_path / "m-Q2_K.gguf").write_bytes(b"GGUF")
    contents = _looked_at(tmp_path)
    told = [(one.file, one.quantization, one.size_bytes) for one in contents.gguf]
    assert told == [
        ("m-Q2_K.gguf", "Q2_K", 4),
        ("m-Q4_K_M.gguf", "Q4_K_M", len(small)),
        ("m-F16.gguf", "F16", len(large)),
    ]
    chosen = _looked_at(tmp_path, "m-F16.gguf")
    assert (chosen.quantization, chosen.size_bytes) == ("F16", len(large))
    missing = _looked_at(tmp_path, "m-Q9.gguf")
    assert "m-Q9.gguf" in missing.problem
    assert "m-F16.gguf" in missing.hint and "mmproj" not in missing.hint


def test_split_files_are_one_choice_and_all_must_be_there(tmp_path: Path) -> None:
    first = gguf_bytes(_facts(split__count=2, split__no=0))
    second = gguf_bytes(
        {"split.count": 2, "split.no": 1}, {"output.weight": ("Q4_K", (256, 4))}
    )
    (tmp_path / "m-00001-of-00002.gguf").write_bytes(first)
    (tmp_path / "m-00002-of-00002.gguf").write_bytes(second)
    contents = _looked_at(tmp_path)
    assert [one.size_bytes for one in contents.gguf] == [len(first) + len(second)]
    assert contents.parameter_count == _PARAMETERS + 1024
    assert contents.weight_files == ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf")
    os.remove(tmp_path / "m-00002-of-00002.gguf")
    assert "m-00002-of-00002.gguf" in _looked_at(tmp_path).problem


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({"general__architecture": "bert"}, "other", "embedding"),
        ({"general__type": "adapter"}, "adapter", "adapter"),
        ({"general__type": "mmproj"}, "other", "projector"),
        ({"general__type": "imatrix"}, "other", "importance matrix"),
        ({"general__architecture": "flux"}, "other", "flux"),
    ],
)
def test_what_writes_no_text_is_told(
    facts: dict[str, str], kind: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(_facts(**facts)))
    contents = _looked_at(tmp_path)
    assert contents.kind == kind
    assert said in contents.problem and contents.hint
    assert contents.gguf == ()


def test_a_vocabulary_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(tensors={}))
    assert "vocabulary only" in _looked_at(tmp_path).problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no GGUF"),
        (b"<html>" * 10, "no GGUF"),
        (gguf_bytes(version=1), "version 1"),
        (gguf_bytes(version=99), "version 99"),
        (b"GGUF" + (3).to_bytes(4, "big") + bytes(100), "byte order"),
        (gguf_bytes()[:-1], "bytes are there"),
        (gguf_bytes()[:60], "end of the file"),
    ],
)
def test_a_damaged_file_is_told_how(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    contents = _looked_at(tmp_path)
    assert contents.kind == "gguf"
    assert "x.gguf is damaged" in contents.problem and said in contents.problem
    assert contents.hint


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = gguf_bytes()
    file = tmp_path / "x.gguf"
    for kept in range(0, len(whole), 7):
        file.unlink(missing_ok=True)
        file.write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=r"GGUF|end of the file|bytes are there"):
            read_gguf_header(LocalSource(tmp_path), file.name, kept)


def test_a_long_vocabulary_is_walked_over_and_not_kept(tmp_path: Path) -> None:
    tokens = [f"token {number} " + "x" * 20 for number in range(60_000)]
    (tmp_path / "x.gguf").write_bytes(
        gguf_bytes(_facts(tokenizer__ggml__tokens=tokens))
    )
    source = LocalSource(tmp_path)
    header = read_gguf_header(source, "x.gguf", source.files()["x.gguf"])
    assert set(header.tensors) == set(LLAMA_TENSORS)
    assert not any(isinstance(value, list) for value in header.facts.values())


@needs_shared_data
def test_a_real_file_is_read_as_its_makers_read_it() -> None:
    gguf = pytest.importorskip("gguf")
    for file in sorted((SHARED / "models" / "gguf").glob("*.gguf")):
        source = LocalSource(file.parent)
        header = read_gguf_header(source, file.name, file.stat().st_size)
        theirs = {one.name: one for one in gguf.GGUFReader(file).tensors}
        assert set(header.tensors) == set(theirs)
        for name, tensor in header.tensors.items():
            assert tensor.shape == tuple(int(n) for n in theirs[name].shape)
            assert tensor.type_name == theirs[name].tensor_type.name


@needs_shared_data
def test_real_vocabularies_are_refused_as_models() -> None:
    files = sorted((SHARED / "vocab_gguf").glob("*.gguf"))
    assert files
    for file in files:
        contents = look_at(LocalSource(file.parent), file.name)
        assert contents.architecture
        assert "vocabulary" in contents.problem or "embedding" in contents.problem


@needs_shared_data
def test_a_real_model_is_told_with_its_size() -> None:
    folder = SHARED / "models" / "gguf"
    contents = look_at(LocalSource(folder))
    assert contents.parameter_count and 250_000 < contents.parameter_count < 300_000
    assert {one.quantization for one in contents.gguf} == {"F16", "F32"}
