"""Small random models, written as llama.cpp's converters write them, and read back.

The GGUF side knows nothing of our tables: tensors get their names from the `gguf`
package, and what a converter does to them is written in the tests as it does it. The
change is applied to numbered elements, so that the reference in mlx-lm gets exactly the
numbers that the file holds.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.utils import tree_flatten
from mlx_lm.tokenizer_utils import load as load_tokenizer
from mlx_lm.utils import _get_classes, load_model
from numpy.typing import NDArray

from mlxtui.convert.gguf.importing import import_gguf
from tests.convert.gguf.architectures.stored_values import stored_values

Changed = Iterable[tuple[str, NDArray[Any]]]
Type = gguf.GGMLQuantizationType

# Taken in turn for the weights of layers whose rows are whole blocks.
MIXED = (
    Type.Q4_0, Type.Q8_0, Type.Q4_K, Type.F16, Type.Q6_K, Type.F32, Type.Q5_K,
    Type.BF16, Type.Q5_1, Type.Q3_K,
)  # fmt: skip

# Rows of all sizes are whole blocks of 256.
SIZES: dict[str, Any] = {
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "intermediate_size": 512,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 0.05,
    "vocab_size": 300,
    "rope_theta": 20000.0,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
}


def unchanged(name: str, values: NDArray[Any]) -> Changed:
    """A converter that writes each tensor as it is."""
    yield name, values


def permuted(values: NDArray[Any], heads: int) -> NDArray[Any]:
    """Rows of queries or keys as the converter of Llama orders them."""
    return (
        values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
        .swapaxes(1, 2)
        .reshape(values.shape)
    )


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """A small model, and what a converter makes of it."""

    config: Mapping[str, Any]
    """The config.json of the model before it was converted, as mlx-lm reads it."""
    architecture: gguf.MODEL_ARCH
    facts: Mapping[str, Any]
    """Without the architecture's name and the sizes that `common_facts` writes."""
    changed: Callable[[str, NDArray[Any]], Changed] = unchanged
    """What becomes of a weight: names as in the source model's files."""
    added: Callable[[str], float] = lambda name: 0.0
    """What the converter adds to a tensor of this GGUF name."""
    extra: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """Further tensors of the file."""
    types: tuple[gguf.GGMLQuantizationType, ...] = MIXED
    renamed: Callable[[str], str] = lambda name: name
    """Names as another converter version wrote them."""
    without: tuple[str, ...] = ()
    """Weights that the model can do without, and does: `lm_head.weight`."""

    @property
    def text(self) -> Mapping[str, Any]:
        """The part of the config that is about text."""
        found: Mapping[str, Any] = self.config.get("text_config", self.config)
        return found

    def common_facts(self) -> dict[str, Any]:
        """What the converters write for all architectures."""
        text = self.text
        facts = {
            "context_length": text.get("max_position_embeddings", 512),
            "embedding_length": text["hidden_size"],
            "block_count": text["num_hidden_layers"],
            "feed_forward_length": text["intermediate_size"],
            "attention.head_count": text["num_attention_heads"],
            "attention.head_count_kv": text["num_key_value_heads"],
            "attention.layer_norm_rms_epsilon": text.get("rms_norm_eps"),
            "rope.freq_base": text.get("rope_theta"),
            "attention.key_length": text.get("head_dim"),
            "attention.value_length": text.get("head_dim"),
            **self.facts,
        }
        return {key: value for key, value in facts.items() if value is not None}


def random_model(config: Mapping[str, Any]) -> tuple[nn.Module, dict[str, Any]]:
    """A model of mlx-lm in float32 and its random weights by name."""
    model_class, arguments_class = _get_classes(config=dict(config))
    model = model_class(arguments_class.from_dict(dict(config)))
    random = np.random.default_rng(7)
    weights = {}
    for name, value in dict(tree_flatten(model.parameters())).items():
        # Numbers of about 1 come out of each layer, so that attention attends.
        scale = 1 / math.sqrt(value.shape[-1]) if value.ndim > 1 else 0.2
        offset = 1 if value.ndim == 1 and not name.endswith("bias") else 0
        if "embed" in name or "wte" in name:
            scale = 0.7
        numbers = random.standard_normal(value.shape, dtype=np.float32)
        weights[name] = numbers * np.float32(scale) + np.float32(offset)
    return model, weights


