"""Llama and its kin come back with the same logits."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import (
    Changed,
    Tiny,
    Type,
    assert_same_logits,
    imported,
    permuted,
    write,
)
from tests.convert.gguf.architectures.rewriting import Stored, rewrite

_HEADS, _KV_HEADS, _HEAD_DIM = 8, 4, 32
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "intermediate_size": 512,
    "num_attention_heads": _HEADS,
    "num_key_value_heads": _KV_HEADS,
    "rms_norm_eps": 0.05,
    "vocab_size": 300,
    "rope_theta": 500000.0,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
}


def as_llama(name: str, values: NDArray[Any]) -> Changed:
    """What the converter of Llama does to a tensor."""
    if "q_proj" in name:
        values = permuted(values, _HEADS)
    if "k_proj" in name:
        values = permuted(values, _KV_HEADS)
    yield name, values


LLAMA = Tiny(
    config=CONFIG,
    architecture=gguf.MODEL_ARCH.LLAMA,
    facts={"rope.dimension_count": _HEAD_DIM, "vocab_size": 300},
    changed=as_llama,
)


def test_llama(tmp_path: Path) -> None:
    assert_same_logits(LLAMA, tmp_path)


def test_the_output_may_be_the_embedding(tmp_path: Path) -> None:
    tied = replace(LLAMA, config=CONFIG | {"tie_word_embeddings": True})
    config = assert_same_logits(tied, tmp_path)
    assert config["tie_word_embeddings"]


def test_heads_need_not_make_up_the_width(tmp_path: Path) -> None:
    wide = replace(
        LLAMA,
        config=CONFIG | {"head_dim": 64},
        facts={"rope.dimension_count": 64},
    )
    assert_same_logits(wide, tmp_path)


def test_biases_of_all_layers(tmp_path: Path) -> None:
    config = CONFIG | {"attention_bias": True, "mlp_bias": True}
    assert_same_logits(replace(LLAMA, config=config), tmp_path)


def test_a_bias_that_the_file_lacks_is_zero(tmp_path: Path) -> None:
    def without_output_bias(name: str, values: NDArray[Any]) -> Changed:
        if not name.endswith("o_proj.bias"):
            yield from as_llama(name, values)

    lacking = replace(
        LLAMA,
        config=CONFIG | {"attention_bias": True},
        changed=without_output_bias,
    )
    path = tmp_path / "model.gguf"
    write(lacking, path)
    _config, weights = imported(path)
    assert not weights["model.layers.1.self_attn.o_proj.bias"].any()
    assert weights["model.layers.1.self_attn.k_proj.bias"].any()


def test_queries_keys_and_values_may_lie_in_one_tensor(tmp_path: Path) -> None:
    """As llama.cpp's converter does when it is asked for."""
    path, fused_path = tmp_path / "model.gguf", tmp_path / "fused.gguf"
    biased = replace(LLAMA, config=CONFIG | {"attention_bias": True}, types=(Type.F32,))
    write(biased, path)
    rewrite(path, fused_path, _fused)
    apart, together = imported(path), imported(fused_path)
    assert apart[0] == together[0]
    for name, value in apart[1].items():
        np.testing.assert_array_equal(value, together[1][name])


def _fused(tensors: Mapping[str, Stored]) -> Iterator[Stored]:
    for name, (_name, data, kind) in tensors.items():
        if "attn_q." in name:
            parts = [tensors[name.replace("attn_q", f"attn_{c}")][1] for c in "qkv"]
            yield name.replace("_q", "_qkv"), np.concatenate(parts), kind
        elif "attn_k." not in name and "attn_v." not in name:
            yield name, data, kind


def _as_mixtral(name: str, values: NDArray[Any]) -> Changed:
    parts = {"gate_proj": "w1", "down_proj": "w2", "up_proj": "w3"}
    if match := re.search(r"layers\.(\d+)\.block_sparse_moe\.switch_mlp\.(\w+)", name):
        number, part = match.groups()
        name = f"layers.{number}.feed_forward.experts.{parts[part]}.weight"
    yield from as_llama(name, values)


MIXTRAL = replace(
    LLAMA,
    config=CONFIG
    | {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2},
    facts={**LLAMA.facts, "expert_count": 4, "expert_used_count": 2},
    changed=_as_mixtral,
)


def test_mixtral(tmp_path: Path) -> None:
    assert_same_logits(MIXTRAL, tmp_path)


def test_experts_may_lie_apart(tmp_path: Path) -> None:
    """As converters wrote them until spring 2024, here in a type each."""
    path, apart_path = tmp_path / "model.gguf", tmp_path / "apart.gguf"
    write(replace(MIXTRAL, types=(Type.Q8_0, Type.Q4_0)), path)
    rewrite(path, apart_path, _experts_apart)
    together, apart = imported(path), imported(apart_path)
    assert together[0] == apart[0]
    assert together[1].keys() == apart[1].keys()
    for name, value in together[1].items():
        np.testing.assert_array_equal(value, apart[1][name])


