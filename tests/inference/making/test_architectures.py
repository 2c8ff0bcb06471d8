"""Checkpoints of many architectures become what mlx_lm.convert makes of them."""

from pathlib import Path

import mlx.core as mx
import pytest

from mlxtui import paths
from mlxtui.inference.making import weights
from mlxtui.recipes import Quantization, Recipe
from tests.data import STORIES, needs_shared_data
from tests.inference.making.checkpoints import ARCHITECTURES, write_checkpoint
from tests.inference.making.making import (
    assert_same_model,
    convert_by_mlx_lm,
    make,
    use_small_pieces,
)

_IN_4_BITS = Recipe(quantization=Quantization())
_Q4 = {"quantize": True, "q_bits": 4, "q_group_size": 64}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_checkpoint_becomes_what_mlx_lm_makes_of_it(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(tmp_path / "source", architecture, files=3)
    plain = convert_by_mlx_lm(source, tmp_path / "plain")
    packed = convert_by_mlx_lm(source, tmp_path / "packed", **_Q4)
    use_small_pieces(monkeypatch)
    make(source, tmp_path / "our-plain", Recipe())
    make(source, tmp_path / "our-packed", _IN_4_BITS)
    assert_same_model(tmp_path / "our-plain", plain)
    assert_same_model(tmp_path / "our-packed", packed)


def test_8_bit_floats_become_what_mlx_lm_makes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(tmp_path / "source", "deepseek_v3", in_fp8=True)
    packed = convert_by_mlx_lm(source, tmp_path / "packed", **_Q4)
    use_small_pieces(monkeypatch)
    make(source, tmp_path / "ours", _IN_4_BITS)
    assert_same_model(tmp_path / "ours", packed)


def test_awq_becomes_what_mlx_lm_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(tmp_path / "source", "llama", in_awq=True)
    plain = convert_by_mlx_lm(source, tmp_path / "plain")
    unpacked = convert_by_mlx_lm(source, tmp_path / "unpacked", dequantize=True)
    use_small_pieces(monkeypatch)
    make(source, tmp_path / "ours", Recipe())
    make(source, tmp_path / "our-unpacked", Recipe(dequantize=True))
    assert_same_model(tmp_path / "ours", plain)
    assert_same_model(tmp_path / "our-unpacked", unpacked)


@pytest.mark.parametrize("architecture", ["qwen3_moe", "deepseek_v3", "gpt_oss"])
def test_stacked_experts_are_never_in_memory_as_a_whole(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[tuple[int, ...]] = []

    class Spy(weights.WholeWeight):
        def __init__(self, array: mx.array) -> None:
            whole.append(array.shape)
            super().__init__(array)

    monkeypatch.setattr(weights, "WholeWeight", Spy)
    source = write_checkpoint(tmp_path / "source", architecture)
    make(source, tmp_path / "made", _IN_4_BITS)
    assert not whole


@needs_shared_data
def test_a_real_llama_becomes_what_mlx_lm_makes_of_it(tmp_path: Path) -> None:
    packed = convert_by_mlx_lm(STORIES, tmp_path / "packed", **_Q4)
    made = make(STORIES, tmp_path / "ours", _IN_4_BITS)
    assert_same_model(tmp_path / "ours", packed)
    assert made.parameter_count == 260_032
    assert round(made.bits_per_weight, 3) == 10.788
    # 172 inputs are no multiple of 64.
    assert made.kept_in_float == tuple(
        f"model.layers.{number}.mlp.down_proj" for number in range(5)
    )


def test_the_built_in_model_is_unpacked_as_mlx_lm_does_it(tmp_path: Path) -> None:
    guide = paths.guide_model_dir()
    plain = convert_by_mlx_lm(guide, tmp_path / "plain", dequantize=True)
    make(guide, tmp_path / "ours", Recipe(dequantize=True))
    assert_same_model(tmp_path / "ours", plain)
