"""Damaged on purpose, thousands of times: a clear answer each time, and no crash."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlxtui.convert.contents import look_at
from mlxtui.convert.safetensors_header import DTYPE_BITS
from mlxtui.convert.source import LocalSource
from tests.convert.local_header import read_header

_QUICK = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Reading and judging a header takes some times its length, never what it claims.
_MOST_ALLOCATED_BYTES = 8_000_000

_CONFIG = {
    "model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 8,
    "max_position_embeddings": 64,
}  # fmt: skip

# What files were seen to hold, and what they never should; drawn, since values that
# hypothesis makes up take most of the time.
_ODD: list[Any] = [
    0, 1, 2, 3, 4, 5, 8, 12, 16, 20, 24, 32, 40, -1, -4, 2**31, 2**63, 2**64, -(2**70),
    10**100, True, False, None, 0.0, 1.0, 4.5, 1e308, float("inf"), float("nan"), "",
    "x", "4", "\ud800", [], [0], [[]], [1, "a"], {}, {"a": 1}, {"": []}, [{}] * 3,
    {"bits": 4, "group_size": 64}, {"bits": 0}, {"mode": 3}, {"quant_method": "fp8"},
    {"quant_method": "awq", "bits": []}, {"quant_method": None}, ["full_attention"],
    ["sliding_attention", 4], {"model_type": "llama"}, "LLLG", "../x", ["BertModel"],
]  # fmt: skip
_odd = st.sampled_from(_ODD)
_small = st.integers(0, 24)
_entries = st.one_of(
    st.tuples(st.sampled_from(sorted(DTYPE_BITS)), _small, _small, _small).map(
        lambda it: {"dtype": it[0], "shape": [it[1]], "data_offsets": [it[2], it[3]]}
    ),
    st.tuples(_odd, _odd, _odd, _odd).map(
        lambda it: {
            "dtype": "U8",
            "shape": [it[0], it[1]],
            "data_offsets": [it[2], it[3]],
        }
    ),
    st.tuples(_odd, _odd, _odd).map(
        lambda it: {"dtype": it[0], "shape": it[1], "data_offsets": it[2]}
    ),
    _odd,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds a model but for what each test writes."""
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text(json.dumps(_CONFIG))
    return tmp_path


def _write(file: Path, content: bytes) -> None:
    """Anew: ext4 flushes a file that is cut and written again, which takes long."""
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def _judge(folder: Path, header: bytes, length: int, data_bytes: int) -> None:
    """Write the file, look at the folder, and hold the file to what is said of it."""
    file = folder / "model.safetensors"
    _write(file, length.to_bytes(8, "little") + header + bytes(data_bytes))
    contents = look_at(LocalSource(folder))
    try:
        tensors = read_header(file).tensors
    except ValueError as error:
        assert "model.safetensors" in contents.problem
        assert str(error) in contents.problem
        assert contents.hint
        return
    assert contents.problem == ""
    covered = sum(one.end - one.start for one in tensors.values())
    assert covered == data_bytes
    for one in tensors.values():
        assert one.size * DTYPE_BITS[one.dtype] == (one.end - one.start) * 8


@settings(_QUICK, max_examples=1500)
@given(
    header=st.dictionaries(st.sampled_from("abc一"), _entries, max_size=3),
    data_bytes=st.integers(0, 64),
)
def test_headers_of_wrong_entries(
    header: dict[str, Any], data_bytes: int, folder: Path
) -> None:
    text = json.dumps(header).encode()
    _judge(folder, text, len(text), data_bytes)


@settings(_QUICK, max_examples=1200)
@given(
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    shifts=st.lists(st.integers(-3, 3), min_size=8, max_size=8),
    cut=st.integers(-3, 3),
)
def test_headers_whose_offsets_are_a_little_wrong(
    counts: list[int], shifts: list[int], cut: int, folder: Path
) -> None:
    header, position = {}, 0
    for number, count in enumerate(counts):
        start, end = position, position + count
        position = end
        offsets = [start + shifts[2 * number], end + shifts[2 * number + 1]]
        header[f"t{number}"] = {
            "dtype": "U8", "shape": [count], "data_offsets": offsets,
        }  # fmt: skip
    text = json.dumps(header).encode()
    _judge(folder, text, len(text), max(position + cut, 0))


@settings(_QUICK, max_examples=700)
@given(
    text=st.one_of(st.binary(max_size=60), _odd.map(lambda j: json.dumps(j).encode())),
    length=st.one_of(st.integers(0, 80), st.integers(0, 2**64 - 1)),
)
def test_headers_of_anything(text: bytes, length: int, folder: Path) -> None:
    file = folder / "model.safetensors"
    _write(file, length.to_bytes(8, "little") + text)
    contents = look_at(LocalSource(folder))
    try:
        read_header(file)
    except ValueError:
        assert contents.problem and contents.hint


_KEYS = (
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "text_config", "quantization", "layer_types",
    "quantization_config", "architectures", "sliding_window", "model_file",
    "max_position_embeddings", "vision_config", "kv_lora_rank", "qk_rope_head_dim",
    "sliding_window_pattern", "torch_dtype", "auto_map", "num_kv_shared_layers",
)  # fmt: skip
_TYPES = (
    "llama", "gemma3", "gemma3n", "gemma4", "qwen3_next", "deepseek_v3", "lfm2",
    "nemotron_h", "exaone4", "mamba2", "granitemoehybrid", "openelm", "whisper",
)  # fmt: skip


@settings(_QUICK, max_examples=2000)
@given(
    config=st.dictionaries(st.sampled_from(_KEYS), _odd, max_size=4),
    model_type=st.sampled_from(_TYPES),
)
def test_configs_of_wrong_values(
    config: dict[str, Any], model_type: str, folder: Path
) -> None:
    text = json.dumps({**_CONFIG, "model_type": model_type, **config})
    _write(folder / "config.json", text.encode())
    if not (folder / "model.safetensors").exists():
        entry = {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]}
        header = json.dumps({"a.weight": entry}).encode()
        length = len(header).to_bytes(8, "little")
        _write(folder / "model.safetensors", length + header + bytes(8))
    contents = look_at(LocalSource(folder))
    assert contents.hint or not contents.problem
    if contents.cache is not None:
        assert 0 <= contents.cache.bytes_at(4096)


@settings(_QUICK, max_examples=500)
@given(text=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_configs_of_anything(text: bytes, folder: Path) -> None:
    _write(folder / "config.json", text)
    contents = look_at(LocalSource(folder))
    assert contents.problem and contents.hint


@pytest.mark.parametrize("claimed", [2**20, 2**40, 2**62])
@pytest.mark.parametrize("form", ["length", "shape", "offsets"])
def test_nothing_is_allocated_for_what_is_only_claimed(
    form: str, claimed: int, folder: Path
) -> None:
    entry = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
    if form != "length":
        entry["data_offsets"] = [0, claimed]
    if form == "shape":
        entry["shape"] = [claimed]
    header = json.dumps({"a.weight": entry}).encode()
    length = claimed if form == "length" else len(header)
    (folder / "model.safetensors").write_bytes(
        length.to_bytes(8, "little") + header + bytes(4)
    )
    look_at(LocalSource(folder))  # so that what is kept for good is there
    tracemalloc.start()
    contents = look_at(LocalSource(folder))
    _now, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert contents.problem
    assert peak_bytes < _MOST_ALLOCATED_BYTES
