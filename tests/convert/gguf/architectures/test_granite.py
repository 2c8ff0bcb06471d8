"""Granite comes back with the same logits."""

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
    permuted,
    write,
)

_SCALES = {
    "logits_scaling": 3.0,
    "attention_multiplier": 0.0625,
    "embedding_multiplier": 5.0,
    "residual_multiplier": 0.25,
}
_FACTS = {
    "rope.dimension_count": 64,
    "attention.scale": 0.0625,
    "embedding_scale": 5.0,
    "residual_scale": 0.25,
    "logit_scale": 3.0,
}


def _as_granite(name: str, values: NDArray[Any]) -> Changed:
    if "q_proj" in name:
        values = permuted(values, 4)
    if "k_proj" in name:
        values = permuted(values, 2)
    for part in ("gate", "down", "up"):
        made = f"block_sparse_moe.switch_mlp.{part}_proj"
        name = name.replace(made, f"mlp.experts.{part}_proj")
    yield name, values


GRANITE = Tiny(
    config=SIZES
    | _SCALES
    | {"model_type": "granite", "attention_bias": False, "mlp_bias": False},
    architecture=gguf.MODEL_ARCH.GRANITE,
    facts=_FACTS,
    changed=_as_granite,
)

GRANITE_WITH_BIASES = replace(
    GRANITE,
    config=dict(GRANITE.config)
    | {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True},
)

GRANITE_MOE = Tiny(
    config=SIZES
    | _SCALES
    | {"model_type": "granitemoe", "attention_bias": False}
    | {"num_local_experts": 4, "num_experts_per_tok": 2},
    architecture=gguf.MODEL_ARCH.GRANITE_MOE,
    facts={**_FACTS, "expert_count": 4, "expert_used_count": 2},
    changed=_as_granite,
)


@pytest.mark.parametrize("tiny", [GRANITE, GRANITE_WITH_BIASES, GRANITE_MOE])
def test_granite(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_scales_that_the_file_does_not_say_change_nothing(tmp_path: Path) -> None:
    scales = {"embedding_multiplier": 1.0, "residual_multiplier": 1.0}
    config = dict(GRANITE.config) | scales | {"attention_multiplier": 64**-0.5}
    facts = {"rope.dimension_count": 64, "logit_scale": 3.0}
    assert_same_logits(replace(GRANITE, config=config, facts=facts), tmp_path)


def test_a_model_without_positions_is_refused(tmp_path: Path) -> None:
    facts = {**GRANITE.facts, "rope.scaling.finetuned": False}
    write(replace(GRANITE, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match=r"rope\.scaling\.finetuned"):
        imported(tmp_path / "tiny.gguf")
