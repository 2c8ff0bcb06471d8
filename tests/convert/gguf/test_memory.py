"""What looking at a GGUF file takes in memory: what it holds, never what it claims."""

import struct
import tracemalloc
from pathlib import Path

import pytest

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.source import LocalSource
from tests.convert.gguf.gguf_bytes import (
    Raw,
    Tensors,
    gguf_bytes,
    head_bytes,
    tensor_entry,
    text_bytes,
)

# Python's objects take some times the bytes that they are made of, and there is what
# the packages keep. The files that are judged by it are small, and claim far more.
_MOST_ALLOCATED_BYTES = 4_000_000


@pytest.mark.parametrize("claimed", [2**20, 2**40, 2**62, 2**64 - 1])
@pytest.mark.parametrize(
    "form", ["counts", "text", "texts", "numbers", "lists", "name", "shape", "offset"]
)
def test_nothing_is_allocated_for_what_is_only_claimed(
    form: str, claimed: int, tmp_path: Path
) -> None:
    count = struct.pack("<Q", claimed)
    content = {
        "counts": b"GGUF\x03\0\0\0" + count * 2,
        "text": head_bytes([("k", Raw(8, count))], 0),
        "texts": head_bytes(
            [("tokenizer.ggml.tokens", Raw(9, struct.pack("<IQ", 8, claimed)))], 0
        ),
        "numbers": head_bytes([("k", Raw(9, struct.pack("<IQ", 6, claimed)))], 0),
        "lists": head_bytes([("k", Raw(9, struct.pack("<IQ", 9, claimed)))], 0),
        "name": head_bytes([], 1) + count,
        "shape": head_bytes([], 1) + tensor_entry("a", "F32", (claimed,), 0),
        "offset": head_bytes([], 1) + tensor_entry("a", "F32", (1,), claimed),
    }[form] + text_bytes("x" * 1000)
    (tmp_path / "x.gguf").write_bytes(content)
    look_at(LocalSource(tmp_path))  # so that what is kept for good is there
    tracemalloc.start()
    contents = look_at(LocalSource(tmp_path))
    _now, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert contents.problem
    assert peak_bytes < _MOST_ALLOCATED_BYTES


def test_what_a_file_holds_takes_some_times_its_length_at_most(tmp_path: Path) -> None:
    words = [chr(number % 26 + 97) + chr(number) for number in range(256, 20_000)]
    tensors: Tensors = {f"blk.{n}": ("F32", (1,)) for n in range(4_000)}
    facts = {"tokenizer.ggml.tokens": words} | {f"k{n}": n for n in range(4_000)}
    content = gguf_bytes(facts, tensors)
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    look_at(LocalSource(tmp_path))  # so that what is kept for good is there
    tracemalloc.start()
    look_at(LocalSource(tmp_path))
    with open_gguf([file]) as opened:
        vocabulary = opened.vocabulary()
    _now, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(vocabulary.tokens) == len(words)
    assert peak_bytes < 16 * len(content)
