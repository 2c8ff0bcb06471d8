"""Phi comes back with the same logits."""

import math
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

PHI2 = Tiny(
    config=SIZES
    | {
        "model_type": "phi",
        "num_key_value_heads": 4,
        "partial_rotary_factor": 0.5,
        "layer_norm_eps": 0.05,
    },
    architecture=gguf.MODEL_ARCH.PHI2,
    facts={"attention.layer_norm_epsilon": 0.05, "rope.dimension_count": 32},
)

PHI3 = Tiny(
    config=SIZES | {"model_type": "phi3", "original_max_position_embeddings": 2048},
    architecture=gguf.MODEL_ARCH.PHI3,
    facts={
        "rope.dimension_count": 64,
        "rope.scaling.original_context_length": 2048,
        "attention.sliding_window": 2047,
    },
)


def _factor_tensors(long: list[float]) -> dict[str, NDArray[np.float32]]:
    return {
        "rope_factors_long.weight": np.array(long, np.float32),
        "rope_factors_short.weight": np.ones(len(long), np.float32),
    }


_LONG = [1 + index / 10 for index in range(32)]

PHI4_MINI = replace(
    PHI3,
    config=dict(PHI3.config)
    | {
        "partial_rotary_factor": 0.75,
        "original_max_position_embeddings": 32,
        "rope_scaling": {
            "type": "longrope",
            "long_factor": _LONG[:24],
            "short_factor": [1.0] * 24,
        },
        "tie_word_embeddings": True,
    },
    facts={
        "rope.dimension_count": 48,
        "rope.scaling.original_context_length": 32,
        "rope.scaling.attn_factor": math.sqrt(1 + math.log(64) / math.log(32)),
    },
    extra=_factor_tensors(_LONG[:24]),
)


def _as_phimoe(name: str, values: NDArray[Any]) -> Changed:
    for part, old in (("gate", "w1"), ("down", "w2"), ("up", "w3")):
        name = name.replace(f"switch_mlp.{part}_proj", f"experts.{old}")
    yield name, values


PHIMOE = Tiny(
    config=SIZES
    | {"model_type": "phimoe", "num_local_experts": 4, "num_experts_per_tok": 2}
    | {"original_max_position_embeddings": 2048},
    architecture=gguf.MODEL_ARCH.PHIMOE,
    facts={"rope.dimension_count": 64, "expert_count": 4, "expert_used_count": 2},
    changed=_as_phimoe,
)

PHIMOE_LONG = replace(
    PHIMOE,
    config=dict(PHIMOE.config)
    | {
        "rope_scaling": {
            "type": "longrope",
            "long_factor": _LONG,
            "short_factor": [1.0] * 32,
            "long_mscale": 1.25,
            "short_mscale": 1.25,
        }
    },
    facts={
        **PHIMOE.facts,
        "rope.scaling.original_context_length": 1024,
        "rope.scaling.attn_factor": 1.25,
    },
    extra=_factor_tensors(_LONG),
)


@pytest.mark.parametrize("tiny", [PHI2, PHI3, PHI4_MINI, PHIMOE, PHIMOE_LONG])
def test_phi(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_the_trained_context_is_found_in_a_shortened_file(tmp_path: Path) -> None:
    facts = {**PHI4_MINI.facts, "context_length": 64}
    config = assert_same_logits(replace(PHI4_MINI, facts=facts), tmp_path)
    assert config["max_position_embeddings"] == 2048


def test_projections_that_mlx_lm_has_fused_may_be_apart(tmp_path: Path) -> None:
    def apart(name: str, values: NDArray[Any]) -> Changed:
        if "qkv_proj" not in name:
            yield name, values
            return
        for part, rows in zip("qkv", np.split(values, [256, 384]), strict=True):
            yield name.replace("qkv_proj", f"{part}_proj"), rows

    # What becomes one tensor has one type.
    types = (gguf.GGMLQuantizationType.Q8_0,)
    assert_same_logits(replace(PHI3, changed=apart, types=types), tmp_path)


@pytest.mark.parametrize(
    ("tiny", "key", "value"),
    [
        (PHI4_MINI, "rope.scaling.attn_factor", 0.5),
        (PHI3, "rope.scaling.type", "yarn"),
        (PHIMOE, "rope.scaling.type", "yarn"),
        (PHIMOE, "expert_used_count", 3),
    ],
)
def test_what_mlx_lm_has_no_words_for_is_refused(
    tiny: Tiny, key: str, value: Any, tmp_path: Path
) -> None:
    facts = {"rope.scaling.factor": 4.0} if value == "yarn" else {}
    facts = {**tiny.facts, **facts, key: value}
    write(replace(tiny, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match=key):
        imported(tmp_path / "tiny.gguf")
