"""Gemma comes back with the same logits."""

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from mlxtui.convert.gguf.architectures import architecture_of
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    SIZES,
    Tiny,
    assert_same_logits,
    imported,
    write,
)
from tests.convert.gguf.architectures.said import Said

_SIZES = SIZES | {"head_dim": 128, "tie_word_embeddings": True}


def _added(name: str) -> float:
    return 1.0 if name.endswith("norm.weight") else 0.0


GEMMA = Tiny(
    config=_SIZES | {"model_type": "gemma"},
    architecture=gguf.MODEL_ARCH.GEMMA,
    facts={},
    added=_added,
)

GEMMA2 = Tiny(
    config=_SIZES
    | {
        "model_type": "gemma2",
        "attn_logit_softcapping": 40.0,
        "final_logit_softcapping": 20.0,
        "query_pre_attn_scalar": 128,
    },
    architecture=gguf.MODEL_ARCH.GEMMA2,
    facts={
        "attn_logit_softcapping": 40.0,
        "final_logit_softcapping": 20.0,
        "attention.sliding_window": 4096,
    },
    added=_added,
)

_SCALED = {"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}

GEMMA3 = Tiny(
    config=_SIZES
    | {
        "model_type": "gemma3_text",
        "num_hidden_layers": 7,
        "query_pre_attn_scalar": 128,
        "sliding_window": 16,
        "sliding_window_pattern": 6,
        "rope_theta": 1000000.0,
        "rope_local_base_freq": 10000.0,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0},
    },
    architecture=gguf.MODEL_ARCH.GEMMA3,
    facts={"attention.sliding_window": 16, **_SCALED},
    added=_added,
    without=("lm_head.weight",),
)


@pytest.mark.parametrize("tiny", [GEMMA, GEMMA2, GEMMA3])
def test_gemma(tiny: Tiny, tmp_path: Path) -> None:
    assert_same_logits(tiny, tmp_path)


def test_gemma3_may_say_its_pattern_and_its_local_base(tmp_path: Path) -> None:
    tiny = replace(
        GEMMA3,
        config=dict(GEMMA3.config)
        | {"num_hidden_layers": 3, "sliding_window_pattern": 2}
        | {"rope_local_base_freq": 5000.0},
        facts={
            **GEMMA3.facts,
            "attention.sliding_window_pattern": [True, False, True],
            "rope.freq_base_swa": 5000.0,
        },
    )
    config = assert_same_logits(tiny, tmp_path)
    assert config["sliding_window_pattern"] == 2


def test_gemma3_of_ollama_names_its_bases_otherwise(tmp_path: Path) -> None:
    tiny = replace(
        GEMMA3,
        config=dict(GEMMA3.config) | {"rope_local_base_freq": 5000.0},
        facts={
            **GEMMA3.facts,
            "rope.freq_base": None,
            "rope.global.freq_base": 1000000.0,
            "rope.local.freq_base": 5000.0,
        },
    )
    assert_same_logits(tiny, tmp_path)


def test_gemma3_that_sees_says_less_in_files_of_ollama(tmp_path: Path) -> None:
    tiny = replace(
        GEMMA3,
        config=dict(GEMMA3.config) | {"rms_norm_eps": 1e-6},
        facts={
            "attention.sliding_window": 16,
            "attention.layer_norm_rms_epsilon": None,
            "rope.freq_base": None,
            "vision.block_count": 27,
        },
        extra={"v.blk.0.attn_q.weight": np.ones((4, 4), np.float32)},
    )
    assert_same_logits(tiny, tmp_path)


def test_gemma3_says_the_base_of_its_positions(tmp_path: Path) -> None:
    """It is never the usual one, so that a file without it cannot be right."""
    facts = {**GEMMA3.facts, "rope.freq_base": None}
    write(replace(GEMMA3, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="freq_base"):
        imported(tmp_path / "tiny.gguf")


def test_gemma3_may_have_no_windows_and_a_head_of_its_own(tmp_path: Path) -> None:
    tiny = replace(
        GEMMA3,
        config=dict(GEMMA3.config)
        | {"num_hidden_layers": 2, "sliding_window_pattern": 1},
        facts=_SCALED,
        without=(),
    )
    assert_same_logits(tiny, tmp_path)


@pytest.mark.parametrize(("tiny", "layers"), [(GEMMA2, 46), (GEMMA3, 62)])
def test_the_largest_ones_scale_queries_by_their_hidden_size(
    tiny: Tiny, layers: int, tmp_path: Path
) -> None:
    write(tiny, tmp_path / "tiny.gguf")
    with open_gguf([tmp_path / "tiny.gguf"]) as opened:
        name = opened.facts["general.architecture"]
        facts = {**opened.facts, f"{name}.block_count": layers}
        config = architecture_of(facts).config(Said(facts, opened.tensors))
    assert config["query_pre_attn_scalar"] == 64


@pytest.mark.parametrize(
    ("tiny", "key", "value"),
    [
        (GEMMA3, "final_logit_softcapping", 30.0),
        (GEMMA3, "rope.freq_base_swa", 0.5),
        (GEMMA3, "rope.scaling.beta_fast", 64.0),
        (GEMMA2, "final_logit_softcapping", 0.0),
        (GEMMA2, "rope.scaling.type", "linear"),
    ],
)
def test_what_mlx_lm_has_no_words_for_is_refused(
    tiny: Tiny, key: str, value: float | str, tmp_path: Path
) -> None:
    facts = {**tiny.facts, "rope.scaling.factor": 8.0, key: value}
    write(replace(tiny, facts=facts), tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match=f"{key}|scaled positions"):
        imported(tmp_path / "tiny.gguf")


@pytest.mark.parametrize("name", ["gemma", "gemma2", "gemma3"])
def test_half_floats_are_too_small_for_gemma(name: str) -> None:
    assert architecture_of({"general.architecture": name}).overflows_f16
