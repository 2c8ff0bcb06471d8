"""Models whose experts are chosen by a bias of each come back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.convert.gguf.new_model import new_model
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    Changed,
    Tiny,
    assert_same_logits,
    imported,
    write,
)
from tests.convert.gguf.architectures.test_llama import CONFIG

_ROUTED = {
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_shared_experts": 2,
    "moe_intermediate_size": 256,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 1.5,
    "norm_topk_prob": True,
    "n_group": 1,
    "topk_group": 1,
    "head_dim": 64,
    "num_hidden_layers": 2,
    "scoring_func": "sigmoid",
}
_FACTS = {
    "expert_count": 4,
    "expert_used_count": 2,
    "expert_shared_count": 2,
    "expert_feed_forward_length": 256,
    "leading_dense_block_count": 1,
    "expert_weights_scale": 1.5,
    "expert_weights_norm": True,
    "expert_gating_func": 2,
}


def _changed(name: str, values: NDArray[Any]) -> Changed:
    name = name.replace("switch_mlp", "experts")
    name = name.replace("block_sparse_moe", "mlp")
    name = name.replace("mlp.e_score", "mlp.gate.e_score")
    yield name.replace("e_score_correction_bias", "e_score_correction.bias"), values


GLM = Tiny(
    config=CONFIG
    | _ROUTED
    | {
        "model_type": "glm4_moe",
        "attention_bias": True,
        "use_qk_norm": True,
        "partial_rotary_factor": 0.5,
        "rope_scaling": None,
    },
    architecture=gguf.MODEL_ARCH.GLM4_MOE,
    facts=_FACTS | {"rope.dimension_count": 32},
    changed=_changed,
)
MINIMAX = Tiny(
    config=CONFIG
    | {
        "model_type": "minimax",
        "head_dim": 64,
        "rotary_dim": 32,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "shared_intermediate_size": 0,
    },
    architecture=gguf.MODEL_ARCH.MINIMAXM2,
    facts={
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 512,
        "expert_gating_func": 2,
        "rope.dimension_count": 32,
    },
    changed=_changed,
)


@pytest.mark.parametrize("has_norms", [True, False])
def test_glm4_moe(tmp_path: Path, has_norms: bool) -> None:
    """The larger GLM 4.5 has norms of queries and keys, the smaller one none."""
    config = {**GLM.config, "use_qk_norm": has_norms, "attention_bias": has_norms}
    assert_same_logits(replace(GLM, config=config), tmp_path)


def test_dots1(tmp_path: Path) -> None:
    config = CONFIG | _ROUTED | {"model_type": "dots1"}
    tiny = replace(GLM, config=config, architecture=gguf.MODEL_ARCH.DOTS1, facts=_FACTS)
    assert_same_logits(tiny, tmp_path)


def test_minimax(tmp_path: Path) -> None:
    assert_same_logits(MINIMAX, tmp_path)


def test_the_choice_of_experts_is_never_rounded(tmp_path: Path) -> None:
    """Of all weights only these decide by their last bits what is computed."""
    path = tmp_path / "model.gguf"
    write(MINIMAX, path)
    with open_gguf([path]) as opened:
        model = new_model(opened)
        assert model.float_type != "float32"
        forms = {
            tensor.name: model.form(tensor, "faithful").dtype
            for tensor in model.tensors
        }
    assert {
        dtype for name, dtype in forms.items() if name.endswith("correction_bias")
    } == {"F32"}
    assert forms["model.norm.weight"] != "F32"


def test_an_absent_choice_is_none(tmp_path: Path) -> None:
    def without(name: str, values: NDArray[Any]) -> Changed:
        if "e_score" not in name:
            yield from _changed(name, values)

    path = tmp_path / "model.gguf"
    write(replace(GLM, changed=without), path)
    _config, weights = imported(path)
    given = [v for name, v in weights.items() if "correction_bias" in name]
    np.testing.assert_array_equal(given, np.zeros((1, 4)))


def test_another_way_to_choose_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    write(replace(GLM, facts={**GLM.facts, "expert_gating_func": 1}), path)
    with pytest.raises(ModelRefused, match="expert_gating_func"):
        imported(path)


_NARROW = {
    "kv_lora_rank": 256,
    "qk_rope_head_dim": 32,
    "qk_nope_head_dim": 64,
    "v_head_dim": 64,
    "num_key_value_heads": 8,
    "n_routed_experts": 8,
}


def _scaling(scale: float) -> dict[str, Any]:
    return {
        "type": "yarn",
        "factor": 8.0,
        "original_max_position_embeddings": 16,
        "mscale": scale,
        "mscale_all_dim": scale,
    }


_NARROW_FACTS = {
    **_FACTS,
    "attention.kv_lora_rank": 256,
    "rope.dimension_count": 32,
    "rope.scaling.type": "yarn",
    "rope.scaling.factor": 8.0,
    "rope.scaling.original_context_length": 16,
    "expert_count": 8,
}


@pytest.mark.parametrize("query_rank", [256, None])
def test_deepseek_3(tmp_path: Path, query_rank: int | None) -> None:
    facts = {
        **_NARROW_FACTS,
        "attention.head_count_kv": 1,
        "attention.key_length": 288,
        "attention.value_length": 256,
        "attention.key_length_mla": 96,
        "attention.value_length_mla": 64,
        "attention.q_lora_rank": query_rank,
        "rope.scaling.yarn_log_multiplier": 0.1,
        "expert_group_count": 2,
        "expert_group_used_count": 1,
    }
    if query_rank is None:  # nor do all files say how experts are chosen
        del facts["expert_gating_func"]

    def changed(name: str, values: NDArray[Any]) -> Changed:
        name = name.replace("embed_q", "k_b_proj").replace("unembed_out", "v_b_proj")
        yield from _changed(name, values)

    tiny = Tiny(
        config={
            **(CONFIG | _ROUTED | _NARROW),
            "model_type": "deepseek_v3",
            "q_lora_rank": query_rank,
            "rope_scaling": _scaling(1.0),
            "topk_method": "noaux_tc",
            "n_group": 2,
        },
        architecture=gguf.MODEL_ARCH.DEEPSEEK2,
        facts=facts,
        changed=changed,
    )
    assert_same_logits(tiny, tmp_path)


DEEPSEEK_2 = Tiny(
    config={
        **(CONFIG | _ROUTED | _NARROW),
        "model_type": "deepseek_v2",
        "q_lora_rank": None,
        "rope_scaling": _scaling(0.707),
        "norm_topk_prob": False,
    },
    architecture=gguf.MODEL_ARCH.DEEPSEEK2,
    facts={
        **_NARROW_FACTS,
        "attention.key_length": 96,
        "attention.value_length": 64,
        "expert_gating_func": None,
        "expert_weights_norm": False,
        "rope.scaling.yarn_log_multiplier": 0.0707,
    },
    changed=_changed,
)


def test_deepseek_2_of_older_converters(tmp_path: Path) -> None:
    assert_same_logits(DEEPSEEK_2, tmp_path)


def test_deepseek_2_of_newer_converters_is_refused(tmp_path: Path) -> None:
    """mlx-lm has it only with keys and values in one tensor."""

    def changed(name: str, values: NDArray[Any]) -> Changed:
        if "kv_b_proj" not in name:
            yield from _changed(name, values)
            return
        heads = values.reshape(8, 128, -1)
        keys = heads[:, :64].swapaxes(1, 2)
        yield name.replace("kv_b", "k_b"), np.ascontiguousarray(keys)
        yield name.replace("kv_b", "v_b"), heads[:, 64:]

    facts = {**DEEPSEEK_2.facts, "attention.key_length_mla": 96}
    path = tmp_path / "model.gguf"
    write(replace(DEEPSEEK_2, changed=changed, facts=facts), path)
    with pytest.raises(
        ModelRefused, match="DeepSeek 2 only with the tensors attn_kv_b"
    ):
        imported(path)
