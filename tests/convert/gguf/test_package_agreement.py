"""Our reader of headers says what the `gguf` package's own says."""

import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlxtui.convert.gguf.header import GgufHeader, GgufTensor, read_gguf_header
from mlxtui.convert.gguf.types import block_sizes
from mlxtui.convert.source import LocalSource
from tests.data import SHARED, needs_shared_data


@needs_shared_data
def test_a_real_file_is_read_as_its_makers_read_it() -> None:
    for file in sorted((SHARED / "models" / "gguf").glob("*.gguf")):
        header = read_gguf_header(
            LocalSource(file.parent), file.name, file.stat().st_size
        )
        _assert_agrees(header, gguf.GGUFReader(file))


def _assert_agrees(header: GgufHeader, theirs: gguf.GGUFReader) -> None:
    tensors = {
        one.name: GgufTensor(
            one.tensor_type.name,
            tuple(int(length) for length in one.shape),
            int(one.data_offset),
        )
        for one in theirs.tensors
    }
    assert header.tensors == tensors
    assert {name: one.size_bytes for name, one in header.tensors.items()} == {
        one.name: int(one.n_bytes) for one in theirs.tensors
    }
    said = {
        key: field.contents()
        for key, field in theirs.fields.items()
        if not key.startswith("GGUF.")
    }
    assert {*header.facts, *header.lists} == set(said)
    for key, value in header.facts.items():
        assert (list(value) if isinstance(value, tuple) else value) == said[key]
    for key, place in header.lists.items():
        assert place.length == len(said[key])


_WIDTHS = {"F32": 3, "F16": 5, "Q8_0": 64, "Q4_0": 32, "Q6_K": 256, "IQ4_XS": 256}
_facts = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1,
            max_size=9),
    st.one_of(
        st.booleans(), st.text(max_size=9), st.integers(-(2**31), 2**31 - 1),
        st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=5),
        st.lists(st.text(max_size=5), min_size=1, max_size=4),
        st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4),
    ),
    max_size=6,
)  # fmt: skip


@settings(
    deadline=None, database=None, derandomize=True, max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    facts=_facts,
    tensors=st.dictionaries(
        st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=9),
        st.tuples(st.sampled_from(sorted(_WIDTHS)), st.integers(1, 3),
                  st.integers(1, 3)),
        min_size=1, max_size=4,
    ),
    alignment=st.sampled_from([None, 8, 64, 256]),
)  # fmt: skip
def test_files_of_the_packages_writer_are_read_as_its_reader_does(
    facts: dict[str, Any],
    tensors: dict[str, tuple[str, int, int]],
    alignment: int | None,
    tmp_path: Path,
) -> None:
    file = tmp_path / "x.gguf"
    file.unlink(missing_ok=True)
    _write(file, facts, tensors, alignment)
    header = read_gguf_header(LocalSource(tmp_path), file.name, file.stat().st_size)
    _assert_agrees(header, gguf.GGUFReader(file))


def _write(
    file: Path,
    facts: dict[str, Any],
    tensors: dict[str, tuple[str, int, int]],
    alignment: int | None,
) -> None:
    writer = gguf.GGUFWriter(file, "llama")
    if alignment:
        writer.add_custom_alignment(alignment)
    for key, value in facts.items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_int32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, value)
    for name, (kind, rows, depth) in tensors.items():
        elements, block_bytes = block_sizes()[kind]
        width = _WIDTHS[kind] // elements * block_bytes
        content = np.arange(math.prod((depth, rows, width)), dtype=np.uint8)
        writer.add_tensor(
            name,
            content.reshape(depth, rows, width),
            raw_dtype=gguf.GGMLQuantizationType[kind],
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