def _experts_apart(tensors: Mapping[str, Stored]) -> Iterator[Stored]:
    for name, (_name, data, kind) in tensors.items():
        if "_exps" not in name:
            yield name, data, kind
            continue
        for number, expert in enumerate(data):
            yield name.replace("_exps", f".{number}"), expert, kind


def test_mixtral_with_scaled_positions_is_refused(tmp_path: Path) -> None:
    facts = {
        **MIXTRAL.facts,
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": 4.0,
        "rope.scaling.original_context_length": 512,
    }
    path = tmp_path / "model.gguf"
    write(replace(MIXTRAL, facts=facts), path)
    with pytest.raises(ModelRefused, match=r"no scaled positions \(yarn\) for llama"):
        imported(path)


def _as_exaone(name: str, values: NDArray[Any]) -> Changed:
    yield name, values


def test_exaone(tmp_path: Path) -> None:
    """Its model in mlx-lm is the reference; it comes back as one of Llama."""
    config = {
        "model_type": "exaone",
        "hidden_size": 256,
        "num_layers": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 512,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _KV_HEADS,
        "layer_norm_epsilon": 0.05,
        "vocab_size": 300,
        "rope_theta": 10000.0,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
    }
    tiny = Tiny(
        config=config,
        architecture=gguf.MODEL_ARCH.EXAONE,
        facts={
            "attention.layer_norm_epsilon": 0.05,
            "rope.dimension_count": _HEAD_DIM,
        },
    )
    assert assert_same_logits(tiny, tmp_path)["model_type"] == "llama"


def _as_internlm2(name: str, values: NDArray[Any]) -> Changed:
    if "wqkv" not in name:
        yield name, values
        return
    number = name.split(".")[2]
    shared = _HEADS // _KV_HEADS
    groups = values.reshape(_KV_HEADS, shared + 2, _HEAD_DIM, values.shape[-1])
    queries = groups[:, :shared].reshape(-1, values.shape[-1])
    keys = groups[:, -2].reshape(-1, values.shape[-1])
    block = f"model.layers.{number}.self_attn"
    yield f"{block}.q_proj.weight", permuted(queries, _HEADS)
    yield f"{block}.k_proj.weight", permuted(keys, _KV_HEADS)
    yield f"{block}.v_proj.weight", groups[:, -1].reshape(-1, values.shape[-1])


def test_internlm2(tmp_path: Path) -> None:
    """Its model in mlx-lm is the reference; it comes back as one of Llama."""
    tiny = Tiny(
        config=CONFIG | {"model_type": "internlm2", "bias": False},
        architecture=gguf.MODEL_ARCH.INTERNLM2,
        facts={},
        changed=_as_internlm2,
    )
    assert assert_same_logits(tiny, tmp_path)["model_type"] == "llama"


@pytest.mark.parametrize("architecture", ["BAICHUAN", "XVERSE"])
def test_models_without_shared_keys(tmp_path: Path, architecture: str) -> None:
    def changed(name: str, values: NDArray[Any]) -> Changed:
        if "q_proj" in name or "k_proj" in name:
            values = permuted(values, _HEADS)
        yield name, values

    tiny = Tiny(
        config=CONFIG | {"num_key_value_heads": _HEADS},
        architecture=gguf.MODEL_ARCH[architecture],
        facts={
            "tensor_data_layout": "Meta AI original pth",
            "rope.dimension_count": _HEAD_DIM,
        },
        changed=changed,
    )
    assert_same_logits(tiny, tmp_path)


def test_smollm3(tmp_path: Path) -> None:
    tiny = replace(
        LLAMA,
        config=CONFIG | {"model_type": "smollm3", "num_hidden_layers": 4},
        architecture=gguf.MODEL_ARCH.SMOLLM3,
    )
    assert_same_logits(tiny, tmp_path)


@pytest.mark.parametrize("is_tied", [False, True])
def test_minicpm(tmp_path: Path, is_tied: bool) -> None:
    # In mlx-lm its head is a layer of its own, whose weights may be the embedding's.
    tiny = Tiny(
        config=CONFIG
        | {
            "model_type": "minicpm",
            "dim_model_base": 64,
            "scale_depth": 1.4,
            "scale_emb": 12.0,
        },
        architecture=gguf.MODEL_ARCH.MINICPM,
        facts={
            "embedding_scale": 12.0,
            "residual_scale": 1.4 / 2**0.5,
            "logit_scale": 4.0,
        },
        changed=as_llama,
    )
    if not is_tied:
        assert_same_logits(tiny, tmp_path)
        return

    def without_head(name: str, values: NDArray[Any]) -> Changed:
        if name != "lm_head.weight":
            yield from as_llama(name, values)

    path = tmp_path / "model.gguf"
    weights = write(replace(tiny, changed=without_head), path)
    _config, given = imported(path)
    np.testing.assert_array_equal(
        given["lm_head.weight"], weights["model.embed_tokens.weight"]
    )
