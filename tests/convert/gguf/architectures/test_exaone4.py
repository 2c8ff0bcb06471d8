"""EXAONE 4 comes back with the same logits."""

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

_SIZES = SIZES | {"model_type": "exaone4", "head_dim": 64, "rope_scaling": None}

SMALL = Tiny(
    config=_SIZES | {"sliding_window": None, "sliding_window_pattern": None},
    architecture=gguf.MODEL_ARCH.EXAONE4,
    facts={},
)

LARGE = replace(
    SMALL,
    config=_SIZES
    | {"num_hidden_layers": 5}
    | {"sliding_window": 16, "sliding_window_pattern": "LLLG"},
    facts={
        "attention.sliding_window": 16,
        "attention.sliding_window_pattern": [True, True, True, False, True],
    },
)


@pytest.mark.parametrize("tiny", [SMALL, LARGE])
def test_exaone4(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_windows_in_no_layer_are_refused(tmp_path: Path) -> None:
    facts = {**LARGE.facts, "attention.sliding_window_pattern": [False] * 5}
    write(replace(LARGE, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="sliding_window_pattern"):
        imported(tmp_path / "tiny.gguf")
