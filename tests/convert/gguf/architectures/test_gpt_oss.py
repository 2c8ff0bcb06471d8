"""gpt-oss comes back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
from numpy.typing import NDArray

from mlxtui.convert.gguf.architectures import architecture_of
from mlxtui.convert.gguf.opened import open_gguf
from tests.convert.gguf.architectures.harness import (
    SIZES,
    Changed,
    Tiny,
    assert_same_logits,
)


def _as_gpt_oss(name: str, values: NDArray[Any]) -> Changed:
    yield (f"{name}.weight" if name.endswith("sinks") else name), values


GPT_OSS = Tiny(
    config=SIZES
    | {
        "model_type": "gpt_oss",
        "head_dim": 64,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "sliding_window": 16,
        "rope_theta": 150000.0,
        "rope_scaling": {
            "rope_type": "yarn",
            "factor": 32.0,
            "original_max_position_embeddings": 4096,
            "beta_fast": 32.0,
            "beta_slow": 1.0,
        },
    },
    architecture=gguf.MODEL_ARCH.GPT_OSS,
    facts={
        "context_length": 131072,
        "attention.sliding_window": 16,
        "expert_count": 4,
        "expert_used_count": 2,
        "expert_feed_forward_length": 512,
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": 32.0,
        "rope.scaling.original_context_length": 4096,
    },
    changed=_as_gpt_oss,
)


def test_gpt_oss(tmp_path: Path) -> None:
    config = assert_same_logits(GPT_OSS, tmp_path)
    assert config["layer_types"] == ["sliding_attention", "full_attention"]
    assert config["max_position_embeddings"] == 131072


def test_its_experts_stay_packed(tmp_path: Path) -> None:
    types = (gguf.GGMLQuantizationType.MXFP4,)
    assert_same_logits(replace(GPT_OSS, types=types), tmp_path)
    with open_gguf([tmp_path / "tiny.gguf"]) as opened:
        architecture = architecture_of(opened.facts)
        assert architecture.overflows_f16
        tensors = architecture.tensors(opened, architecture.config(opened))
    packed = {tensor.name for tensor in tensors if tensor.can_pack}
    assert "model.layers.1.mlp.experts.down_proj.weight" in packed
    assert "model.layers.1.mlp.experts.down_proj.bias" not in packed
