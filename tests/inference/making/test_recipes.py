"""Every recipe: bits, modes, mixed, types, unpacking, packing anew, layers."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx_lm.utils import compute_bits_per_weight, load_model

from mlxtui import paths
from mlxtui.errors import ModelRefused
from mlxtui.recipes import (
    BITS,
    GROUP_SIZES,
    MIXED_RECIPES,
    MODES,
    FloatType,
    MixedRecipe,
    Quantization,
    Recipe,
    quantization,
)
from tests.inference.making.checkpoints import write_checkpoint
from tests.inference.making.making import (
    assert_same_model,
    convert_by_mlx_lm,
    make,
    tensors,
    use_small_pieces,
)

_FORMS = [quantization(bits, size) for bits in BITS for size in GROUP_SIZES]
_FORMS += [quantization(mode=mode) for mode in MODES if mode != "affine"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("models") / "llama", "llama")


def _text(form: Quantization) -> str:
    return form.text()


@pytest.mark.parametrize("form", _FORMS, ids=_text)
def test_each_form_is_what_mlx_lm_writes(
    form: Quantization, llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = convert_by_mlx_lm(
        llama,
        tmp_path / "peer",
        quantize=True,
        q_bits=form.bits,
        q_group_size=form.group_size,
        q_mode=form.mode,
    )
    use_small_pieces(monkeypatch)
    made = make(llama, tmp_path / "ours", Recipe(quantization=form))
    assert_same_model(tmp_path / "ours", peer)
    network, _config = load_model(tmp_path / "ours")
    assert made.bits_per_weight == compute_bits_per_weight(network)


@pytest.mark.parametrize("mixed", MIXED_RECIPES)
def test_each_mixed_recipe_is_what_mlx_lm_writes(
    mixed: MixedRecipe, llama: Path, tmp_path: Path
) -> None:
    peer = convert_by_mlx_lm(
        llama, tmp_path / "peer", quantize=True, q_group_size=64, quant_predicate=mixed
    )
    make(llama, tmp_path / "ours", Recipe(mixed=mixed))
    assert_same_model(tmp_path / "ours", peer)


def test_a_mixed_recipe_that_does_not_suit_is_refused(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "gpt2")
    with pytest.raises(ModelRefused, match="mixed_4_6"):
        make(source, tmp_path / "made", Recipe(mixed="mixed_4_6"))


@pytest.mark.parametrize("float_type", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("form", [None, Quantization()])
def test_a_chosen_type_is_what_mlx_lm_writes(
    float_type: FloatType, form: Quantization | None, llama: Path, tmp_path: Path
) -> None:
    peer = convert_by_mlx_lm(
        llama, tmp_path / "peer", quantize=form is not None, dtype=float_type
    )
    make(llama, tmp_path / "ours", Recipe(quantization=form, float_type=float_type))
    assert_same_model(tmp_path / "ours", peer)


def test_weights_that_must_keep_their_type_keep_it(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "deepseek_v3", dtype=mx.float32)
    peer = convert_by_mlx_lm(source, tmp_path / "peer", dtype="float16")
    make(source, tmp_path / "ours", Recipe(float_type="float16"))
    assert_same_model(tmp_path / "ours", peer)
    kept = tensors(tmp_path / "ours")["model.layers.1.mlp.gate.e_score_correction_bias"]
    assert kept.dtype == mx.float32


def test_without_a_type_the_one_of_the_source_is_kept(tmp_path: Path) -> None:
    # The config is the authors' word for another type; the weights are what they are.
    source = write_checkpoint(
        tmp_path / "source", "llama", dtype=mx.float32, torch_dtype="bfloat16"
    )
    make(source, tmp_path / "made", Recipe())
    assert {array.dtype for array in tensors(tmp_path / "made").values()} == {
        mx.float32
    }


@pytest.mark.parametrize(
    ("architecture", "mode"),
    [("mixtral", "affine"), ("deepseek_v3", "affine"), *(("llama", m) for m in MODES)],
)
def test_what_is_packed_can_be_unpacked(
    architecture: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(tmp_path / "source", architecture)
    use_small_pieces(monkeypatch)
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    make(source, packed, Recipe(quantization=quantization(mode=mode)))
    make(packed, plain, Recipe(dequantize=True))
    config = json.loads((plain / "config.json").read_text())
    assert "quantization" not in config and "quantization_config" not in config
    original, found = _parameters(source), _parameters(plain)
    assert original.keys() == found.keys()
    for name, array in original.items():
        assert found[name].dtype == mx.bfloat16 or "correction_bias" in name
        difference = (found[name].astype(mx.float32) - array.astype(mx.float32)).abs()
        assert mx.all(difference < 0.2).item(), name


def _parameters(folder: Path) -> dict[str, mx.array]:
    from mlx.utils import tree_flatten

    network, _config = load_model(folder)
    flat: Any = tree_flatten(network.parameters())
    return dict(flat)


def test_a_packed_model_is_packed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = paths.guide_model_dir()
    use_small_pieces(monkeypatch, 20_000)
    make(guide, tmp_path / "plain", Recipe(dequantize=True))
    form = Recipe(quantization=quantization(4, 32))
    made = make(tmp_path / "plain", tmp_path / "two-steps", form)
    again = make(guide, tmp_path / "one-step", form)
    assert_same_model(tmp_path / "one-step", tmp_path / "two-steps")
    assert made == again
    config = json.loads((tmp_path / "one-step" / "config.json").read_text())
    assert config["quantization"]["bits"] == 4


def test_a_source_that_is_packed_in_part_keeps_that_part(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "gpt_oss")
    make(source, tmp_path / "made", Recipe(quantization=quantization(8, 64)))
    config = json.loads((tmp_path / "made" / "config.json").read_text())
    assert config["quantization"]["mode"] == "mxfp4"
    query = config["quantization"]["model.layers.0.self_attn.q_proj"]
    assert query == {"group_size": 64, "bits": 8, "mode": "affine"}
    network, _config = load_model(tmp_path / "made")
    layer: Any = network.model.layers[0]
    assert layer.mlp.experts.gate_proj.mode == "mxfp4"
    assert layer.self_attn.q_proj.bits == 8


def test_layers_have_what_was_chosen_for_them(llama: Path, tmp_path: Path) -> None:
    layers = {
        "model.embed_tokens": Quantization(bits=8, group_size=32),
        "model.layers.0.self_attn.q_proj": None,
        "model.layers.1.mlp.up_proj": quantization(mode="mxfp4"),
        "model.layers.1.mlp.down_proj": Quantization(),
    }
    recipe = Recipe(fit_context_tokens=4096, quantization=Quantization())
    make(llama, tmp_path / "made", recipe, layers=layers)
    network, config = load_model(tmp_path / "made")
    first, second = (layer for layer in network.model.layers)
    assert (network.model.embed_tokens.bits, second.mlp.up_proj.mode) == (8, "mxfp4")
    assert type(first.self_attn.q_proj) is nn.Linear
    assert (second.mlp.down_proj.bits, second.mlp.down_proj.group_size) == (4, 64)
    assert config["quantization"]["model.embed_tokens"] == {
        "group_size": 32,
        "bits": 8,
        "mode": "affine",
    }
    assert "model.layers.1.mlp.down_proj" not in config["quantization"]


def test_a_layer_may_have_a_group_size_that_the_others_could_not(
    tmp_path: Path,
) -> None:
    source = write_checkpoint(tmp_path / "source", "llama", intermediate_size=160)
    form = Recipe(quantization=Quantization(group_size=64))
    usual = make(source, tmp_path / "usual", form)
    down = "model.layers.0.mlp.down_proj"
    assert down in usual.kept_in_float
    own = make(
        source, tmp_path / "own", form, layers={down: Quantization(group_size=32)}
    )
    assert set(usual.kept_in_float) - set(own.kept_in_float) == {down}
    network, _config = load_model(tmp_path / "own")
    assert network.model.layers[0].mlp.down_proj.group_size == 32


def test_only_what_the_recipe_wanted_to_pack_counts_as_kept(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "llama", intermediate_size=160)
    layers = {f"model.layers.{number}.mlp.down_proj": None for number in range(2)}
    made = make(
        source, tmp_path / "made", Recipe(quantization=Quantization()), layers=layers
    )
    assert made.kept_in_float == ()


def test_what_cannot_be_unpacked_is_named(llama: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    make(llama, packed, Recipe(quantization=quantization(mode="nvfp4")))
    config = json.loads((packed / "config.json").read_text())
    # Layers whose inputs are packed as well hold their weights in another way.
    config["quantize_activations"] = True
    (packed / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelRefused, match="lm_head.*QQLinear"):
        make(packed, tmp_path / "plain", Recipe(dequantize=True))
