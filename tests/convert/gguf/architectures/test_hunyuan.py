"""Hunyuan comes back with the same logits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import pytest

from tests.convert.gguf.architectures.harness import SIZES, Tiny, assert_same_logits

HUNYUAN = Tiny(
    config=SIZES | {"model_type": "hunyuan_v1_dense", "head_dim": 64},
    architecture=gguf.MODEL_ARCH.HUNYUAN_DENSE,
    facts={},
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attention_bias": True, "use_qk_norm": False},
        {"tie_word_embeddings": True},
    ],
)
def test_hunyuan(changes: dict[str, Any], tmp_path: Path) -> None:
    config = dict(HUNYUAN.config) | changes
    assert_same_logits(replace(HUNYUAN, config=config), tmp_path)


def test_its_own_scaling_is_in_the_base(tmp_path: Path) -> None:
    scaling = {"type": "dynamic", "alpha": 1000.0, "factor": 1.0}
    config = dict(HUNYUAN.config) | {"rope_theta": 10000.0, "rope_scaling": scaling}
    facts = {
        "rope.freq_base": 10000.0 * 1000.0 ** (64 / 62),
        "rope.scaling.type": "none",
        "rope.scaling.factor": 1.0,
        "rope.scaling.original_context_length": 262144,
    }
    assert_same_logits(replace(HUNYUAN, config=config, facts=facts), tmp_path)
