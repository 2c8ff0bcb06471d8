"""What a folder is: compared with what mlx-lm makes of it, and damaged on purpose."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx_lm.utils import (
    compute_bits_per_weight,
    get_total_parameters,
    load_model,
    quantize_model,
    save_config,
    save_model,
)

from mlxtui.convert import architectures, model_folder
from mlxtui.errors import ModelRefused
from mlxtui.types import LocalModel
from tests.convert.gguf.gguf_bytes import gguf_bytes
from tests.data import STORIES, needs_shared_data
from tests.models import CHAT_TEMPLATE, THINKING_TEMPLATE, Shape, write_model

_QUANTIZED = {"group_size": 32, "bits": 4}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole small model."""
    return write_model(tmp_path / "tiny")


def _described(path: Path) -> LocalModel:
    return model_folder.describe(path, "name", "models")


def _refused(path: Path) -> LocalModel:
    """The description of a folder that loading it refuses with the same words."""
    described = _described(path)
    with pytest.raises(ModelRefused) as refusal:
        model_folder.check(path, "name")
    assert (refusal.value.message, refusal.value.hint) == (
        described.problem,
        described.hint,
    )
    assert described.problem
    assert described.hint
    return described


def _change_config(path: Path, **values: Any) -> None:
    file = path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def _assert_counted_as_by_mlx_lm(path: Path) -> None:
    network, _config = load_model(path)
    described = _described(path)
    assert described.problem == ""
    assert described.parameter_count == get_total_parameters(network)
    # The files hold headers, too.
    weights_bytes = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    data_bits = compute_bits_per_weight(network) * described.parameter_count
    header_bits = weights_bytes * 8 - data_bits
    assert described.bits_per_weight is not None
    assert 0 < header_bits < 0.1 * data_bits
    assert described.bits_per_weight == pytest.approx(
        (data_bits + header_bits) / described.parameter_count
    )
    assert described.size_bytes == weights_bytes


def test_a_whole_model_is_told_from_its_files(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    described = _described(folder)
    assert (described.name, described.path, described.source) == (
        "name", folder, "models",
    )  # fmt: skip
    assert described.architecture == config["model_type"]
    assert described.context_length == config["max_position_embeddings"]
    assert described.capabilities == ("chat",)
    assert (described.problem, described.hint) == ("", "")


def test_what_is_in_gguf_form_is_imported_before_it_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "repo" / "tiny.gguf"
    file.parent.mkdir()
    file.write_bytes(gguf_bytes())
    assert _described(file.parent).kind == "gguf"
    for path in (file, file.parent):
        with pytest.raises(ModelRefused, match="in GGUF form") as refusal:
            model_folder.check(path, "tiny")
        assert f"mlxtui convert {path}" in refusal.value.hint


def test_a_model_that_may_be_loaded_is_told_the_same_as_in_the_list(
    folder: Path,
) -> None:
    listed = model_folder.describe(folder, "name", "path")
    assert model_folder.check(folder, "name") == listed


@pytest.mark.parametrize("shape", ["llama", "qwen3", "gemma3_text", "mixtral"])
@pytest.mark.parametrize("quantization", [None, _QUANTIZED], ids=["float", "4 bits"])
def test_parameters_and_bits_are_counted_as_mlx_lm_counts_them(
    shape: Shape, quantization: dict[str, int] | None, tmp_path: Path
) -> None:
    values: dict[str, Any] = {}
    if quantization is not None:
        values["quantization"] = quantization
    _assert_counted_as_by_mlx_lm(write_model(tmp_path / "model", shape, **values))


@needs_shared_data
def test_a_trained_model_is_counted_as_mlx_lm_counts_it() -> None:
    _assert_counted_as_by_mlx_lm(STORIES)


def test_layers_with_bits_of_their_own_are_counted_with_them(
    folder: Path, tmp_path: Path
) -> None:
    def mixed(path: str, layer: nn.Module) -> bool | dict[str, int]:
        if "down_proj" in path:
            return {"group_size": 32, "bits": 8}
        return "embed" not in path and hasattr(layer, "to_quantized")

    network, config = load_model(folder)
    network, config = quantize_model(
        network, config, **_QUANTIZED, quant_predicate=mixed
    )
    mixed_folder = tmp_path / "mixed"
    save_model(mixed_folder, network)
    save_config(config, mixed_folder / "config.json")
    (mixed_folder / "tokenizer.json").touch()
    _assert_counted_as_by_mlx_lm(mixed_folder)


def test_the_biases_of_quantized_layers_count(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "biased", quantization=_QUANTIZED, attention_bias=True, mlp_bias=True
    )
    _assert_counted_as_by_mlx_lm(folder)


def test_weights_in_several_files_are_counted_together(folder: Path) -> None:
    whole = _described(folder)
    weights = mx.load(str(folder / "model.safetensors"))
    assert isinstance(weights, dict)
    weight_map: dict[str, str] = {}
    for number, part in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), 1):
        name = f"model-{number:05d}-of-00002.safetensors"
        mx.save_safetensors(str(folder / name), {key: weights[key] for key in part})
        weight_map |= dict.fromkeys(part, name)
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    assert _described(folder).parameter_count == whole.parameter_count

    (folder / "model-00002-of-00002.safetensors").unlink()
    refused = _refused(folder)
    assert str(folder) in refused.problem
    assert "model-00002-of-00002.safetensors" in refused.problem


