"""Mistral 3, Llama 4, Seed-OSS, Ernie and Nemotron come back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import pytest
from numpy.typing import NDArray

from tests.convert.gguf.architectures.harness import Changed, Tiny, assert_same_logits
from tests.convert.gguf.architectures.test_llama import CONFIG, LLAMA, as_llama


def test_mistral3_without_temperature_is_llama(tmp_path: Path) -> None:
    small = replace(LLAMA, architecture=gguf.MODEL_ARCH.MISTRAL3)
    assert assert_same_logits(small, tmp_path)["model_type"] == "llama"


def test_mistral3(tmp_path: Path) -> None:
    rope = {
        "rope_type": "yarn",
        "type": "yarn",
        "rope_theta": 1000000.0,
        "factor": 16.0,
        "original_max_position_embeddings": 16,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "mscale": 1.0,
        "mscale_all_dim": 1.0,
        "llama_4_scaling_beta": 0.1,
    }
    tiny = Tiny(
        config=CONFIG
        | {
            "model_type": "ministral3",
            "head_dim": 64,
            "rope_parameters": rope,
            "rope_theta": 1000000.0,
            "max_position_embeddings": 256,
        },
        architecture=gguf.MODEL_ARCH.MISTRAL3,
        facts={
            "rope.dimension_count": 64,
            "rope.scaling.type": "yarn",
            "rope.scaling.factor": 16.0,
            "rope.scaling.original_context_length": 16,
            "rope.scaling.yarn_beta_fast": 32.0,
            "rope.scaling.yarn_beta_slow": 1.0,
            "rope.scaling.yarn_log_multiplier": 1.0,
            "attention.temperature_scale": 0.1,
        },
        changed=as_llama,
    )
    assert_same_logits(tiny, tmp_path, tokens=64)


def _as_llama4(name: str, values: NDArray[Any]) -> Changed:
    name = name.removeprefix("language_model.")
    yield name, values


@pytest.mark.parametrize("step", [1, 2])
def test_llama4(tmp_path: Path, step: int) -> None:
    text = CONFIG | {
        "model_type": "llama4_text",
        "num_hidden_layers": 4,
        "head_dim": 32,
        "attention_bias": False,
        "attention_chunk_size": 8192,
        "interleave_moe_layer_step": step,
        "intermediate_size": 256,
        "intermediate_size_mlp": 512,
        "num_local_experts": 4,
        "num_experts_per_tok": 1,
        "rope_scaling": None,
        "use_qk_norm": True,
    }
    tiny = Tiny(
        config={"model_type": "llama4", "text_config": text},
        architecture=gguf.MODEL_ARCH.LLAMA4,
        facts={
            "feed_forward_length": 512,
            "expert_feed_forward_length": 256,
            "expert_count": 4,
            "expert_used_count": 1,
            "interleave_moe_layer_step": step,
            "rope.dimension_count": 32,
        },
        changed=_as_llama4,
    )
    assert_same_logits(tiny, tmp_path)


@pytest.mark.parametrize("is_tied", [False, True])
def test_seed_oss(tmp_path: Path, is_tied: bool) -> None:
    tiny = Tiny(
        config=CONFIG
        | {
            "model_type": "seed_oss",
            "head_dim": 64,
            "attention_bias": True,
            "tie_word_embeddings": is_tied,
        },
        architecture=gguf.MODEL_ARCH.SEED_OSS,
        facts={},
    )
    assert_same_logits(tiny, tmp_path)


def test_ernie(tmp_path: Path) -> None:
    tiny = Tiny(
        config=CONFIG | {"model_type": "ernie4_5", "head_dim": 64, "use_bias": False},
        architecture=gguf.MODEL_ARCH.ERNIE4_5,
        facts={},
    )
    assert_same_logits(tiny, tmp_path)


def test_nemotron(tmp_path: Path) -> None:
    config = CONFIG | {
        "model_type": "nemotron",
        "hidden_act": "relu2",
        "norm_eps": 0.05,
        "partial_rotary_factor": 0.5,
        "head_dim": 32,
    }
    del config["rms_norm_eps"]
    tiny = Tiny(
        config=config,
        architecture=gguf.MODEL_ARCH.NEMOTRON,
        facts={
            "attention.layer_norm_epsilon": 0.05,
            "rope.dimension_count": 16,
            "rope.scaling.type": "none",
        },
        added=lambda name: 1.0 if name.endswith("norm.weight") else 0.0,
    )
    assert_same_logits(tiny, tmp_path)
