"""Whatever one fact of a file says: a config comes of it, or a refusal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from mlxtui.convert.gguf.architectures import architecture_of
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import Tiny, write
from tests.convert.gguf.architectures.said import Said
from tests.convert.gguf.architectures.test_cohere import COHERE2
from tests.convert.gguf.architectures.test_exaone4 import LARGE as EXAONE4
from tests.convert.gguf.architectures.test_gemma import GEMMA2, GEMMA3
from tests.convert.gguf.architectures.test_gemma4 import EXPERTS as GEMMA4_EXPERTS
from tests.convert.gguf.architectures.test_gemma4 import SMALL as GEMMA4
from tests.convert.gguf.architectures.test_glm4 import GLM4
from tests.convert.gguf.architectures.test_gpt_oss import GPT_OSS
from tests.convert.gguf.architectures.test_granite import GRANITE_MOE
from tests.convert.gguf.architectures.test_hunyuan import HUNYUAN
from tests.convert.gguf.architectures.test_lfm2 import LFM2, LFM2_MOE
from tests.convert.gguf.architectures.test_olmo import OLMO3, OLMOE
from tests.convert.gguf.architectures.test_phi import PHI2, PHI4_MINI, PHIMOE_LONG
from tests.convert.gguf.architectures.test_stablelm import STABLELM
from tests.convert.gguf.architectures.test_starcoder2 import STARCODER2

_ALL = (
    COHERE2, EXAONE4, GEMMA2, GEMMA3, GEMMA4, GEMMA4_EXPERTS, GLM4, GPT_OSS,
    GRANITE_MOE, HUNYUAN, LFM2, LFM2_MOE, OLMO3, OLMOE, PHI2, PHI4_MINI, PHIMOE_LONG,
    STABLELM, STARCODER2,
)  # fmt: skip

_ABSURD: tuple[Any, ...] = (
    0, 1, -1, 3, 2**63, 1.5, -2.0, float("nan"), float("inf"), 1e300, "", "yarn", True,
    (), (0,), (1, 2, 3), (True, False), ("a",), (2**40,) * 5, (1.5,) * 5,
)  # fmt: skip

_MORE = (
    "rope.scaling.type",
    "rope.scaling.factor",
    "attention.sliding_window_pattern",
    "nextn_predict_layers",
)


@pytest.mark.parametrize("tiny", _ALL, ids=lambda tiny: tiny.config["model_type"])
def test_one_absurd_fact_does_no_harm(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write(replace(tiny, types=(gguf.GGMLQuantizationType.F16,)), path)
    with open_gguf([path]) as opened:
        facts, tensors = dict(opened.facts), dict(opened.tensors)
        small = {name: np.array(opened.values(name)) for name in tiny.extra}
    architecture = architecture_of(facts)
    prefix = f"{architecture.name}."
    keys = {key for key in facts if key.startswith(prefix)}
    refused = 0
    for key in keys.union(prefix + more for more in _MORE):
        for value in (None, *_ABSURD):
            said = {name: fact for name, fact in facts.items() if name != key}
            if value is not None:
                said[key] = value
            file = Said(said, tensors, small)
            try:
                architecture.tensors(file, architecture.config(file))
            except ModelRefused as refusal:
                refused += 1
                assert refusal.hint, refusal.message
    assert refused > len(keys)