@pytest.mark.parametrize(
    ("template", "capabilities"),
    [
        (None, ()),
        (CHAT_TEMPLATE, ("chat",)),
        (CHAT_TEMPLATE + "{% if tools %}{% endif %}", ("chat", "tools")),
        (THINKING_TEMPLATE, ("chat", "thinking")),
    ],
    ids=["none", "chat", "tools", "thinking"],
)
def test_capabilities_are_read_from_the_chat_template(
    template: str | None, capabilities: tuple[str, ...], tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model", chat_template=template)
    assert _described(folder).capabilities == capabilities


def test_a_template_in_its_own_file_wins(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text(THINKING_TEMPLATE)
    assert "thinking" in _described(folder).capabilities


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "5", "[" * 100_000, '{"chat_template": 5}'],
    ids=["broken", "list", "number", "deep", "template a number"],
)
def test_a_tokenizer_config_that_is_no_object_does_not_hide_the_model(
    content: str, folder: Path
) -> None:
    (folder / "tokenizer_config.json").write_text(content)
    assert _described(folder).parameter_count


def test_several_named_templates_are_templates_too(folder: Path) -> None:
    templates = [
        {"name": "default", "template": CHAT_TEMPLATE},
        {"name": "tool_use", "template": CHAT_TEMPLATE + "{{ tools }}"},
    ]
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": templates})
    )
    assert _described(folder).capabilities == ("chat", "tools")


def test_the_context_of_a_text_model_inside_another_is_found(folder: Path) -> None:
    _change_config(
        folder,
        max_position_embeddings=None,
        text_config={"max_position_embeddings": 777},
    )
    assert _described(folder).context_length == 777


@pytest.mark.parametrize("length", [None, "long", [], {}])
def test_a_context_that_is_no_number_is_not_known(length: Any, folder: Path) -> None:
    _change_config(folder, max_position_embeddings=length)
    assert _described(folder).context_length is None


# What can be wrong with a folder: each damages one and returns what must be named.


def _cut_weights(folder: Path) -> str:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    return file.name


def _garbage_weights(folder: Path) -> str:
    (folder / "model.safetensors").write_bytes(b"<html>Not found</html>" * 10)
    return "model.safetensors"


def _empty_weights(folder: Path) -> str:
    (folder / "model.safetensors").write_bytes(b"")
    return "model.safetensors"


def _garbage_header(folder: Path) -> str:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[8:40] = b"\0" * 32
    file.write_bytes(content)
    return file.name


def _deep_header(folder: Path) -> str:
    header = b"[" * 100_000
    file = folder / "model.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    return file.name


def _lying_header_length(folder: Path) -> str:
    file = folder / "model.safetensors"
    file.write_bytes(b"\xff" * 7 + b"\x7f" + file.read_bytes()[8:])
    return file.name


def _no_weights(folder: Path) -> str:
    (folder / "model.safetensors").unlink()
    return "model*.safetensors"


def _index(folder: Path, content: str) -> str:
    file = folder / "model.safetensors.index.json"
    file.write_text(content)
    return file.name


