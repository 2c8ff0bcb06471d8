"""Sources that cannot become a model are refused in a sentence that names the thing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import pytest

from mlxtui.errors import ModelRefused
from mlxtui.recipes import Quantization, Recipe
from tests.inference.making.checkpoints import Arrays, save, write_checkpoint
from tests.inference.making.making import make, tensors

_IN_4_BITS = Recipe(quantization=Quantization())
_QUERY = "model.layers.1.self_attn.q_proj.weight"


def _without(weights: Arrays) -> None:
    del weights[_QUERY]


def _of_another_shape(weights: Arrays) -> None:
    weights[_QUERY] = weights[_QUERY][:64]


def _with_one_more(weights: Arrays) -> None:
    weights["model.layers.1.self_attn.r_proj.weight"] = mx.zeros((4, 4))


def _with(number: float) -> Callable[[Arrays], None]:
    def change(weights: Arrays) -> None:
        weights[_QUERY][100, 7] = number

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, f"lacks the tensor {_QUERY}"),
        (_of_another_shape, f"{_QUERY} has the shape"),
        (_with_one_more, "no place in the model: model.layers.1.self_attn.r_proj"),
        (_with(float("nan")), f"{_QUERY} holds infinities or NaN"),
        (_with(float("-inf")), f"{_QUERY} holds infinities or NaN"),
    ],
)
@pytest.mark.parametrize("dtype", [mx.bfloat16, mx.float16, mx.float32])
def test_a_tensor_that_does_not_fit_is_named(
    change: Callable[[Arrays], None], message: str, dtype: mx.Dtype, tmp_path: Path
) -> None:
    source = write_checkpoint(tmp_path / "source", "llama", dtype=dtype)
    weights = tensors(source)
    mx.eval(weights)
    change(weights)
    save(source, weights)
    with pytest.raises(ModelRefused, match=message.replace(".", r"\.")):
        make(source, tmp_path / "made", _IN_4_BITS)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("architecture", ["qwen3_next", "mixtral", "deepseek_v3"])
def test_an_expert_that_is_no_number_is_named(
    architecture: str, tmp_path: Path
) -> None:
    source = write_checkpoint(tmp_path / "source", architecture)
    weights = tensors(source)
    mx.eval(weights)
    name = max(name for name in weights if ".experts." in name)
    weights[name][-1, -1] = float("nan")
    save(source, weights)
    with pytest.raises(ModelRefused, match=f"{name} holds infinities"):
        make(source, tmp_path / "made", _IN_4_BITS)


def test_what_is_not_packed_may_hold_anything(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "llama")
    weights = tensors(source)
    mx.eval(weights)
    _with(float("nan"))(weights)
    save(source, weights)
    make(source, tmp_path / "made", Recipe())
    assert mx.isnan(tensors(tmp_path / "made")[_QUERY][100, 7]).item()


def test_numbers_beyond_float16_are_not_made_infinite(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "llama")
    weights = tensors(source)
    mx.eval(weights)
    _with(1e6)(weights)
    save(source, weights)
    with pytest.raises(ModelRefused, match=f"{_QUERY} .* too large for F16"):
        make(source, tmp_path / "made", Recipe(float_type="float16"))


def _truncated(source: Path) -> None:
    file = source / "model.safetensors"
    os.truncate(file, file.stat().st_size - 100)


def _no_header(source: Path) -> None:
    (source / "model.safetensors").write_bytes(b"<html>not found</html>")


def _huge_header(source: Path) -> None:
    (source / "model.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")


def _wrong_offsets(source: Path) -> None:
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'
    (source / "model.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header + b"\0" * 8
    )


def _no_weights(source: Path) -> None:
    (source / "model.safetensors").rename(source / "pytorch_model.bin")


def _no_config(source: Path) -> None:
    (source / "config.json").unlink()


def _no_architecture(source: Path) -> None:
    (source / "config.json").write_text('{"model_type": "unheard_of"}')


def _own_code(source: Path) -> None:
    config = json.loads((source / "config.json").read_text())
    (source / "model.py").write_text("raise SystemExit('this must not run')")
    (source / "config.json").write_text(json.dumps(config | {"model_file": "model.py"}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_truncated, "its end is missing"),
        (_no_header, "its header cannot be read"),
        (_huge_header, "its header cannot be read"),
        (_wrong_offsets, "its header cannot be read"),
        (_no_weights, "has no weights"),
        (_no_config, "config.json"),
        (_no_architecture, "unheard_of"),
        (_own_code, "custom module"),
    ],
)
def test_a_damaged_source_is_refused(
    damage: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    source = write_checkpoint(tmp_path / "source", "llama")
    damage(source)
    with pytest.raises(ModelRefused, match=message):
        make(source, tmp_path / "made", _IN_4_BITS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_weights_of_other_names_and_links_are_read(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", "mixtral", files=2)
    linked = tmp_path / "models--some--mixtral" / "snapshots" / "0123"
    linked.mkdir(parents=True)
    for file in source.iterdir():
        name = file.name.replace("model-0", "weights-0")
        (linked / name).symlink_to(file)
    made = make(linked, tmp_path / "made", _IN_4_BITS)
    assert made == make(source, tmp_path / "plain", _IN_4_BITS)
    assert "base_model: some/mixtral\n" in (tmp_path / "made/README.md").read_text()
