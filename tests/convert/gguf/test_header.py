"""The header of a GGUF file: what it keeps, walks over, and refuses."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlxtui.convert.gguf.header import GgufHeader, read_gguf_header
from mlxtui.convert.gguf.types import block_sizes, file_types, type_names
from mlxtui.convert.source import LocalSource
from tests.convert.gguf.gguf_bytes import (
    LLAMA_TENSORS,
    Raw,
    gguf_bytes,
    head_bytes,
    llama_facts,
    tensor_entry,
    text_bytes,
)

_DAMAGED = "header is damaged"


def read(folder: Path, content: bytes) -> GgufHeader:
    """The header of a file with this content."""
    file = folder / "x.gguf"
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    return read_gguf_header(LocalSource(folder), file.name, len(content))


def refusal(folder: Path, content: bytes) -> str:
    """Why such a file is refused."""
    with pytest.raises(ValueError) as caught:
        read(folder, content)
    return str(caught.value)


def test_facts_keep_numbers_texts_and_short_lists(tmp_path: Path) -> None:
    facts: dict[str, Any] = {
        "a.number": 7,
        "a.flag": True,
        "a.text": "日本",
        "a.layers": [1, 2, 3],
        "a.pattern": [True, False],
        "a.factors": [0.5, 1.5],
        "a.names": ["default", "tool_use"],
        "a.none": 4294967295,
        "a.nothing": [],
        "a.signed": Raw(5, struct.pack("<i", -2)),
        "a.long": Raw(10, struct.pack("<Q", 2**60)),
    }
    header = read(tmp_path, gguf_bytes(facts, {}))
    assert header.facts == {
        "a.number": 7, "a.flag": True, "a.text": "日本", "a.layers": (1, 2, 3),
        "a.pattern": (True, False), "a.factors": (0.5, 1.5),
        "a.names": ("default", "tool_use"), "a.none": 4294967295, "a.nothing": (),
        "a.signed": -2, "a.long": 2**60,
    }  # fmt: skip
    assert header.lists == {}


def test_vocabularies_and_long_lists_are_only_placed(tmp_path: Path) -> None:
    facts = {
        "tokenizer.ggml.tokens": ["a", "bc"],
        "tokenizer.ggml.scores": [0.5, 1.5],
        "a.long": list(range(2000)),
        "a.nested": [[1, 2], [3]],
        "a.last": 1,
    }
    content = gguf_bytes(facts, {})
    header = read(tmp_path, content)
    assert header.facts == {"a.last": 1}
    places = header.lists
    assert {key: one.length for key, one in places.items()} == {
        "tokenizer.ggml.tokens": 2, "tokenizer.ggml.scores": 2, "a.long": 2000,
        "a.nested": 2,
    }  # fmt: skip
    tokens = places["tokenizer.ggml.tokens"]
    assert content[tokens.start : tokens.end] == text_bytes("a") + text_bytes("bc")
    scores = places["tokenizer.ggml.scores"]
    assert content[scores.start : scores.end] == struct.pack("<2f", 0.5, 1.5)


def test_marks_of_templates_are_noticed_in_a_long_vocabulary(tmp_path: Path) -> None:
    words = [f"word {number} " + "x" * (number % 40) for number in range(60_000)]
    marks = {"<|im_start|>", "<start_of_turn>", "[INST]", "[/INST]", "<｜User｜>"}
    words[100:100] = marks
    words[50_000:50_000] = ["<|eot_id|>", "<0x0A>", "<unused7>", "a <b> c", "<a b>"]
    words += ["<|last|>"]
    header = read(tmp_path, gguf_bytes({"tokenizer.ggml.tokens": words}, {}))
    assert header.marks == marks | {"<|eot_id|>", "<|last|>"}


def test_tensors_are_told_with_their_places(tmp_path: Path) -> None:
    content = gguf_bytes(
        {}, {"a": ("Q4_K", (256, 2)), "b": ("F32", (3,)), "c": ("F16", ())},
        data={"b": struct.pack("<3f", 1, 2, 3)},
    )  # fmt: skip
    tensors = read(tmp_path, content).tensors
    assert tensors["a"].size_bytes == 288 and tensors["a"].size == 512
    start = tensors["b"].start
    assert content[start : start + 12] == struct.pack("<3f", 1, 2, 3)
    assert tensors["c"].shape == (1,)


def test_an_alignment_of_its_own_is_followed(tmp_path: Path) -> None:
    tensors = {"a": ("F32", (3,)), "b": ("F32", (1,))}
    content = gguf_bytes(
        {"general.alignment": 128}, tensors, data={"b": struct.pack("<f", 7)}
    )
    start = read(tmp_path, content).tensors["b"].start
    assert start % 128 == 0
    assert struct.unpack_from("<f", content, start) == (7.0,)


def test_unknown_types_keep_their_numbers(tmp_path: Path) -> None:
    tensor = read(tmp_path, gguf_bytes({}, {"a": (77, (5, 2))})).tensors["a"]
    assert (tensor.type_name, tensor.size, tensor.size_bytes) == ("type 77", 10, 0)


def test_the_tables_are_those_of_the_package() -> None:
    assert type_names()[12] == "Q4_K" and type_names()[39] == "MXFP4"
    assert block_sizes()["Q6_K"] == (256, 210)
    assert file_types()[15] == "Q4_K_M" and file_types()[0] == "F32"
    assert file_types()[38] == "MXFP4"


@pytest.mark.parametrize(
    ("tensors", "offsets"),
    [
        ({"a": ("Q4_K", (255, 2))}, {}),  # rows of a part of a block
        ({"a": ("F32", (0, 2))}, {}),
        ({"a": ("F32", (1, 1, 1, 1, 1))}, {}),
        ({"a": ("F32", (2**40, 2**40))}, {}),
        ({"a": (77, (2**63, 2**63))}, {}),
        ({"a": ("F32", (8,)), "b": ("F32", (8,))}, {"b": 0}),  # both in one place
        ({"a": ("F32", (16,)), "b": ("F32", (8,))}, {"b": 32}),  # one in the other
        ({"a": ("F32", (8,)), "b": ("F32", (8,))}, {"b": 33}),
    ],
)
def test_impossible_tensors_are_damage(
    tensors: Mapping[str, Any], offsets: Mapping[str, int], tmp_path: Path
) -> None:
    entries = b"".join(
        tensor_entry(name, kind, shape, offsets.get(name, 32 * number))
        for number, (name, (kind, shape)) in enumerate(tensors.items())
    )
    content = head_bytes([], len(tensors)) + entries
    assert _DAMAGED in refusal(tmp_path, content + bytes(4096))


@pytest.mark.parametrize("alignment", [0, 3, 33, 2**31, 32.0, "32", [32], True])
def test_an_impossible_alignment_is_damage(alignment: Any, tmp_path: Path) -> None:
    head = head_bytes([("general.alignment", alignment)], 0)
    assert _DAMAGED in refusal(tmp_path, head + bytes(64))


def test_two_tensors_or_facts_of_one_name_are_damage(tmp_path: Path) -> None:
    entries = tensor_entry("a", "F32", (1,), 0) + tensor_entry("a", "F32", (1,), 32)
    assert _DAMAGED in refusal(tmp_path, head_bytes([], 2) + entries + bytes(200))
    for value in (1, [], ["a"], Raw(9, struct.pack("<IQ", 9, 0))):
        head = head_bytes([("k", value), ("k", value)], 0)
        assert _DAMAGED in refusal(tmp_path, head + bytes(64))


def test_lists_nested_without_end_are_damage(tmp_path: Path) -> None:
    deep = struct.pack("<IQ", 9, 1) * 500
    facts = {"k": Raw(9, deep)}
    assert _DAMAGED in refusal(tmp_path, gguf_bytes(facts, {}))


def test_a_number_of_the_other_byte_order_is_told(tmp_path: Path) -> None:
    big = b"GGUF" + struct.pack(">IQQ", 3, 1, 1)
    assert "byte order" in refusal(tmp_path, big + bytes(100))


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = gguf_bytes(llama_facts(32), {"a": ("Q8_0", (32, 2)), "b": ("F32", (3,))})
    for kept in range(0, len(whole) - 20, 7):
        said = refusal(tmp_path, whole[:kept])
        assert any(word in said for word in ("GGUF", "end of the file", "bytes are"))


def test_a_long_vocabulary_is_walked_over_and_not_kept(tmp_path: Path) -> None:
    tokens = [f"token {number} " + "x" * 20 for number in range(60_000)]
    facts = llama_facts(256, tokenizer__ggml__tokens=tokens)
    header = read(tmp_path, gguf_bytes(facts))
    assert set(header.tensors) == set(LLAMA_TENSORS)
    assert header.lists["tokenizer.ggml.tokens"].length == 60_000