def _missing_shard(folder: Path) -> str:
    name = "model-00007-of-00009.safetensors"
    _index(folder, json.dumps({"weight_map": {"a": name, "b": "model.safetensors"}}))
    return name


def _index_of_no_json(folder: Path) -> str:
    return _index(folder, "{")


def _index_without_a_map(folder: Path) -> str:
    return _index(folder, "{}")


def _index_that_is_a_list(folder: Path) -> str:
    return _index(folder, "[]")


def _index_with_lists(folder: Path) -> str:
    return _index(folder, '{"weight_map": {"a": ["x"]}}')


def _index_with_numbers(folder: Path) -> str:
    return _index(folder, '{"weight_map": {"a": 1, "b": "x"}}')


def _no_tokenizer(folder: Path) -> str:
    (folder / "tokenizer.json").unlink()
    return str(folder)


def _config(folder: Path, content: str | bytes) -> str:
    file = folder / "config.json"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file.name


def _broken_config(folder: Path) -> str:
    return _config(folder, "{")


def _config_that_is_no_text(folder: Path) -> str:
    return _config(folder, b"\xff\xfe\x00")


def _config_that_is_a_list(folder: Path) -> str:
    return _config(folder, "[]")


def _config_that_is_deep(folder: Path) -> str:
    return _config(folder, "[" * 100_000)


def _no_config(folder: Path) -> str:
    (folder / "config.json").unlink()
    return str(folder)


def _no_model_type(folder: Path) -> str:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    del config["model_type"]
    file.write_text(json.dumps(config))
    return file.name


def _model_type(value: Any) -> Callable[[Path], str]:
    def damage(folder: Path) -> str:
        _change_config(folder, model_type=value)
        return str(value)

    return damage


def _architectures_that_are_a_number(folder: Path) -> str:
    _change_config(folder, architectures=5)
    return str(folder)


def _quantization(value: Any) -> Callable[[Path], str]:
    def damage(folder: Path) -> str:
        write_model(folder, quantization=_QUANTIZED)
        _change_config(folder, quantization=value)
        return str(folder)

    return damage


def _classifier(folder: Path) -> str:
    _change_config(folder, architectures=["LlamaForSequenceClassification"])
    return "LlamaForSequenceClassification"


def _adapter(folder: Path) -> str:
    (folder / "config.json").rename(folder / "adapter_config.json")
    return "adapter"


def _gguf(folder: Path) -> str:
    (folder / "config.json").unlink()
    (folder / "model-Q4_K_M.gguf").touch()
    return "GGUF"


def _diffusion(folder: Path) -> str:
    (folder / "config.json").rename(folder / "model_index.json")
    return "image model"


def _own_code(folder: Path) -> str:
    (folder / "modeling_tiny.py").write_text("raise SystemExit('ran')")
    _change_config(folder, model_file="modeling_tiny.py")
    return "modeling_tiny.py"


