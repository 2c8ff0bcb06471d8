"""Command R comes back with the same logits."""

from dataclasses import replace
from pathlib import Path

import gguf
import pytest

from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    SIZES,
    Tiny,
    assert_same_logits,
    imported,
    write,
)

_SIZES = SIZES | {
    "tie_word_embeddings": True,
    "logit_scale": 0.25,
    "layer_norm_eps": 0.05,
}
_FACTS = {
    "attention.layer_norm_epsilon": 0.05,
    "logit_scale": 0.25,
    "rope.scaling.type": "none",
}

COMMAND_R = Tiny(
    config=_SIZES | {"model_type": "cohere"},
    architecture=gguf.MODEL_ARCH.COMMAND_R,
    facts=_FACTS,
)

COMMAND_R_PLUS = replace(
    COMMAND_R, config=dict(COMMAND_R.config) | {"use_qk_norm": True}
)

COHERE2 = Tiny(
    config=_SIZES
    | {"model_type": "cohere2", "num_hidden_layers": 5}
    | {"head_dim": 64, "sliding_window": 16},
    architecture=gguf.MODEL_ARCH.COHERE2,
    facts={**_FACTS, "attention.sliding_window": 16, "rope.dimension_count": 64},
)


@pytest.mark.parametrize("tiny", [COMMAND_R, COMMAND_R_PLUS, COHERE2])
def test_command_r(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_an_irregular_pattern_of_windows_is_refused(tmp_path: Path) -> None:
    pattern = [True, False, True, True, False]
    facts = {**COHERE2.facts, "attention.sliding_window_pattern": pattern}
    write(replace(COHERE2, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="sliding_window_pattern"):
        imported(tmp_path / "tiny.gguf")
