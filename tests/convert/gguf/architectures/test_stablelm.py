"""StableLM 2 comes back with the same logits."""

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    SIZES,
    Tiny,
    assert_same_logits,
    imported,
    write,
)

STABLELM = Tiny(
    config=SIZES
    | {
        "model_type": "stablelm",
        "use_qkv_bias": True,
        "partial_rotary_factor": 0.25,
        "layer_norm_eps": 0.05,
    },
    architecture=gguf.MODEL_ARCH.STABLELM,
    facts={
        "attention.layer_norm_epsilon": 0.05,
        "rope.dimension_count": 16,
        "use_parallel_residual": False,
    },
)


def test_stablelm(tmp_path: Path) -> None:
    assert_same_logits(STABLELM, tmp_path)


def test_attention_and_network_side_by_side(tmp_path: Path) -> None:
    changes = {"use_parallel_residual": True, "use_qkv_bias": False}
    tiny = replace(
        STABLELM,
        config=dict(STABLELM.config) | changes,
        facts={**STABLELM.facts, "use_parallel_residual": True},
    )
    assert_same_logits(tiny, tmp_path)


def test_norms_of_each_head_are_refused(tmp_path: Path) -> None:
    norms = {"blk.0.attn_q_norm.weight": np.ones((4, 64), np.float32)}
    write(replace(STABLELM, extra=norms), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="attn_q_norm"):
        imported(tmp_path / "tiny.gguf")