_DAMAGES: dict[str, Callable[[Path], str]] = {
    "weights cut": _cut_weights,
    "weights garbage": _garbage_weights,
    "weights empty": _empty_weights,
    "header garbage": _garbage_header,
    "header deep": _deep_header,
    "header length lying": _lying_header_length,
    "no weights": _no_weights,
    "a shard missing": _missing_shard,
    "index no JSON": _index_of_no_json,
    "index without a map": _index_without_a_map,
    "index a list": _index_that_is_a_list,
    "index with lists": _index_with_lists,
    "index with numbers": _index_with_numbers,
    "no tokenizer": _no_tokenizer,
    "config broken": _broken_config,
    "config no text": _config_that_is_no_text,
    "config a list": _config_that_is_a_list,
    "config deep": _config_that_is_deep,
    "no config": _no_config,
    "no model_type": _no_model_type,
    "model_type unknown": _model_type("no_such_architecture"),
    "model_type a path": _model_type("../x"),
    "model_type a number": _model_type(5),
    "model_type a list": _model_type(["llama"]),
    "BERT": _model_type("bert"),
    "not batchable": _model_type("llama4"),
    "a classifier": _classifier,
    "an adapter": _adapter,
    "GGUF files": _gguf,
    "an image model": _diffusion,
    "its own code": _own_code,
    "architectures a number": _architectures_that_are_a_number,
    "bits zero": _quantization({"group_size": 32, "bits": 0}),
    "bits a word": _quantization({"group_size": 32, "bits": "four"}),
    "bits null": _quantization({"group_size": 32, "bits": None}),
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_what_is_wrong_is_named_with_a_hint(
    damage: Callable[[Path], str], folder: Path
) -> None:
    named = damage(folder)
    assert named in _refused(folder).problem


def _embedder(folder: Path) -> None:
    kind = "sentence_transformers.models.Transformer"
    (folder / "modules.json").write_text(json.dumps([{"path": "", "type": kind}]))


def _lora(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")
    (folder / "model.safetensors").rename(folder / "adapters.safetensors")


@pytest.mark.parametrize(
    ("change", "kind"), [(_embedder, "embedder"), (_lora, "adapter")]
)
def test_what_is_of_use_elsewhere_is_listed_and_not_loaded(
    change: Callable[[Path], None], kind: str, folder: Path
) -> None:
    change(folder)
    described = _described(folder)
    assert (described.kind, described.problem) == (kind, "")
    assert described.size_bytes > 0
    with pytest.raises(ModelRefused, match="name") as refusal:
        model_folder.check(folder, "name")
    assert refusal.value.hint


@pytest.mark.parametrize("model_type", sorted(architectures.NOT_BATCHABLE))
def test_what_cannot_be_batched_is_refused_before_it_is_loaded(
    model_type: str, folder: Path
) -> None:
    _change_config(folder, model_type=model_type)
    assert model_type in _refused(folder).problem


def test_a_damaged_folder_still_has_its_size(folder: Path) -> None:
    _cut_weights(folder)
    weights_bytes = (folder / "model.safetensors").stat().st_size
    assert _described(folder).size_bytes == weights_bytes


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_what_is_no_folder_is_no_model(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert name in _refused(tmp_path / name).problem


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "f32"),
        ({"quantization": {"bits": 4, "group_size": 64}}, "4-bit group 64"),
        ({"quantization": {"bits": 8}}, "8-bit"),
        ({"quantization": {"bits": 4, "group_size": 32, "mode": "mxfp4"}}, "mxfp4"),
        (
            {"quantization": {"bits": 4, "group_size": 64, "a.b": {"bits": 6}}},
            "4/6-bit group 64",
        ),
        ({"quantization": {"bits": 4, "group_size": 64, "a.b": False}},
         "4-bit group 64"),
        ({"quantization_config": {"quant_method": "awq"}}, "awq"),
        ({"quantization": {"bits": [4], "group_size": {}, "mode": 1}}, ""),
        ({"quantization": [], "quantization_config": 4}, "f32"),
    ],
)  # fmt: skip
def test_the_quantization_is_said_in_a_few_words(
    folder: Path, config: dict[str, Any], expected: str
) -> None:
    _change_config(folder, **config)
    described = _described(folder)
    assert described.problem == ""
    assert described.quantization == expected


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (lambda layer: layer == "model.layers.0.self_attn.k_proj", "f32"),
        (lambda layer: layer != "model.layers.0.self_attn.k_proj", "4-bit group 32"),
        (lambda layer: "self_attn" not in layer, "4-bit group 32, mixed"),
        (lambda layer: layer == "model.embed_tokens", "f32, mixed"),
    ],
)
def test_the_form_of_most_weights_is_said_of_layers_of_several_forms(
    tmp_path: Path, packed: Callable[[str], bool], expected: str
) -> None:
    import mlx.utils

    folder = write_model(tmp_path / "mixed", num_hidden_layers=4)
    network, _config = load_model(folder)
    nn.quantize(
        network,
        group_size=32,
        bits=4,
        class_predicate=lambda layer, module: (
            hasattr(module, "to_quantized") and packed(layer)
        ),
    )
    weights = dict(mlx.utils.tree_flatten(network.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    layers = {name.rpartition(".")[0] for name in weights if name.endswith(".scales")}
    # Its entry for all layers is what few of them may have.
    own = {layer: _QUANTIZED for layer in layers}
    _change_config(folder, quantization={"group_size": 64, "bits": 8, **own})
    described = _described(folder)
    assert (described.problem, described.quantization) == ("", expected)
