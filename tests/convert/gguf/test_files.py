"""GGUF files: recognised by their headers, chosen from, and refused with a reason."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.tokenizer import TEMPLATE_FAMILIES
from mlxtui.convert.source import LocalSource
from mlxtui.plans import Contents
from tests.convert.gguf.gguf_bytes import (
    LLAMA_TENSORS,
    Tensors,
    gguf_bytes,
    llama_facts,
    llama_tensors,
)
from tests.data import SHARED, needs_shared_data

_PARAMETERS = 256 * 32 + 256 * 256 * 6 + 3 * 256
_NARROW = llama_tensors(32, "Q8_0")


def _looked_at(folder: Path, file: str = "") -> Contents:
    return look_at(LocalSource(folder), file)


def _facts(**changes: Any) -> Mapping[str, Any]:
    return llama_facts(256, general__file_type=15, **changes)


def _narrow(**changes: Any) -> bytes:
    return gguf_bytes(llama_facts(32, **changes), _NARROW)


def test_one_file_is_told_with_its_facts(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(gguf_bytes())
    contents = _looked_at(tmp_path)
    assert (contents.kind, contents.architecture) == ("gguf", "llama")
    assert contents.parameter_count == _PARAMETERS
    assert (contents.context_length, contents.layer_count) == (2048, 1)
    assert contents.quantization == "Q4_K_M" and contents.is_packed
    assert contents.bits_per_weight == pytest.approx(4.5, abs=0.1)
    assert contents.capabilities == ("chat",)
    assert contents.size_bytes == (tmp_path / "tiny.gguf").stat().st_size
    assert (contents.problem, contents.hint, contents.template_offer) == ("", "", "")
    assert contents.cache and contents.cache.bytes_per_token == 2 * 128 * 2


def test_it_is_told_what_it_becomes_in_both_modes(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(gguf_bytes())
    faithful, exact = _looked_at(tmp_path).gguf_forms
    packed, norms = _PARAMETERS - 3 * 256, 3 * 256
    assert (faithful.mode, exact.mode) == ("faithful", "exact")
    assert faithful.size_bytes == packed * 5 // 8 + norms * 2
    assert exact.size_bytes == packed * 6 // 8 + norms * 4
    assert faithful.bits_per_weight == faithful.size_bytes * 8 / _PARAMETERS


def test_the_template_tells_what_it_can(tmp_path: Path) -> None:
    template = "{% if tools %}{{ tools }}{% endif %}<think>"
    (tmp_path / "x.gguf").write_bytes(_narrow(tokenizer__chat_template=template))
    assert _looked_at(tmp_path).capabilities == ("chat", "tools", "thinking")


def test_without_a_template_its_familys_is_offered(tmp_path: Path) -> None:
    words = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    words += [chr(number) for number in range(97, 97 + 27)]
    facts = llama_facts(
        32, tokenizer__chat_template=None, tokenizer__ggml__tokens=words
    )
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(facts, _NARROW))
    contents = _looked_at(tmp_path)
    assert contents.capabilities == () and contents.problem == ""
    assert contents.template_offer == "chatml"


def test_without_a_known_family_there_are_all_to_choose_from(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(_narrow(tokenizer__chat_template=None))
    contents = _looked_at(tmp_path)
    assert contents.template_offer == ""
    assert contents.template_families == TEMPLATE_FAMILIES
    (tmp_path / "x.gguf").write_bytes(_narrow())
    assert _looked_at(tmp_path).template_families == ()


def test_that_there_is_no_vocabulary_is_told_before_a_fetch(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(_narrow(tokenizer__ggml__tokens=None))
    contents = _looked_at(tmp_path)
    assert "no vocabulary" in contents.problem and contents.hint


@pytest.mark.parametrize(("tokens", "is_said"), [(128, True), (1024, False)])
def test_a_context_that_is_less_than_any_models_is_told(
    tokens: int, is_said: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.gguf").write_bytes(_narrow(llama__context_length=tokens))
    contents = _looked_at(tmp_path)
    assert contents.problem == ""
    assert ("max_position_embeddings" in contents.hint) == is_said


def test_the_tensors_have_the_last_word_on_the_quantization(tmp_path: Path) -> None:
    (tmp_path / "tiny-Q4_K_M.gguf").write_bytes(
        gguf_bytes(_facts(), {**LLAMA_TENSORS, "output.weight": ("Q8_0", (256, 32))})
    )
    assert _looked_at(tmp_path).quantization == "Q4_K_M"
    (tmp_path / "tiny-Q4_K_M.gguf").write_bytes(_narrow(general__file_type=15))
    contents = _looked_at(tmp_path)
    assert contents.quantization == "Q8_0"
    assert [choice.quantization for choice in contents.gguf] == ["Q8_0"]


def _split(folder: Path) -> tuple[bytes, bytes]:
    first = gguf_bytes(llama_facts(32, split__count=2, split__no=0), {})
    second = gguf_bytes({"split.count": 2, "split.no": 1}, _NARROW)
    (folder / "m-00001-of-00002.gguf").write_bytes(first)
    (folder / "m-00002-of-00002.gguf").write_bytes(second)
    return first, second


def test_split_files_are_one_choice_and_all_must_be_there(tmp_path: Path) -> None:
    first, second = _split(tmp_path)
    contents = _looked_at(tmp_path)
    assert contents.problem == ""  # though the first part holds no tensors
    assert [one.size_bytes for one in contents.gguf] == [len(first) + len(second)]
    assert contents.weight_files == ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf")
    assert contents.gguf_forms
    os.remove(tmp_path / "m-00002-of-00002.gguf")
    contents = _looked_at(tmp_path)
    assert "m-00002-of-00002.gguf" in contents.problem and contents.hint
    assert contents.architecture == "llama"


def test_a_split_model_without_its_first_part_is_told(tmp_path: Path) -> None:
    _split(tmp_path)
    os.remove(tmp_path / "m-00001-of-00002.gguf")
    assert "m-00001-of-00002.gguf" in _looked_at(tmp_path).problem


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({"general__architecture": "bert"}, "other", "embedding"),
        ({"llama__pooling_type": 3}, "other", "embedding"),
        ({"llama__pooling_type": 4}, "other", "not a model that writes"),
        ({"general__type": "adapter"}, "adapter", "adapter"),
        ({"general__type": None, "adapter__type": "lora"}, "adapter", "adapter"),
        ({"general__type": "mmproj"}, "other", "projector"),
        ({"general__architecture": "clip"}, "other", "projector"),
        ({"general__type": "imatrix"}, "other", "importance matrix"),
        ({"general__architecture": "flux"}, "other", "flux"),
        ({"general__architecture": "whisper"}, "other", "whisper"),
        ({"general__architecture": "wavtokenizer-dec"}, "other", "wavtokenizer"),
        ({"general__architecture": "rwkv7"}, "gguf", "rwkv7"),
    ],
)
def test_what_cannot_become_a_model_is_told(
    facts: dict[str, str], kind: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.gguf").write_bytes(_narrow(**facts))
    contents = _looked_at(tmp_path)
    assert contents.kind == kind
    assert said in contents.problem and contents.hint
    assert contents.gguf_forms == ()
    if kind != "gguf":
        assert contents.gguf == ()


def test_an_unknown_architecture_is_told_with_those_that_are_known(
    tmp_path: Path,
) -> None:
    (tmp_path / "x.gguf").write_bytes(_narrow(general__architecture="rwkv7"))
    contents = _looked_at(tmp_path)
    assert "rwkv7" in contents.problem
    assert "llama" in contents.problem + contents.hint
    assert contents.gguf  # it may be fetched for other programs' sake


def test_an_image_model_that_does_not_say_so_is_told_by_its_tensors(
    tmp_path: Path,
) -> None:
    tensors = {"model.diffusion_model.input_blocks.0.0.weight": ("F16", (4, 4))}
    (tmp_path / "x.gguf").write_bytes(gguf_bytes({}, tensors))
    contents = _looked_at(tmp_path)
    assert contents.kind == "other" and "image model" in contents.problem


def test_a_vocabulary_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(tensors={}))
    assert "vocabulary only" in _looked_at(tmp_path).problem


def test_names_in_a_file_are_shown_short_and_harmless(tmp_path: Path) -> None:
    wicked = "\x1b[31mx\n" + "y" * 5000
    (tmp_path / "x.gguf").write_bytes(_narrow(general__architecture=wicked))
    contents = _looked_at(tmp_path)
    (tmp_path / "x.gguf").write_bytes(_narrow(general__type=wicked))
    for text in (contents.architecture, contents.problem, _looked_at(tmp_path).problem):
        assert not set(text) & {"\x1b", "\n"} and len(text) < 300


def test_a_tokenizer_that_is_not_known_is_told_before_anything_is_fetched(
    tmp_path: Path,
) -> None:
    (tmp_path / "x.gguf").write_bytes(
        _narrow(tokenizer__ggml__model="gpt2", tokenizer__ggml__pre="of-tomorrow")
    )
    contents = _looked_at(tmp_path)
    assert "of-tomorrow" in contents.problem and contents.hint
    (tmp_path / "x.gguf").write_bytes(_narrow(tokenizer__ggml__model=None))
    assert "no tokenizer" in _looked_at(tmp_path).problem


def test_a_type_that_is_not_taken_is_refused_by_name(tmp_path: Path) -> None:
    tensors: Tensors = {**_NARROW, "blk.0.ffn_up.weight": (77, (32, 32))}
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(llama_facts(32), tensors))
    assert "type 77" in _looked_at(tmp_path).problem


def test_a_missing_tensor_is_told_by_name(tmp_path: Path) -> None:
    tensors = {name: form for name, form in _NARROW.items() if "ffn_up" not in name}
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(llama_facts(32), tensors))
    assert "ffn_up" in _looked_at(tmp_path).problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no GGUF"),
        (b"<html>" * 10, "no GGUF"),
        (gguf_bytes(version=1), "version 1"),
        (gguf_bytes(version=99), "version 99"),
        (b"GGUF" + (3).to_bytes(4, "big") + bytes(100), "byte order"),
    ],
)
def test_to_fetch_what_is_no_known_gguf_again_is_not_advised(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    contents = _looked_at(tmp_path)
    assert "x.gguf cannot be read" in contents.problem and said in contents.problem
    assert contents.hint == "Choose another file of this model."


def test_ids_that_mean_none_and_a_shorter_context_are_taken(tmp_path: Path) -> None:
    facts = llama_facts(
        32,
        llama__context_length=512,
        llama__rope__scaling__original_context_length=256,
        tokenizer__ggml__padding_token_id=4294967295,
    )
    (tmp_path / "x.gguf").write_bytes(gguf_bytes(facts, _NARROW))
    contents = _looked_at(tmp_path)
    assert contents.problem == "" and contents.context_length == 512


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
    assert [round(one.bits_per_weight or 0) for one in contents.gguf] == [16, 32]
    assert contents.problem == "" and contents.context_length == 128
