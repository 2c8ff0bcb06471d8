"""Qwen's models come back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.convert.gguf.architectures import architecture_of, float_type
from tests.convert.gguf.architectures.harness import (
    Changed,
    Tiny,
    assert_same_logits,
    imported,
    write,
)
from tests.convert.gguf.architectures.rewriting import rewrite
from tests.convert.gguf.architectures.test_llama import CONFIG


def _with_experts(name: str, values: NDArray[Any]) -> Changed:
    """Converters put the experts of a layer into one tensor."""
    yield name.replace("switch_mlp", "experts"), values


QWEN2 = Tiny(
    config=CONFIG | {"model_type": "qwen2", "rope_theta": 1000000.0},
    architecture=gguf.MODEL_ARCH.QWEN2,
    facts={},
)
QWEN3 = Tiny(
    config=CONFIG | {"model_type": "qwen3", "head_dim": 64},
    architecture=gguf.MODEL_ARCH.QWEN3,
    facts={},
)
QWEN2_MOE = Tiny(
    config=CONFIG
    | {
        "model_type": "qwen2_moe",
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 256,
        "shared_expert_intermediate_size": 512,
    },
    architecture=gguf.MODEL_ARCH.QWEN2MOE,
    facts={
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 256,
        "expert_shared_feed_forward_length": 512,
    },
    changed=_with_experts,
)
QWEN3_MOE = Tiny(
    config=CONFIG
    | {
        "model_type": "qwen3_moe",
        "head_dim": 64,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "moe_intermediate_size": 256,
        "norm_topk_prob": True,
    },
    architecture=gguf.MODEL_ARCH.QWEN3MOE,
    facts={
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 256,
    },
    changed=_with_experts,
)


def test_qwen2(tmp_path: Path) -> None:
    assert_same_logits(QWEN2, tmp_path)


def test_qwen2_with_tied_output_and_yarn(tmp_path: Path) -> None:
    scaling = {
        "type": "yarn",
        "factor": 4.0,
        "original_max_position_embeddings": 32,
    }
    tiny = replace(
        QWEN2,
        config={
            **QWEN2.config,
            "rope_scaling": scaling,
            "tie_word_embeddings": True,
            "max_position_embeddings": 32,
        },
        facts={
            "rope.scaling.type": "yarn",
            "rope.scaling.factor": 4.0,
            "rope.scaling.original_context_length": 32,
        },
    )
    config = assert_same_logits(tiny, tmp_path, tokens=96)
    assert config["max_position_embeddings"] == 128  # what the scaling is made for


def test_qwen2_moe(tmp_path: Path) -> None:
    def changed(name: str, values: NDArray[Any]) -> Changed:
        # Written as a vector.
        is_gate = "shared_expert_gate" in name
        yield from _with_experts(name, values.reshape(-1) if is_gate else values)

    assert_same_logits(replace(QWEN2_MOE, changed=changed), tmp_path)


def test_qwen3(tmp_path: Path) -> None:
    assert_same_logits(QWEN3, tmp_path)


def test_qwen3_moe(tmp_path: Path) -> None:
    assert_same_logits(QWEN3_MOE, tmp_path)


@pytest.mark.parametrize(
    ("tiny", "architecture"),
    [(QWEN2, "QWEN2VL"), (QWEN3, "QWEN3VL"), (QWEN3_MOE, "QWEN3VLMOE")],
)
def test_the_text_half_of_models_that_see(
    tmp_path: Path, tiny: Tiny, architecture: str
) -> None:
    facts = {**tiny.facts, "rope.dimension_sections": [8, 12, 12, 0]}
    seeing = replace(tiny, architecture=gguf.MODEL_ARCH[architecture], facts=facts)
    assert_same_logits(seeing, tmp_path)


def test_the_half_that_sees_may_be_in_the_same_file(tmp_path: Path) -> None:
    """As in Ollama's files, whose architecture has a name of its own."""
    extra = {
        "v.blk.0.attn_q.weight": np.ones((64, 64), np.float32),
        "mm.0.bias": np.ones(64, np.float32),
    }
    path, renamed = tmp_path / "model.gguf", tmp_path / "ollama.gguf"
    write(replace(QWEN2, extra=extra), path)
    rewrite(path, renamed, lambda tensors: tensors.values(), name="qwen25vl")
    _config, weights = imported(renamed)
    assert weights.keys() == imported(path)[1].keys()
    assert not any(name.startswith(("v.", "mm.")) for name in weights)


def test_qwen2_is_kept_from_16_bit_floats_that_overflow() -> None:
    qwen2 = architecture_of({"general.architecture": "qwen2"})
    qwen3 = architecture_of({"general.architecture": "qwen3"})
    assert float_type(qwen2, {}) == "bfloat16"
    assert float_type(qwen3, {}) == "float16"
