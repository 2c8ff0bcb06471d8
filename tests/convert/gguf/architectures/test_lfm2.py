"""LFM2 comes back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import pytest
from numpy.typing import NDArray

from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    SIZES,
    Changed,
    Tiny,
    assert_same_logits,
    imported,
    write,
)

_KINDS = ["conv", "full_attention", "conv"]


def _as_lfm2(name: str, values: NDArray[Any]) -> Changed:
    if name.endswith("conv.conv.weight"):
        values = values.squeeze(-1)
    yield name, values


LFM2 = Tiny(
    config=SIZES
    | {
        "model_type": "lfm2",
        "num_hidden_layers": 3,
        "layer_types": _KINDS,
        "norm_eps": 0.05,
        "conv_bias": False,
        "conv_L_cache": 3,
        "block_dim": 256,
        "block_multiple_of": 256,
        "block_ffn_dim_multiplier": 1.0,
        "block_auto_adjust_ff_dim": True,
        "block_ff_dim": 768,
        "tie_word_embeddings": True,
    },
    architecture=gguf.MODEL_ARCH.LFM2,
    facts={
        "attention.head_count_kv": [0, 2, 0],
        "shortconv.l_cache": 3,
        "feed_forward_length": 512,
    },
    changed=_as_lfm2,
)


def test_lfm2(tmp_path: Path) -> None:
    config = assert_same_logits(LFM2, tmp_path)
    assert config["layer_types"] == _KINDS


@pytest.mark.parametrize("heads", [2, [0, 0, 0], [0, 2, 4], [0, 2], [0, 2, -2]])
def test_layers_that_it_does_not_have_are_refused(heads: Any, tmp_path: Path) -> None:
    facts = {**LFM2.facts, "attention.head_count_kv": heads}
    write(replace(LFM2, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="head_count_kv"):
        imported(tmp_path / "tiny.gguf")
