"""GLM 4 comes back with the same logits."""

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

GLM4 = Tiny(
    config=SIZES
    | {"model_type": "glm4", "head_dim": 64}
    | {"partial_rotary_factor": 0.5, "attention_bias": True},
    architecture=gguf.MODEL_ARCH.GLM4,
    facts={"rope.dimension_count": 32},
)


@pytest.mark.parametrize("has_bias", [True, False])
def test_glm4(has_bias: bool, tmp_path: Path) -> None:
    config = dict(GLM4.config) | {"attention_bias": has_bias}
    assert_same_logits(replace(GLM4, config=config), tmp_path)


def test_the_model_for_images_is_refused(tmp_path: Path) -> None:
    facts = {**GLM4.facts, "rope.dimension_sections": [8, 12, 12, 0]}
    write(replace(GLM4, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="dimension_sections"):
        imported(tmp_path / "tiny.gguf")
