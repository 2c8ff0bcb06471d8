"""GGUF files damaged on purpose, thousands of times: a clear answer, and no crash."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.header import read_gguf_header
from mlxtui.convert.gguf.importing import import_gguf
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.source import LocalSource
from mlxtui.errors import MlxTuiError
from mlxtui.plans import Contents
from mlxtui.recipes import GgufMode
from tests.convert.gguf.gguf_bytes import (
    Raw,
    gguf_bytes,
    head_bytes,
    llama_facts,
    llama_tensors,
    stored_bytes,
    tensor_entry,
)

_QUICK = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_TENSORS = llama_tensors(32, "Q8_0")
_GOOD = gguf_bytes(llama_facts(32), _TENSORS)
_DATA_BYTES = sum(-(-stored_bytes(*one) // 32) * 32 for one in _TENSORS.values())
_HEADER_BYTES = len(_GOOD) - _DATA_BYTES
_MOST = 2**64 - 1


def _write(folder: Path, content: bytes) -> Path:
    """Anew: ext4 flushes a file that is cut and written again, which takes long."""
    file = folder / "x.gguf"
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    return file


def _judge(folder: Path, content: bytes) -> Contents:
    """Look at the file, open it, and hold it to what is said of it."""
    file = _write(folder, content)
    contents = look_at(LocalSource(folder))
    assert contents.hint or not contents.problem
    assert contents.gguf_forms or contents.problem
    try:
        header = read_gguf_header(LocalSource(folder), file.name, len(content))
    except ValueError as error:
        assert str(error) in contents.problem
        with pytest.raises(MlxTuiError):
            open_gguf([file])
        return contents
    try:
        opened = open_gguf([file])
    except MlxTuiError:
        return contents  # it says that it is a part of something
    with opened:
        for name, tensor in header.tensors.items():
            assert tensor.start + tensor.size_bytes <= len(content)
            if tensor.size_bytes:
                assert opened.rows(name).nbytes == tensor.size_bytes
        try:
            vocabulary = opened.vocabulary()
        except MlxTuiError as error:
            assert error.hint
        else:
            assert len(vocabulary.tokens) <= len(content)
    return contents


@settings(_QUICK, max_examples=1200)
@given(
    places=st.lists(st.integers(0, _HEADER_BYTES - 1), min_size=1, max_size=3),
    value=st.sampled_from([0, 1, 4, 8, 9, 10, 32, 127, 128, 255]),
    kept=st.one_of(st.just(len(_GOOD)), st.integers(0, len(_GOOD))),
)
def test_wrong_bytes_and_files_that_are_cut(
    places: Sequence[int], value: int, kept: int, tmp_path: Path
) -> None:
    content = bytearray(_GOOD)
    for place in places:
        content[place] = value
    _judge(tmp_path, bytes(content[:kept]))


_kinds = st.sampled_from([0, 1, 8, 12, 14, 24, 28, 30, 39, 40, 4, 99, 2**31])
_names = st.sampled_from(
    [*_TENSORS, "rope_freqs.weight", "x", "", "blk.9.x", "日" * 40]
)
_lengths = st.sampled_from([0, 1, 16, 31, 32, 64, 256, 2**31, 2**40, 2**63, _MOST])
_offsets = st.one_of(
    st.integers(0, 9).map(lambda number: number * 32),
    st.sampled_from([1, 31, 33, 4096, 2**31, 2**40, 2**63, _MOST]),
)


@settings(_QUICK, max_examples=1200)
@given(
    entries=st.lists(
        st.tuples(_names, _kinds, st.lists(_lengths, max_size=5), _offsets),
        min_size=1, max_size=4,
    ),
    keeps_others=st.booleans(),
    claimed=st.sampled_from([None, None, None, 1, 2**20, 2**62]),
    alignment=st.sampled_from([None, None, 0, 1, 3, 32, 64, 2**20, 2**31]),
)  # fmt: skip
def test_tensors_of_wrong_counts_dimensions_offsets_and_names(
    entries: list[tuple[str, int, list[int], int]],
    keeps_others: bool,
    claimed: int | None,
    alignment: int | None,
    tmp_path: Path,
) -> None:
    facts = llama_facts(32)
    if alignment is not None:
        facts["general.alignment"] = alignment
    listed = [tensor_entry(*entry) for entry in entries]
    if keeps_others:
        listed += [
            tensor_entry(name, kind, shape, 4096 * number)
            for number, (name, (kind, shape)) in enumerate(_TENSORS.items(), 1)
        ]
    head = head_bytes(facts.items(), len(listed) if claimed is None else claimed)
    _judge(tmp_path, head + b"".join(listed) + bytes(4096 * 13))


def _file(
    facts: Sequence[tuple[str, Any]], shifts: Mapping[str, int], cut: int = 0
) -> bytes:
    """A file whose tensors are said to lie so far from where they are."""
    listed, start = b"", 0
    for name, (kind, shape) in _TENSORS.items():
        place = max(start + shifts.get(name, 0), 0)
        listed += tensor_entry(name, kind, shape, place)
        start += stored_bytes(kind, shape)
        start += -start % 32
    head = head_bytes(facts, len(_TENSORS)) + listed
    content = head + bytes(-len(head) % 32) + bytes(start)
    return content[: len(content) - cut]


@settings(_QUICK, max_examples=500)
@given(
    shifts=st.dictionaries(st.sampled_from(list(_TENSORS)),
                           st.sampled_from([-64, -32, -1, 1, 31, 32, 64]), max_size=2),
    cut=st.sampled_from([0, 0, 0, 0, 1, 32]),
)  # fmt: skip
def test_offsets_that_are_a_little_wrong(
    shifts: dict[str, int], cut: int, tmp_path: Path
) -> None:
    contents = _judge(tmp_path, _file(list(llama_facts(32).items()), shifts, cut))
    # The first one cannot be said to lie before the beginning.
    shifts = {name: shift for name, shift in shifts.items()
              if shift > 0 or name != next(iter(_TENSORS))}  # fmt: skip
    assert bool(contents.problem) == bool(shifts or cut)


def _array(kind: int, length: int, content: bytes = b"") -> Raw:
    return Raw(9, struct.pack("<IQ", kind, length) + content)


_claims = st.sampled_from([0, 1, 2, 32, 1024, 1025, 2**20, 2**40, 2**62, _MOST])
_broken = st.one_of(
    st.builds(_array, st.integers(0, 14), _claims, st.binary(max_size=40)),
    st.builds(
        lambda depth, length: Raw(9, struct.pack("<IQ", 9, length) * depth),
        st.sampled_from([1, 2, 5, 6, 300]), st.sampled_from([1, 2, 2**40]),
    ),
    st.builds(lambda length: Raw(8, struct.pack("<Q", length)), _claims),
    st.integers(0, 20).map(lambda kind: Raw(kind, bytes(3))),
)  # fmt: skip
_odd = st.sampled_from([
    0, 1, 2, 3, 16, 31, 33, 2**16, 2**24, 2**31, 2**32 - 1, 0.0, -1.0, 1e38, 1e-45,
    float("nan"), float("inf"), True, False, "", "x" * 70_000, "llama", "gpt2", "日本",
    "yarn", "../x", [], [0], [1] * 32, [2**32 - 1] * 4, [0.0] * 32, [float("nan")] * 32,
    ["<s>"] * 32, ["a b"] * 4, ["", "a"] * 16, ["日"] * 40, [[1]], [[[["a"]]]], [True],
    ["{{"], Raw(5, struct.pack("<i", -1)), [-0.0] * 32,
    Raw(9, struct.pack("<IQ32i", 5, 32, *[-5] * 32)),
    Raw(10, b"\xff" * 8), Raw(11, b"\xff" * 8), Raw(12, struct.pack("<d", 1e300)),
])  # fmt: skip
_keys = st.sampled_from([
    *llama_facts(32), "general.alignment", "split.count", "split.no", "general.name",
    "llama.attention.key_length", "llama.vocab_size", "llama.rope.freq_base",
    "llama.rope.scaling.type", "llama.rope.scaling.factor", "llama.expert_count",
    "tokenizer.ggml.merges", "tokenizer.ggml.pre", "tokenizer.ggml.add_bos_token",
    "tokenizer.ggml.padding_token_id", "general.file_type", "llama.pooling_type", "x",
])  # fmt: skip


@settings(_QUICK, max_examples=900)
@given(
    changed=st.lists(st.tuples(_keys, st.one_of(_broken, _odd)), min_size=1, max_size=2)
)
def test_facts_of_wrong_lengths_and_nesting_and_those_that_come_twice(
    changed: list[tuple[str, Any]], tmp_path: Path
) -> None:
    facts = [*llama_facts(32).items(), *changed]
    _judge(tmp_path, _file(facts, {}))


@settings(_QUICK, max_examples=1200)
@given(changed=st.dictionaries(_keys, _odd, min_size=1, max_size=3))
def test_facts_that_no_model_has(changed: dict[str, Any], tmp_path: Path) -> None:
    _judge(tmp_path, _file(list((llama_facts(32) | changed).items()), {}))


@settings(_QUICK, max_examples=500)
@given(
    content=st.binary(max_size=80),
    counts=st.tuples(_claims, _claims),
    version=st.sampled_from([2, 3, 3, 0, 1, 4, 2**24 * 3, 2**32 - 1]),
)
def test_headers_of_anything(
    content: bytes, counts: tuple[int, int], version: int, tmp_path: Path
) -> None:
    head = b"GGUF" + struct.pack("<IQQ", version, *counts)
    _judge(tmp_path, head + content)
    _judge(tmp_path, b"GGUF" + content)


@settings(_QUICK, max_examples=150)
@given(
    key=_keys, value=_odd, mode=st.sampled_from(["faithful", "exact"]),
    family=st.sampled_from(["", "chatml", "../../x"]),
    filler=st.sampled_from([0, 1, 127, 128, 255]),
)  # fmt: skip
def test_importing_makes_a_model_or_nothing(
    key: str, value: Any, mode: GgufMode, family: str, filler: int, tmp_path: Path
) -> None:
    facts = {**llama_facts(32), "general.name": "../../../out", key: value}
    content = _file(list(facts.items()), {})
    header_bytes = len(content) - _DATA_BYTES
    file = _write(tmp_path, content[:header_bytes] + bytes([filler]) * _DATA_BYTES)
    models = tmp_path / "models"
    models.mkdir(exist_ok=True)
    before = {path for path in tmp_path.rglob("*") if models not in path.parents}
    target = models / "made"
    try:
        import_gguf([file], target, mode, family, report=_ignore, check=_ignore)
    except (MlxTuiError, ValueError) as error:
        assert isinstance(error, MlxTuiError) or family == "../../x"
        assert not target.exists()
    after = {path for path in tmp_path.rglob("*") if models not in path.parents}
    assert after == before
    for path in sorted(models.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def _ignore(*_anything: Any) -> None:
    return None
