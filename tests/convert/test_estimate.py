"""How large a result will be: compared with what mlx-lm makes of the same model."""

from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten
from mlx_lm.convert import mixed_quant_predicate_builder
from mlx_lm.utils import compute_bits_per_weight, load_model, quantize_model

from mlxtui.convert.contents import look_at
from mlxtui.convert.estimate import estimate
from mlxtui.convert.source import LocalSource
from mlxtui.plans import Contents
from mlxtui.recipes import MixedRecipe, Quantization, Recipe, quantization
from tests.models import Shape, write_model


def _made(folder: Path, **how: Any) -> tuple[int, float]:
    """Bytes and bits per weight of what mlx-lm makes."""
    network, config = load_model(folder)
    network.set_dtype(mx.bfloat16)
    network, _config = quantize_model(network, config, **how)
    flat: Any = tree_flatten(network.parameters())
    size_bytes = sum(array.nbytes for _name, array in flat)
    return size_bytes, float(compute_bits_per_weight(network))


def _contents(folder: Path) -> Contents:
    return look_at(LocalSource(folder))


_FORMS = [
    quantization(4), quantization(2, 32), quantization(8, 128), quantization(3, 32),
    quantization(mode="mxfp4"), quantization(mode="nvfp4"), quantization(mode="mxfp8"),
]  # fmt: skip


@pytest.mark.parametrize("form", _FORMS, ids=Quantization.text)
@pytest.mark.parametrize("shape", ["llama", "qwen3"])
def test_a_quantization_is_as_large_as_was_said(
    form: Quantization, shape: Shape, tmp_path: Path
) -> None:
    # 96 is a multiple of 32, not of 64 or 128: its layers stay as they are there.
    folder = write_model(tmp_path / "m", shape, intermediate_size=96)
    recipe = Recipe(quantization=form, float_type="bfloat16")
    size_bytes, bits = estimate(_contents(folder), recipe)
    real_bytes, real_bits = _made(
        folder, bits=form.bits, group_size=form.group_size, mode=form.mode
    )
    assert size_bytes == pytest.approx(real_bytes, rel=0.002)
    assert bits == pytest.approx(real_bits, rel=0.002)


@pytest.mark.parametrize("mixed", ["mixed_2_6", "mixed_3_4", "mixed_4_6"])
def test_a_mixed_recipe_is_as_large_as_was_said(
    mixed: MixedRecipe, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "m", num_hidden_layers=9)
    network, _config = load_model(folder)
    predicate = mixed_quant_predicate_builder(mixed, network, 64)
    recipe = Recipe(mixed=mixed, float_type="bfloat16")
    size_bytes, _bits = estimate(_contents(folder), recipe)
    real_bytes, _real_bits = _made(
        folder, bits=4, group_size=64, quant_predicate=predicate
    )
    assert size_bytes == pytest.approx(real_bytes, rel=0.002)


def test_unpacked_and_in_another_type(tmp_path: Path) -> None:
    packed = write_model(tmp_path / "m", quantization={"bits": 4, "group_size": 32})
    contents = _contents(packed)
    assert contents.parameter_count is not None
    recipe = Recipe(dequantize=True, float_type="float16")
    assert estimate(contents, recipe) == (contents.parameter_count * 2, 16)
    assert estimate(contents, Recipe()) == (
        contents.size_bytes, contents.bits_per_weight,
    )  # fmt: skip


def test_what_fits_the_machine_takes_no_more_than_its_budget(tmp_path: Path) -> None:
    contents = _contents(write_model(tmp_path / "m"))
    recipe = Recipe(fit_context_tokens=4096)
    assert contents.parameter_count is not None
    best = contents.parameter_count * 4  # as it is: its weights are 32-bit
    assert estimate(contents, recipe)[0] == best
    assert estimate(contents, recipe, best * 10)[0] == best
    assert estimate(contents, recipe, best // 2)[0] == best // 2
    assert estimate(contents, recipe, -1)[0] == 0


def test_without_a_count_nothing_is_made_up() -> None:
    contents = Contents(kind="gguf", size_bytes=100)
    assert estimate(contents, Recipe(quantization=Quantization())) == (100, None)
