"""What a folder is, told from its content: every kind ends in a use or in a reason."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest

from mlxtui.convert.contents import look_at
from mlxtui.convert.source import LocalSource
from mlxtui.plans import Contents
from tests.models import write_model

_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:" + b"a" * 64 + b"\nsize 12345678\n"
)
_PICKLE = b"PK\x03\x04 a zip archive with data.pkl"


def _looked_at(folder: Path) -> Contents:
    return look_at(LocalSource(folder))


def _write(folder: Path, files: Mapping[str, Any]) -> Path:
    """Files by path: bytes, text, JSON, or arrays for safetensors."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".safetensors") and isinstance(content, dict):
            mx.save_safetensors(str(file), content)
        elif isinstance(content, bytes):
            file.write_bytes(content)
        elif isinstance(content, str):
            file.write_text(content)
        else:
            file.write_text(json.dumps(content))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A whole small model."""
    return write_model(tmp_path / "model")


def _change(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_a_model_of_mlx_is_told_with_all_its_facts(model: Path) -> None:
    contents = _looked_at(model)
    assert contents.kind == "mlx"
    assert (contents.problem, contents.hint, contents.code_file) == ("", "", "")
    assert contents.weight_files == ("model.safetensors",)
    assert (contents.is_packed, contents.quantization) == (False, "f32")
    assert (contents.float_bits, contents.layer_count) == (32, 2)
    assert contents.cache is not None
    packed = sum(group.parameter_count for group in contents.weight_groups)
    assert contents.parameter_count is not None
    # All but the norms are matrices.
    assert 0.99 * contents.parameter_count < packed < contents.parameter_count
    assert {group.name for group in contents.weight_groups} >= {
        "q_proj", "down_proj", "embed_tokens",
    }  # fmt: skip


def test_a_quantized_model_is_told_as_what_it_was(tmp_path: Path) -> None:
    plain = _looked_at(write_model(tmp_path / "plain"))
    packed = _looked_at(
        write_model(tmp_path / "packed", quantization={"group_size": 32, "bits": 4})
    )
    assert (packed.kind, packed.is_packed) == ("mlx", True)
    assert packed.quantization == "4-bit group 32"
    assert packed.parameter_count == plain.parameter_count
    assert packed.weight_groups == plain.weight_groups


def test_weights_of_torch_are_safetensors(model: Path) -> None:
    weights = mx.load(str(model / "model.safetensors"))
    assert isinstance(weights, dict)
    mx.save_safetensors(str(model / "model.safetensors"), weights, {"format": "pt"})
    assert _looked_at(model).kind == "safetensors"


def test_parts_without_an_index_are_missed_by_their_names(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model-00002-of-00003.safetensors")
    contents = _looked_at(model)
    assert "model-00001-of-00003.safetensors" in contents.problem
    assert "2 weight files" in contents.problem


def test_copies_in_other_types_do_not_count(model: Path) -> None:
    whole = _looked_at(model)
    content = (model / "model.safetensors").read_bytes()
    (model / "model.fp16.safetensors").write_bytes(content)
    assert _looked_at(model) == whole


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model"])
def test_pointers_of_git_are_told_as_what_they_are(name: str, model: Path) -> None:
    (model / name).write_bytes(_POINTER)
    contents = _looked_at(model)
    assert name in contents.problem
    assert "git lfs pull" in contents.hint


def test_pickles_are_never_opened(tmp_path: Path, model: Path) -> None:
    (model / "model.safetensors").unlink()
    _write(model, {"pytorch_model.bin": _PICKLE})
    contents = _looked_at(model)
    assert contents.kind == "pickle"
    assert "pytorch_model.bin" in contents.problem
    assert "safetensors" in contents.hint
    assert contents.architecture == "llama"
    assert contents.size_bytes == len(_PICKLE)
    bare = _looked_at(_write(tmp_path / "bare", {"weights.pth": b"\x80\x02}q\x00."}))
    assert bare.kind == "pickle"


def test_what_is_called_a_pickle_and_is_none_is_none(tmp_path: Path) -> None:
    assert _looked_at(_write(tmp_path / "x", {"a.bin": b"data"})).kind == "unknown"


_TRANSFORMER = {"path": "", "type": "sentence_transformers.models.Transformer"}
_DENSE = {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}
_BERT = {"model_type": "bert", "max_position_embeddings": 512}


def _embedder(folder: Path, *modules: dict[str, str], **config: Any) -> Path:
    return _write(folder, {
        "modules.json": [_TRANSFORMER, *modules],
        "config.json": _BERT | config,
        "sentence_bert_config.json": {"max_seq_length": 256},
        "model.safetensors": {"a.weight": mx.zeros((4, 4))},
        "onnx/model.onnx": b"x" * 1000,
    })  # fmt: skip


def test_an_embedder_is_told_and_of_use(tmp_path: Path) -> None:
    contents = _looked_at(_embedder(tmp_path))
    assert (contents.kind, contents.problem) == ("embedder", "")
    assert (contents.architecture, contents.context_length) == ("bert", 256)
    assert contents.parameter_count == 16
    assert contents.weight_files == ("model.safetensors",)


def test_all_parts_of_an_embedder_count(tmp_path: Path) -> None:
    folder = _embedder(tmp_path, _DENSE)
    _write(folder, {"2_Dense/model.safetensors": {"a.weight": mx.zeros((2, 4))}})
    contents = _looked_at(folder)
    assert contents.parameter_count == 24
    assert contents.weight_files == ("model.safetensors", "2_Dense/model.safetensors")
    (folder / "2_Dense/model.safetensors").unlink()
    _write(folder, {"2_Dense/pytorch_model.bin": _PICKLE})
    assert "2_Dense/pytorch_model.bin" in _looked_at(folder).problem


def test_an_embedder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    packed = _embedder(tmp_path / "packed", quantization={"bits": 4, "group_size": 64})
    assert "quantized for MLX" in _looked_at(packed).problem
    code = {"AutoModel": "someone/code--modeling_new.NewModel"}
    own = _embedder(tmp_path / "own", model_type="new_kind", auto_map=code)
    assert _looked_at(own).code_file == "modeling_new.py"
    known = _embedder(tmp_path / "known", auto_map=code)
    assert _looked_at(known).code_file == ""
    empty = _embedder(tmp_path / "empty")
    (empty / "model.safetensors").unlink()
    assert "no weights" in _looked_at(empty).problem
    (empty / "model.safetensors").write_bytes(b"<html>")
    assert "damaged" in _looked_at(empty).problem


def test_adapters_of_mlx_and_peft_are_told(tmp_path: Path) -> None:
    arrays = {"a.lora_a": mx.zeros((4, 2))}
    mlx = _write(
        tmp_path / "mlx",
        {
            "adapter_config.json": {"fine_tune_type": "lora", "model": "o/base"},
            "adapters.safetensors": arrays,
        },
    )
    peft = _write(
        tmp_path / "peft",
        {
            "adapter_config.json": {
                "peft_type": "LORA",
                "base_model_name_or_path": "o/b",
            },
            "adapter_model.safetensors": arrays,
        },
    )
    for folder, base in ((mlx, "o/base"), (peft, "o/b")):
        contents = _looked_at(folder)
        assert (contents.kind, contents.problem) == ("adapter", "")
        assert contents.parameter_count == 8
        assert base in contents.hint
    (peft / "adapter_model.safetensors").rename(peft / "adapter_model.bin")
    assert _looked_at(peft).kind == "pickle"
    (mlx / "adapters.safetensors").write_bytes(b"short")
    assert "adapters.safetensors is damaged" in _looked_at(mlx).problem
    (mlx / "adapter_config.json").write_text("[")
    assert "adapter_config.json" in _looked_at(mlx).problem


def test_a_model_that_sees_is_of_use_where_its_text_part_loads(model: Path) -> None:
    text = json.loads((model / "config.json").read_text())
    _change(model, model_type="gemma3", vision_config={"depth": 1}, text_config=text)
    (model / "preprocessor_config.json").write_text("{}")
    contents = _looked_at(model)
    assert contents.problem == ""
    assert "pictures" in contents.hint
    _change(model, model_type="idefics9")
    contents = _looked_at(model)
    assert contents.kind == "vision"
    assert "idefics9" in contents.problem and contents.hint


def test_the_part_that_sees_is_not_counted(model: Path) -> None:
    whole = _looked_at(model)
    weights = mx.load(str(model / "model.safetensors"))
    assert isinstance(weights, dict)
    weights["vision_tower.a.weight"] = mx.zeros((64, 64))
    mx.save_safetensors(str(model / "model.safetensors"), weights, {"format": "mlx"})
    contents = _looked_at(model)
    assert contents.parameter_count == whole.parameter_count
    assert contents.weight_groups == whole.weight_groups
    assert contents.bits_per_weight == pytest.approx(whole.bits_per_weight, rel=0.01)


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ({"model_type": "whisper"}, "other", "whisper"),
        ({"architectures": ["ViTForImageClassification"]}, "other", "ViT"),
        ({"model_type": "brand_new"}, "mlx", "brand_new"),
    ],
)
def test_models_of_other_purposes_are_refused_by_name(
    values: dict[str, Any], kind: str, said: str, model: Path
) -> None:
    _change(model, quantization={}, **values)
    contents = _looked_at(model)
    assert contents.kind == kind
    assert said in contents.problem and contents.hint
    assert contents.size_bytes > 0


def test_program_code_is_named_and_the_rest_is_told(model: Path) -> None:
    _change(model, model_file="own.py", model_type="their_own")
    contents = _looked_at(model)
    assert (contents.code_file, contents.problem) == ("own.py", "")
    assert "does not run" in contents.hint
    assert contents.parameter_count


def test_code_of_the_tokenizer_counts_where_nothing_replaces_it(model: Path) -> None:
    reference = ["tokenization_own.OwnTokenizer", None]
    (model / "tokenizer_config.json").write_text(
        json.dumps({"auto_map": {"AutoTokenizer": reference}})
    )
    _change(model, auto_map={"AutoModelForCausalLM": "modeling_own.Own"})
    assert _looked_at(model).code_file == ""  # mlx-lm has its own code for a llama
    (model / "tokenizer.json").rename(model / "tiktoken.model")
    assert _looked_at(model).code_file == "tokenization_own.py"


_WEIGHTS = {"a.weight": mx.zeros((4, 4))}


@pytest.mark.parametrize(
    ("files", "kind", "said"),
    [
        ({"model_index.json": {}, "vae/model.safetensors": _WEIGHTS}, "other", "image"),
        ({"params.json": {}, "consolidated.00.safetensors": _WEIGHTS}, "unknown",
         "params.json"),
        ({"lora.safetensors": _WEIGHTS}, "unknown", "no config.json"),
        ({"onnx/model.onnx": b"x"}, "unknown", "ONNX"),
        ({"config.json": _BERT | {"model_type": "llama"}, "tf_model.h5": b"x"},
         "safetensors", "no weights"),
        ({"weights.npz": b"PK"}, "unknown", "npz"),
        ({"adapter_config.json": {}}, "unknown", "without its weights"),
        ({"notes.txt": "hello"}, "unknown", "no config.json"),
        ({}, "unknown", "no config.json"),
    ],
)  # fmt: skip
def test_everything_else_has_a_reason_and_a_next_step(
    files: dict[str, Any], kind: str, said: str, tmp_path: Path
) -> None:
    contents = _looked_at(_write(tmp_path / "x", files))
    assert contents.kind == kind
    assert said in contents.problem
    assert contents.hint


def test_a_huge_folder_does_not_take_for_ever(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    _write(tmp_path, {"config.json": "{}", "a/file.txt": "", "a/b/c/d/file.txt": ""})
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "model.safetensors").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert deep.is_dir()
    assert dict(LocalSource(tmp_path).files()) == {"config.json": 2, "a/file.txt": 0}
