"""The scaling of RoPE survives: its kinds, and Llama 3's from its factors."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_lm.models.rope_utils import Llama3RoPE
from numpy.typing import NDArray

from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import rope_settings
from mlxtui.convert.gguf.architectures.rope_factors import llama3_scaling
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import assert_same_logits
from tests.convert.gguf.architectures.said import Said
from tests.convert.gguf.architectures.test_llama import CONFIG, LLAMA

Floats = NDArray[np.float32]


def factors_of_llama3(
    dimensions: int,
    base: float,
    *,
    factor: float,
    original: float,
    low: float = 1.0,
    high: float = 4.0,
) -> Floats:
    """What llama.cpp's converter stores, computed as it does: one by one."""
    frequencies = 1 / base ** (np.arange(0, dimensions, 2) / dimensions)
    factors = []
    for frequency in frequencies.astype(np.float32):
        wavelength = 2 * math.pi / frequency
        if wavelength < original / high:
            factors.append(1.0)
        elif wavelength > original / low:
            factors.append(factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, np.float32)


def _settings(small: Mapping[str, Floats] | None = None, **said: Any) -> dict[str, Any]:
    facts = {f"llama.{key.replace('__', '.')}": value for key, value in said.items()}
    facts = {"llama.context_length": 4096, "general.architecture": "llama", **facts}
    tensors = {
        name: GgufTensor("F32", value.shape) for name, value in (small or {}).items()
    }
    return rope_settings(Facts(Said(facts, tensors, small or {})), 64)


@pytest.mark.parametrize(
    ("dimensions", "factor", "original"),
    [(128, 8.0, 8192), (64, 32.0, 8192), (128, 16.0, 8192), (64, 8.0, 4096)],
)
def test_the_numbers_of_llama3_are_found(
    dimensions: int, factor: float, original: int
) -> None:
    stored = factors_of_llama3(dimensions, 5e5, factor=factor, original=original)
    assert llama3_scaling(stored, dimensions, 5e5) == {
        "rope_type": "llama3",
        "type": "llama3",
        "factor": factor,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": original,
    }


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(
    dimensions=st.sampled_from([32, 64, 80, 128, 256]),
    base=st.sampled_from([1e4, 5e5, 1e6]),
    factor=st.floats(1.5, 64),
    original=st.integers(64, 200_000),
    low=st.floats(0.5, 4),
    ratio=st.floats(1.5, 16),
)
def test_whatever_made_the_factors_makes_them_again(
    dimensions: int, base: float, factor: float, original: int, low: float, ratio: float
) -> None:
    stored = factors_of_llama3(
        dimensions, base, factor=factor, original=original, low=low, high=low * ratio
    )
    found = llama3_scaling(stored, dimensions, base)
    if found is None or found["rope_type"] == "linear":
        assert np.ptp(stored) < 1e-4 * factor
        return
    assert type(found["original_max_position_embeddings"]) is int
    rope = Llama3RoPE(dimensions, base=base, scaling_config=found)
    plain = base ** (np.arange(0, dimensions, 2) / dimensions)
    np.testing.assert_allclose(np.array(rope._freqs) / plain, stored, rtol=5e-5)


def test_other_factors_are_refused() -> None:
    random = np.random.default_rng(3).uniform(1, 8, 32).astype(np.float32)
    for factors in (random, random[:5], np.full(32, 0.5, np.float32)):
        with pytest.raises(ModelRefused, match="rope_freqs.weight"):
            llama3_scaling(factors, 64, 1e4)


def test_llama3(tmp_path: Path) -> None:
    numbers = {"factor": 8.0, "original": 32.0}
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    }
    scaled = replace(
        LLAMA,
        config=CONFIG | {"rope_scaling": scaling},
        extra={"rope_freqs.weight": factors_of_llama3(32, 5e5, **numbers)},
    )
    config = assert_same_logits(scaled, tmp_path, tokens=160)
    assert config["rope_scaling"]["rope_type"] == "llama3"


@pytest.mark.parametrize("key", ["rope.scaling.factor", "rope.scale_linear"])
def test_linear_scaling_by_either_name(tmp_path: Path, key: str) -> None:
    scaled = replace(
        LLAMA,
        config=CONFIG | {"rope_scaling": {"type": "linear", "factor": 4.0}},
        facts={**LLAMA.facts, key: 4.0},
    )
    assert_same_logits(scaled, tmp_path)


def test_without_a_word_of_scaling_there_is_none() -> None:
    assert _settings() == {
        "max_position_embeddings": 4096,
        "rope_theta": 10000.0,
        "rope_scaling": None,
    }
    assert _settings(rope__scaling__type="none")["rope_scaling"] is None
    assert _settings(rope__scaling__factor=1.0)["rope_scaling"] is None


def test_yarn_keeps_the_scale_of_its_source() -> None:
    yarn: dict[str, Any] = {
        "rope__scaling__type": "yarn",
        "rope__scaling__factor": 4.0,
        "rope__scaling__original_context_length": 2048,
    }
    usual = _settings(**yarn)
    assert "mscale" not in usual["rope_scaling"]
    assert usual["max_position_embeddings"] == 8192
    scaled = _settings(**yarn, rope__scaling__yarn_attn_factor=1.5)["rope_scaling"]
    assert 0.1 * scaled["mscale"] * math.log(4) + 1 == pytest.approx(1.5)


def test_longrope_has_a_factor_for_each_frequency() -> None:
    short, long = np.ones(32, np.float32), np.arange(1, 33, dtype=np.float32)
    small = {"rope_factors_short.weight": short, "rope_factors_long.weight": long}
    said: dict[str, Any] = {
        "rope__scaling__type": "longrope",
        "rope__scaling__original_context_length": 1024,
    }
    scaling = _settings(small, **said)["rope_scaling"]
    assert scaling["long_factor"] == long.tolist()
    assert scaling["short_factor"] == short.tolist()
    with pytest.raises(ModelRefused, match="rope_factors_short.weight"):
        _settings(**said)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rope__freq_base", math.nan),
        ("rope__freq_base", 0.0),
        ("rope__freq_base", "ten thousand"),
        ("rope__dimension_count", 7),
        ("rope__dimension_count", 32),
        ("rope__scaling__type", "magic"),
        ("rope__scaling__factor", -2.0),
        ("context_length", 0),
        ("context_length", 2**40),
    ],
)
def test_positions_that_cannot_be_are_refused(key: str, value: Any) -> None:
    with pytest.raises(ModelRefused, match="llama." + key.replace("__", ".")):
        _settings(**{key: value})
