"""Projections that a converter fused on request are taken apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from tests.convert.gguf.architectures.harness import Tiny, imported, write
from tests.convert.gguf.architectures.rewriting import (
    Stored,
    fused_experts,
    fused_projections,
    rewrite,
)
from tests.convert.gguf.architectures.test_gemma import GEMMA3
from tests.convert.gguf.architectures.test_gemma4 import EXPERTS as GEMMA4_EXPERTS
from tests.convert.gguf.architectures.test_glm4 import GLM4
from tests.convert.gguf.architectures.test_gpt_oss import GPT_OSS
from tests.convert.gguf.architectures.test_granite import GRANITE_WITH_BIASES
from tests.convert.gguf.architectures.test_hunyuan import HUNYUAN
from tests.convert.gguf.architectures.test_phi import PHI2
from tests.convert.gguf.architectures.test_stablelm import STABLELM

HUNYUAN_WITH_BIASES = replace(
    HUNYUAN, config=dict(HUNYUAN.config) | {"attention_bias": True}
)


@pytest.mark.parametrize(
    ("tiny", "fused"),
    [
        (GEMMA3, fused_projections),
        (GLM4, fused_projections),
        (GRANITE_WITH_BIASES, fused_projections),
        (HUNYUAN_WITH_BIASES, fused_projections),
        (PHI2, fused_projections),
        (STABLELM, fused_projections),
        (GPT_OSS, fused_experts),
        (GEMMA4_EXPERTS, fused_experts),
    ],
)
def test_fused_and_apart_are_the_same(
    tiny: Tiny,
    fused: Callable[[Mapping[str, Stored]], Iterable[Stored]],
    tmp_path: Path,
) -> None:
    apart, together = tmp_path / "apart.gguf", tmp_path / "together.gguf"
    # What becomes one tensor has one type.
    write(replace(tiny, types=(gguf.GGMLQuantizationType.Q8_0,)), apart)
    rewrite(apart, together, fused)
    (config, weights), (same_config, same_weights) = imported(apart), imported(together)
    assert same_config == config
    for name, value in weights.items():
        np.testing.assert_array_equal(same_weights[name], value, err_msg=name)