def write(tiny: Tiny, path: Path) -> dict[str, NDArray[np.float32]]:
    """Write the file.

    Returns:
        The weights of the model before it was converted, by mlx-lm's names: those whose
        conversion gives the numbers in the file.
    """
    _model, weights = random_model(tiny.config)
    for name in tiny.without:
        del weights[name]
    names = gguf.get_tensor_name_map(tiny.architecture, tiny.text["num_hidden_layers"])
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[tiny.architecture])
    for key, value in tiny.common_facts().items():
        _write_fact(writer, f"{writer.arch}.{key}", value)
    _write_vocabulary(writer, tiny.text["vocab_size"])
    kinds = 0
    for name, value in weights.items():
        flat = value.reshape(-1)
        places = np.arange(flat.size).reshape(value.shape)
        for source_name, taken in tiny.changed(name, places):
            found = names.get_name(source_name, try_suffixes=(".weight", ".bias"))
            assert found, source_name
            found = tiny.renamed(found)
            kind = Type.F32
            if taken.ndim > 1 and "ffn_gate_inp" not in found:
                kind = tiny.types[kinds % len(tiny.types)]
                kinds += 1
            if taken.shape[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
                kind = Type.F32
            added = np.float32(tiny.added(found))
            stored, read = stored_values(flat[taken] + added, kind)
            flat[taken] = read - added
            writer.add_tensor(found, stored, raw_dtype=kind)
    for name, value in tiny.extra.items():
        writer.add_tensor(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return weights


def imported(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Config, and weights unpacked to float32, of the model that a file becomes."""
    model, config = _imported_model(path)
    return config, _unpacked(model)


def assert_same_logits(tiny: Tiny, folder: Path, *, tokens: int = 48) -> dict[str, Any]:
    """Write a model, import it exactly, and compare what both say about random tokens.

    Returns:
        The imported model's config.
    """
    path = folder / "tiny.gguf"
    weights = write(tiny, path)
    reference, _random = random_model(tiny.config)
    arrays = {name: mx.array(value) for name, value in weights.items()}
    # As mlx-lm does with the weights of each model that it loads.
    if hasattr(reference, "sanitize"):
        arrays = reference.sanitize(arrays)
    reference.load_weights(list(arrays.items()))
    model, config = _imported_model(path)
    prompt = mx.array(
        np.random.default_rng(1).integers(0, tiny.text["vocab_size"], (1, tokens))
    )
    expected, given = (
        np.array(one(prompt).astype(mx.float32)) for one in (reference, model)
    )
    assert np.isfinite(expected).all()
    assert expected.std() > 0.05
    np.testing.assert_allclose(given, expected, atol=2e-4 * np.abs(expected).max())
    for name, value in _unpacked(model).items():
        if name in weights:  # not those that go by other names in the source model
            np.testing.assert_array_equal(value, weights[name], err_msg=name)
    return config


def _imported_model(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The model that the whole import makes of a file, as mlx-lm loads it."""
    folder = path.with_suffix("")
    import_gguf(
        [path],
        folder,
        "exact",
        "",
        report=lambda *_arguments, **_named: None,
        check=lambda: None,
    )
    model, config = load_model(folder)
    # transformers, which loads the tokenizer, reads the config as well.
    load_tokenizer(folder)
    return model, config


def _unpacked(model: Any) -> dict[str, NDArray[np.float32]]:
    """All weights of a model, unpacked, by name."""
    weights = dict(tree_flatten(model.parameters()))
    for name, module in model.named_modules():
        if f"{name}.scales" not in weights:
            continue
        scales = weights.pop(f"{name}.scales")
        weights[f"{name}.weight"] = mx.dequantize(
            weights[f"{name}.weight"],
            scales,
            weights.pop(f"{name}.biases", None),
            group_size=module.group_size,
            bits=module.bits,
            mode=module.mode,
        )
    return {name: np.array(value.astype(mx.float32)) for name, value in weights.items()}


def _write_vocabulary(writer: gguf.GGUFWriter, count: int) -> None:
    """So many tokens, which nobody will ever read."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [2, 3, 3, *[6] * 256]
    more = count - len(tokens)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*tokens, *(f"▁{number}" for number in range(more))])
    writer.add_token_scores([0.0] * count)
    writer.add_token_types([*types, *[1] * more])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def _write_fact(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
