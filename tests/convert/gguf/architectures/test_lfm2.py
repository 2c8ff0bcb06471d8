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


def _as_lfm2_moe(name: str, values: NDArray[Any]) -> Changed:
    for part, old in (("gate", "w1"), ("down", "w2"), ("up", "w3")):
        made = f"feed_forward.switch_mlp.{part}_proj"
        name = name.replace(made, f"feed_forward.experts.{old}")
        name = name.replace(f"feed_forward.{part}_proj", f"feed_forward.{old}")
    if ".experts." in name:
        name = name.removeprefix("model.")
    name = name.replace(".expert_bias", ".expert_bias.bias")
    yield from _as_lfm2(name, values)


LFM2_MOE = Tiny(
    config=SIZES
    | {
        "model_type": "lfm2_moe",
        "num_hidden_layers": 3,
        "layer_types": _KINDS,
        "norm_eps": 0.05,
        "conv_bias": False,
        "conv_L_cache": 3,
        "moe_intermediate_size": 256,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "norm_topk_prob": True,
        "use_expert_bias": True,
        "num_dense_layers": 1,
        "tie_word_embeddings": True,
    },
    architecture=gguf.MODEL_ARCH.LFM2MOE,
    facts={
        "attention.head_count_kv": [0, 2, 0],
        "shortconv.l_cache": 3,
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 256,
        "expert_gating_func": 2,
        "leading_dense_block_count": 1,
    },
    changed=_as_lfm2_moe,
)


@pytest.mark.parametrize("tiny", [LFM2, LFM2_MOE])
def test_lfm2(tiny: Tiny, tmp_path: Path) -> None:
    config = assert_same_logits(tiny, tmp_path)
    assert config["layer_types"] == _KINDS


@pytest.mark.parametrize("heads", [2, [0, 0, 0], [0, 2, 4], [0, 2], [0, 2, -2]])
def test_layers_that_it_does_not_have_are_refused(heads: Any, tmp_path: Path) -> None:
    facts = {**LFM2.facts, "attention.head_count_kv": heads}
    write(replace(LFM2, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="head_count_kv"):
        imported(tmp_path / "tiny.gguf")
