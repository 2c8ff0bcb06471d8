"""The header of a weight file: read without its data, and checked against it."""

import json
import math
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest

from mlxtui.convert.safetensors_header import Tensor
from tests.convert.local_header import read_header

_LENGTH_BYTES = 8


def _write(file: Path, header: bytes, *, length: int | None = None) -> Path:
    stated = len(header) if length is None else length
    file.write_bytes(stated.to_bytes(_LENGTH_BYTES, "little") + header)
    return file


def _entry(**changes: Any) -> bytes:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 0], **changes}
    return json.dumps({"weight": entry}).encode()


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A file that MLX wrote."""
    arrays = {
        "a.weight": mx.zeros((3, 4), dtype=mx.float32),
        "b.scales": mx.zeros((5,), dtype=mx.bfloat16),
        "一.codes": mx.zeros((2, 2, 2), dtype=mx.uint32),
        "empty": mx.zeros((0, 3), dtype=mx.float16),
    }
    file = tmp_path / "model.safetensors"
    mx.save_safetensors(str(file), arrays, metadata={"format": "mlx"})
    return file


def test_every_tensor_is_told_with_its_kind_and_shape(whole: Path) -> None:
    header = read_header(whole)
    assert {n: (one.dtype, one.shape) for n, one in header.tensors.items()} == {
        "a.weight": ("F32", (3, 4)),
        "b.scales": ("BF16", (5,)),
        "一.codes": ("U32", (2, 2, 2)),
        "empty": ("F16", (0, 3)),
    }
    assert header.metadata == {"format": "mlx"}


def test_the_offsets_are_those_of_the_file(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        "a": mx.arange(6, dtype=mx.uint32), "b": mx.ones(3, dtype=mx.float16),
    }  # fmt: skip
    file = tmp_path / "model.safetensors"
    mx.save_safetensors(str(file), arrays)
    content = file.read_bytes()
    tensors = read_header(file).tensors
    for name, array in arrays.items():
        tensor = tensors[name]
        assert content[tensor.start : tensor.end] == bytes(memoryview(array))
    assert max(tensor.end for tensor in tensors.values()) == len(content)


def test_the_size_of_a_tensor_is_its_number_of_elements() -> None:
    assert Tensor("F32", (3, 4)).size == 12
    assert Tensor("F32", ()).size == 1
    assert Tensor("F32", (0, 3)).size == 0


def test_a_file_cut_anywhere_is_refused(whole: Path) -> None:
    content = whole.read_bytes()
    for kept in range(len(content)):
        whole.write_bytes(content[:kept])
        with pytest.raises(ValueError, match="safetensors header|of .* bytes"):
            read_header(whole)


def test_a_cut_file_is_told_with_both_sizes(whole: Path) -> None:
    size_bytes = whole.stat().st_size
    whole.write_bytes(whole.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{size_bytes - 1} of {size_bytes} bytes"):
        read_header(whole)


def test_a_file_without_tensors_is_whole(tmp_path: Path) -> None:
    assert read_header(_write(tmp_path / "x", b"{}")).tensors == {}


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**63, 2**64 - 1])
def test_a_length_that_lies_is_refused_without_reading_so_much(
    length: int, tmp_path: Path
) -> None:
    file = _write(tmp_path / "x", _entry(), length=length)
    with pytest.raises(ValueError, match="no safetensors header"):
        read_header(file)


def test_a_header_beyond_the_formats_limit_is_refused(tmp_path: Path) -> None:
    limit_bytes = 100_000_000  # of the format's own reference implementation
    file = _write(tmp_path / "x", b"{}", length=limit_bytes + 1)
    with open(file, "r+b") as opened:
        opened.truncate(2 * limit_bytes)  # takes no room on the disk
    with pytest.raises(ValueError, match="no safetensors header"):
        read_header(file)


_SENSELESS = {
    "no JSON": b"not json",
    "no text": b"\xff\xfe\xfd",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"text"',
    "deep": b"[" * 100_000,
    "a number for a tensor": b'{"weight": 5}',
    "a list for a tensor": b'{"weight": []}',
    "an empty tensor": b'{"weight": {}}',
    "no offsets": b'{"weight": {"dtype": "F32", "shape": [1]}}',
    "shape null": _entry(shape=None),
    "shape a number": _entry(shape=3),
    "shape of words": _entry(shape=["x"]),
    "shape below zero": _entry(shape=[-1, 5]),
    "shape infinite": _entry(shape=[math.inf]),
    "offsets null": _entry(data_offsets=None),
    "offsets empty": _entry(data_offsets=[]),
    "one offset": _entry(data_offsets=[0]),
    "offsets of words": _entry(data_offsets=["a", "b"]),
    "offset infinite": _entry(data_offsets=[0, math.inf]),
    "offset no number": _entry(data_offsets=[0, math.nan]),
}


@pytest.mark.parametrize("header", _SENSELESS.values(), ids=_SENSELESS)
def test_a_header_that_says_no_sense_is_refused(header: bytes, tmp_path: Path) -> None:
    file = _write(tmp_path / "x", header)
    with pytest.raises(ValueError, match="damaged"):
        read_header(file)


def test_garbage_is_no_safetensors_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\n" * 3)
    with pytest.raises(ValueError, match="no safetensors header"):
        read_header(file)


def test_a_missing_file_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "nothing")


def _header(**entries: tuple[str, list[int], list[int]]) -> bytes:
    return json.dumps(
        {
            name: {"dtype": dtype, "shape": shape, "data_offsets": offsets}
            for name, (dtype, shape, offsets) in entries.items()
        }
    ).encode()


_WRONG = {
    "overlapping": _header(a=("F32", [2], [0, 8]), b=("F32", [2], [4, 12])),
    "a hole": _header(a=("F32", [2], [0, 8]), b=("F32", [2], [12, 20])),
    "begins late": _header(a=("F32", [2], [4, 12])),
    "fewer bytes than its shape": _header(a=("F32", [2], [0, 4])),
    "more bytes than its shape": _header(a=("F32", [1], [0, 8])),
    "end before start": _header(a=("F32", [0], [4, 0])),
    "dtype unknown": _header(a=("F99", [1], [0, 4])),
    "dtype a list": _entry(dtype=["F32"]),
    "shape of bools": _entry(shape=[True], data_offsets=[0, 4]),
    "shape of floats": _entry(shape=[1.0], data_offsets=[0, 4]),
    "offsets of floats": _entry(data_offsets=[0, 4.0]),
    "three offsets": _entry(data_offsets=[0, 4, 4]),
    "below zero": _entry(shape=[-1], data_offsets=[-4, 0]),
    "counts beyond any file": _entry(shape=[2**62, 2**62], data_offsets=[0, 4]),
    "a count of a hundred digits": _entry(shape=[10**100], data_offsets=[0, 4]),
    "too many dimensions": _entry(shape=[1] * 1000, data_offsets=[0, 4]),
    "a name twice": b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
    b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    "metadata a list": b'{"__metadata__": [1]}',
}


@pytest.mark.parametrize("header", _WRONG.values(), ids=_WRONG)
def test_a_header_that_contradicts_itself_is_refused(
    header: bytes, tmp_path: Path
) -> None:
    file = _write(tmp_path / "x", header)
    with open(file, "ab") as opened:
        opened.write(bytes(20))
    with pytest.raises(ValueError, match="damaged"):
        read_header(file)


def test_bytes_that_belong_to_no_tensor_are_refused(whole: Path) -> None:
    size_bytes = whole.stat().st_size
    with open(whole, "ab") as opened:
        opened.write(b"x")
    with pytest.raises(ValueError, match=f"{size_bytes + 1} .* {size_bytes}"):
        read_header(whole)


def test_a_header_longer_than_the_first_read_takes_two(tmp_path: Path) -> None:
    entries = {f"layer.{n:06d}": ("U8", [0], [0, 0]) for n in range(5000)}
    file = _write(tmp_path / "x", _header(**entries))
    assert file.stat().st_size > 256 * 1024
    assert set(read_header(file).tensors) == set(entries)
