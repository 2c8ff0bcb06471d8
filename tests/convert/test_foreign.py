"""Quantizations of others: what mlx-lm reads is let through, the rest has its name."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.utils import load_model

from mlxtui.convert.contents import look_at
from mlxtui.convert.source import LocalSource
from mlxtui.plans import Contents
from tests.models import write_model


def _folder(tmp_path: Path, foreign: dict[str, Any], **config: Any) -> Path:
    folder = write_model(tmp_path / "model")
    file = folder / "config.json"
    content = json.loads(file.read_text())
    content |= {"quantization_config": foreign, **config}
    file.write_text(json.dumps(content))
    return folder


def _looked_at(folder: Path) -> Contents:
    return look_at(LocalSource(folder))


@pytest.mark.parametrize(
    "foreign",
    [
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
        {"quant_method": "exl2", "bits": 4.0},
        {"quant_method": "hqq"},
        {"quant_method": "torchao"},
        {"quant_method": "awq", "bits": 8},
        {"quant_method": "gptq", "bits": 3},
        {"quant_method": "fp8", "weight_block_size": [128, 128]},
        {"quant_method": "compressed-tensors", "format": "float-quantized"},
        {"quant_method": "compressed-tensors", "format": "pack-quantized"},
        {"quant_method": "modelopt", "quant_algo": "FP8"},
        {"quant_method": "mxfp8"},
        {"bits": 4, "group_size": 64},
    ],
)
def test_what_mlx_lm_does_not_read_is_refused_by_name(
    foreign: dict[str, Any], tmp_path: Path
) -> None:
    contents = _looked_at(_folder(tmp_path, foreign))
    assert str(foreign.get("quant_method")) in contents.problem
    assert contents.hint
    assert contents.is_packed


@pytest.mark.parametrize(
    ("foreign", "model_type"),
    [
        ({"quant_method": "awq", "bits": 4}, "llama"),
        ({"quant_method": "bitnet"}, "llama"),
        ({"quant_method": "mxfp4"}, "gpt_oss"),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "deepseek_v3"),
        ({"quant_method": "fp8", "scale_fmt": "ue8m0"}, "deepseek_v41"),
        ({"quant_method": "compressed-tensors", "format": "pack-quantized"},
         "deepseek_v3"),
    ],
)  # fmt: skip
def test_what_mlx_lm_reads_is_let_through(
    foreign: dict[str, Any], model_type: str, tmp_path: Path
) -> None:
    contents = _looked_at(_folder(tmp_path, foreign, model_type=model_type))
    assert contents.problem == ""
    assert contents.is_packed
    assert contents.quantization == foreign["quant_method"]


def test_gptq_whose_groups_have_an_order_is_refused_as_mlx_lm_does(
    tmp_path: Path,
) -> None:
    folder = _folder(tmp_path, {"quant_method": "gptq", "bits": 4})
    assert _looked_at(folder).problem == ""
    weights = mx.load(str(folder / "model.safetensors"))
    assert isinstance(weights, dict)
    weights["model.layers.0.mlp.up_proj.g_idx"] = mx.zeros(4, mx.int32)
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    assert "gptq" in _looked_at(folder).problem
    with pytest.raises(ValueError, match="g_idx"):
        load_model(folder)


def test_mxfp4_in_the_form_of_mlx_loads_as_it_is_told(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m", quantization={"group_size": 32, "bits": 4, "mode": "mxfp4"}
    )
    file = folder / "config.json"
    config = json.loads(file.read_text())
    del config["quantization"]
    config["quantization_config"] = {"quant_method": "mxfp4"}
    file.write_text(json.dumps(config))
    contents = _looked_at(folder)
    assert (contents.problem, contents.quantization) == ("", "mxfp4")
    load_model(folder)


def test_the_file_of_modelopt_is_read_where_the_config_is_silent(
    tmp_path: Path,
) -> None:
    folder = write_model(tmp_path / "m")
    said = {"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": None}}
    (folder / "hf_quant_config.json").write_text(json.dumps(said))
    assert "modelopt" in _looked_at(folder).problem
