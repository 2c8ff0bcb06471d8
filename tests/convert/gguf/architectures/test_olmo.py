"""OLMo comes back with the same logits."""

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

OLMO2 = Tiny(
    config=SIZES | {"model_type": "olmo2"},
    architecture=gguf.MODEL_ARCH.OLMO2,
    facts={},
)

_YARN = {
    "factor": 8.0,
    "original_max_position_embeddings": 512,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
}

OLMO3 = Tiny(
    config=SIZES
    | {
        "model_type": "olmo3",
        "num_hidden_layers": 4,
        "sliding_window": 16,
        "rope_scaling": {"rope_type": "yarn", **_YARN},
    },
    architecture=gguf.MODEL_ARCH.OLMO2,
    facts={
        "attention.sliding_window": 16,
        "attention.sliding_window_pattern": [True, True, True, False],
        "rope.freq_base_swa": 20000.0,
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": 8.0,
        "rope.scaling.original_context_length": 512,
        "rope.scaling.yarn_beta_fast": 32.0,
        "rope.scaling.yarn_beta_slow": 1.0,
    },
)


def _as_olmoe(name: str, values: NDArray[Any]) -> Changed:
    yield name.replace("switch_mlp", "experts"), values


OLMOE = Tiny(
    config=SIZES | {"model_type": "olmoe", "num_experts": 4, "num_experts_per_tok": 2},
    architecture=gguf.MODEL_ARCH.OLMOE,
    facts={"expert_count": 4, "expert_used_count": 2},
    changed=_as_olmoe,
)


@pytest.mark.parametrize("tiny", [OLMO2, OLMO3, OLMOE])
def test_olmo(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_olmo3_has_a_pattern_where_the_file_says_none(tmp_path: Path) -> None:
    facts = {key: OLMO3.facts[key] for key in OLMO3.facts if "pattern" not in key}
    config = assert_same_logits(replace(OLMO3, facts=facts), tmp_path)
    assert config["layer_types"] == ["sliding_attention"] * 3 + ["full_attention"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rope.freq_base_swa", 10000.0),
        ("attention.sliding_window_pattern", [True] * 4),
        ("attention.sliding_window_pattern", [True, False]),
        ("attention.sliding_window_pattern", 0),
    ],
)
def test_windows_that_mlx_lm_has_no_words_for_are_refused(
    key: str, value: Any, tmp_path: Path
) -> None:
    facts = {**OLMO3.facts, key: value}
    write(replace(OLMO3, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match=key):
        imported(tmp_path / "tiny.gguf")
