"""Gemma 4 comes back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
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

_PATTERN = [True, False, True, False]
_FACTORS = np.array([1.0] * 16 + [1e30] * 48, np.float32)


def _as_gemma4(name: str, values: NDArray[Any]) -> Changed:
    # The names of scales, and of the experts' gate and up, are made in `_renamed`.
    for made, written in (
        ("layer_scalar", "layer_scalar.weight"),
        ("router.scale", "router.proj.bias"),
        ("router.per_expert_scale", "experts.down_proj.bias"),
        ("switch_glu.gate_proj.weight", "gate_up_proj.weight"),
        ("switch_glu.up_proj.weight", "gate_up_proj.bias"),
        ("switch_glu.down_proj", "down_proj"),
    ):
        name = name.replace(made, written)
    yield name, values


def _renamed(name: str) -> str:
    for made, written in (
        ("ffn_gate_inp.bias", "ffn_gate_inp.scale"),
        ("ffn_down_exps.bias", "ffn_down_exps.scale"),
        ("ffn_gate_up_exps.weight", "ffn_gate_exps.weight"),
        ("ffn_gate_up_exps.bias", "ffn_up_exps.weight"),
    ):
        name = name.replace(made, written)
    return name


BASE = Tiny(
    config=SIZES
    | {
        "model_type": "gemma4_text",
        "num_hidden_layers": 4,
        "head_dim": 64,
        "global_head_dim": 128,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "sliding_window": 16,
        "num_kv_shared_layers": 0,
        "hidden_size_per_layer_input": 0,
        "use_double_wide_mlp": False,
        "final_logit_softcapping": 20.0,
        "tie_word_embeddings": True,
        "rope_parameters": {
            "full_attention": {
                "rope_type": "proportional",
                "partial_rotary_factor": 0.25,
                "rope_theta": 500000.0,
            },
            "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0},
        },
    },
    architecture=gguf.MODEL_ARCH.GEMMA4,
    facts={
        "attention.sliding_window": 16,
        "attention.sliding_window_pattern": _PATTERN,
        "attention.key_length": 128,
        "attention.value_length": 128,
        "attention.key_length_swa": 64,
        "attention.value_length_swa": 64,
        "attention.shared_kv_layers": 0,
        "embedding_length_per_layer_input": 0,
        "rope.dimension_count": 128,
        "rope.dimension_count_swa": 64,
        "rope.freq_base": 500000.0,
        "rope.freq_base_swa": 5000.0,
        "final_logit_softcapping": 20.0,
    },
    changed=_as_gemma4,
    extra={"rope_freqs.weight": _FACTORS},
    renamed=_renamed,
)

SMALL = replace(
    BASE,
    config=dict(BASE.config)
    | {
        "num_kv_shared_layers": 2,
        "use_double_wide_mlp": True,
        "hidden_size_per_layer_input": 64,
        "vocab_size_per_layer_input": 300,
    },
    facts={
        **BASE.facts,
        "attention.shared_kv_layers": 2,
        "embedding_length_per_layer_input": 64,
        "feed_forward_length": [512, 512, 1024, 1024],
    },
)

LARGE = replace(
    BASE,
    config=dict(BASE.config)
    | {"attention_k_eq_v": True, "num_global_key_value_heads": 1},
    facts={**BASE.facts, "attention.head_count_kv": [2, 1, 2, 1]},
)

EXPERTS = replace(
    LARGE,
    config=dict(LARGE.config)
    | {
        "enable_moe_block": True,
        "num_experts": 4,
        "top_k_experts": 2,
        "moe_intermediate_size": 256,
    },
    facts={
        **LARGE.facts,
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 256,
    },
)


@pytest.mark.parametrize("tiny", [BASE, SMALL, LARGE, EXPERTS])
def test_gemma4(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_keys_and_values_that_nobody_uses_are_left_out(tmp_path: Path) -> None:
    """Layers that take those of others have their own ones in the files."""
    extra = {
        **SMALL.extra,
        "blk.3.attn_k.weight": np.zeros((256, 256), np.float32),
        "blk.3.attn_v.weight": np.zeros((256, 256), np.float32),
        "blk.3.attn_k_norm.weight": np.zeros(128, np.float32),
    }
    assert_same_logits(replace(SMALL, extra=extra), tmp_path)


@pytest.mark.parametrize(
    ("tiny", "key", "value"),
    [
        (LARGE, "attention.head_count_kv", [2, 1, 2, 2]),
        (LARGE, "attention.head_count_kv", [2, 1]),
        (BASE, "attention.head_count_kv", [2, 1, 2, 1]),
        (SMALL, "feed_forward_length", [512, 1024, 1024, 1024]),
        (SMALL, "feed_forward_length", [512]),
        (BASE, "rope.dimension_count_swa", 32),
        (BASE, "rope.scaling.type", "linear"),
        (BASE, "attention.sliding_window_pattern", [True] * 4),
    ],
)
def test_what_mlx_lm_has_no_words_for_is_refused(
    tiny: Tiny, key: str, value: Any, tmp_path: Path
) -> None:
    write(replace(tiny, facts={**tiny.facts, key: value}), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match=key):
        imported(tmp_path / "tiny.gguf")


def test_positions_of_another_kind_are_refused(tmp_path: Path) -> None:
    extra = {"rope_freqs.weight": np.linspace(1, 8, 64, dtype=np.float32)}
    write(replace(BASE, extra=extra), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="dimension_count"):
        imported(tmp_path / "tiny.gguf")
