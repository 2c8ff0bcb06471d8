"""Files that are written in pieces are what mlx_lm's `save_model` would write."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.utils import make_shards

from mlxtui.model_writer.shard_files import (
    Shard,
    ShardFile,
    TensorForm,
    index_text,
    plan_shards,
)

_FORMS = {
    "first": TensorForm("F32", (3, 4)),
    "second": TensorForm("BF16", (5,)),
    "a scalar": TensorForm("U32", ()),
    "nothing": TensorForm("F16", (0, 7)),
}


def test_pieces_of_several_tensors_may_take_turns(tmp_path: Path) -> None:
    first = np.arange(12, dtype=np.float32).reshape(3, 4)
    file = ShardFile(tmp_path, Shard("model.safetensors", _FORMS))
    file.append("first", first[:1].tobytes())
    file.append("a scalar", np.uint32(7).tobytes())
    file.append("second", np.full(5, 0x3F80, np.uint16).tobytes())
    assert not file.is_complete
    file.append("first", first[1:].tobytes())
    assert file.is_complete
    file.finish()
    loaded: Any = mx.load(str(tmp_path / "model.safetensors"), return_metadata=True)
    arrays, metadata = loaded
    assert metadata == {"format": "mlx"}
    assert arrays.keys() == _FORMS.keys()
    assert mx.array_equal(arrays["first"], mx.array(first))
    assert mx.array_equal(arrays["second"], mx.ones(5, mx.bfloat16))
    assert arrays["a scalar"].item() == 7
    assert arrays["nothing"].shape == (0, 7)


def test_the_numbers_lie_at_whole_addresses(tmp_path: Path) -> None:
    file = ShardFile(tmp_path, Shard("x.safetensors", {"a": TensorForm("F32", (1,))}))
    file.append("a", b"\0" * 4)
    file.finish()
    data = (tmp_path / "x.safetensors").read_bytes()
    assert int.from_bytes(data[:8], "little") % 8 == 0
    assert len(data) == 8 + int.from_bytes(data[:8], "little") + 4


def test_what_is_not_complete_is_not_finished(tmp_path: Path) -> None:
    file = ShardFile(tmp_path, Shard("x.safetensors", {"a": TensorForm("F32", (2,))}))
    file.append("a", b"\0" * 4)
    with pytest.raises(ValueError):
        file.finish()
    with pytest.raises(ValueError):
        file.append("a", b"\0" * 8)
    file.close()


def test_tensors_are_spread_as_mlx_lm_spreads_them() -> None:
    gib = 1024**3
    sizes = [1, 2, 3, 4, 6, 1, 4, 1, 1]
    arrays = {
        f"t{number}": mx.zeros((size * gib // 4,)) for number, size in enumerate(sizes)
    }
    theirs = [list(shard) for shard in make_shards(arrays)]
    forms = {name: TensorForm("F32", array.shape) for name, array in arrays.items()}
    ours = plan_shards(forms)
    assert [list(shard.tensors) for shard in ours] == theirs
    assert ours[0].name == f"model-00001-of-{len(theirs):05d}.safetensors"
    index = json.loads(index_text(ours, 17))
    assert index["metadata"] == {"total_size": sum(sizes) * gib, "total_parameters": 17}
    assert list(index["weight_map"]) == sorted(arrays)
    assert index["weight_map"]["t0"] == ours[0].name
