"""StarCoder 2 comes back with the same logits."""

from dataclasses import replace
from pathlib import Path

import gguf
import pytest

from tests.convert.gguf.architectures.harness import SIZES, Tiny, assert_same_logits

STARCODER2 = Tiny(
    config=SIZES | {"model_type": "starcoder2", "norm_epsilon": 0.05},
    architecture=gguf.MODEL_ARCH.STARCODER2,
    facts={"attention.layer_norm_epsilon": 0.05},
)


@pytest.mark.parametrize("is_tied", [True, False])
def test_starcoder2(is_tied: bool, tmp_path: Path) -> None:
    config = dict(STARCODER2.config) | {"tie_word_embeddings": is_tied}
    assert_same_logits(replace(STARCODER2, config=config), tmp_path)
