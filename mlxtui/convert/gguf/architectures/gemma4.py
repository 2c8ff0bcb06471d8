"""Gemma 4: layers of two kinds, with inputs of their own or with experts."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    around,
    gated_experts,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import (
    OUTPUT,
    expert_counts,
    layer_count,
    vocabulary_size,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import FREQUENCY_FACTORS
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import layer_kinds, window_tokens

_FULL = "full_attention"

# What the converter divides frequencies by that are not to rotate.
_ENDLESS = 1e30


def _describe(facts: Facts) -> dict[str, Any]:
    hidden, count = facts.count("embedding_length"), layer_count(facts)
    full_dim = facts.count("attention.key_length", most=hidden * 8)
    head_dim = facts.count("attention.key_length_swa", full_dim, most=hidden * 8)
    kinds = layer_kinds(facts, count, 6)
    shared = facts.count("attention.shared_kv_layers", 0, least=0, most=count - 1)
    config: dict[str, Any] = {
        "model_type": "gemma4_text",
        "hidden_size": hidden,
        "num_hidden_layers": count,
        "num_attention_heads": facts.count("attention.head_count"),
        "head_dim": head_dim,
        "global_head_dim": full_dim,
        "rms_norm_eps": facts.number("attention.layer_norm_rms_epsilon"),
        "vocab_size": vocabulary_size(facts),
        "max_position_embeddings": facts.count("context_length"),
        "rope_parameters": _positions(facts, head_dim, full_dim),
        "layer_types": kinds,
        "sliding_window": window_tokens(facts),
        "num_kv_shared_layers": shared,
        "final_logit_softcapping": facts.number("final_logit_softcapping", 0) or None,
        "tie_word_embeddings": OUTPUT not in facts.tensors,
    }
    config |= _key_value_heads(facts, kinds, shared)
    config |= _networks(facts, count, shared)
    return config | _inputs_of_layers(facts, config["vocab_size"])


def _positions(facts: Facts, head_dim: int, full_dim: int) -> dict[str, Any]:
    """RoPE of both kinds of layers."""
    for key, size in (
        ("rope.dimension_count", full_dim),
        ("rope.dimension_count_swa", head_dim),
    ):
        facts.require(key, size, facts.count(key, size))
    if facts.text("rope.scaling.type", "none") != "none":
        raise facts.unusable("rope.scaling.type")
    part = 1.0
    if FREQUENCY_FACTORS in facts.tensors:
        factors = facts.described.values(FREQUENCY_FACTORS)
        rotated = int(np.count_nonzero(factors == 1))
        endless = np.full(full_dim // 2 - rotated, _ENDLESS, np.float32)
        wanted = np.concatenate([np.ones(rotated, np.float32), endless])
        if factors.shape != wanted.shape or not np.allclose(factors, wanted):
            raise facts.unusable("rope.dimension_count")
        part = 2 * rotated / full_dim
    return {
        _FULL: {
            "rope_type": "proportional",
            "partial_rotary_factor": part,
            "rope_theta": facts.number("rope.freq_base"),
        },
        "sliding_attention": {
            "rope_type": "default",
            "rope_theta": facts.number("rope.freq_base_swa", 10000),
        },
    }


def _key_value_heads(facts: Facts, kinds: list[str], shared: int) -> dict[str, Any]:
    """How many each kind of layers has, and whether the full ones have values."""
    key = "attention.head_count_kv"
    if isinstance(facts.value(key), int):
        numbers = [facts.count(key)] * len(kinds)
    else:
        numbers = [int(number) for number in facts.numbers(key)]
    found = {
        is_full: {
            number
            for number, kind in zip(numbers, kinds, strict=False)
            if (kind == _FULL) == is_full
        }
        for is_full in (True, False)
    }
    if len(numbers) != len(kinds) or any(len(each) != 1 for each in found.values()):
        raise facts.unusable(key)
    (full,), (windowed,) = found[True], found[False]
    own = [index for index in range(len(kinds) - shared) if kinds[index] == _FULL]
    has_values = any(f"blk.{index}.attn_v.weight" in facts.tensors for index in own)
    if min(full, windowed) < 1 or (has_values and full != windowed):
        raise facts.unusable(key)
    return {
        "num_key_value_heads": windowed,
        "num_global_key_value_heads": full,
        "attention_k_eq_v": not has_values,
    }


def _networks(facts: Facts, count: int, shared: int) -> dict[str, Any]:
    """Widths of the feed-forward networks, and the experts beside them."""
    key = "feed_forward_length"
    if isinstance(facts.value(key), int):
        widths = [facts.count(key)] * count
    else:
        widths = [int(number) for number in facts.numbers(key)][:count]
    rows = widths[0] if widths else 0
    is_double = rows > 0 and widths[-1] == 2 * rows
    wanted = [rows] * (count - shared) + [rows * (1 + is_double)] * shared
    if rows < 1 or widths != wanted:
        raise facts.unusable(key)
    config = {
        "intermediate_size": rows,
        "use_double_wide_mlp": is_double,
        "enable_moe_block": facts.count("expert_count", 0, least=0) > 0,
    }
    if config["enable_moe_block"]:
        experts, used = expert_counts(facts)
        config |= {
            "num_experts": experts,
            "top_k_experts": used,
            "moe_intermediate_size": facts.count("expert_feed_forward_length"),
        }
    return config


def _inputs_of_layers(facts: Facts, vocabulary: int) -> dict[str, Any]:
    width = facts.count("embedding_length_per_layer_input", 0, least=0)
    return {
        "hidden_size_per_layer_input": width,
        "vocab_size_per_layer_input": vocabulary,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, width = config["hidden_size"], config["hidden_size_per_layer_input"]
    top = Block("", "model.")
    yield from around(config)
    if width:
        rows = config["num_hidden_layers"] * width
        yield from top.linear(
            "per_layer_token_embd", "embed_tokens_per_layer", config["vocab_size"], rows
        )
        yield from top.linear(
            "per_layer_model_proj", "per_layer_model_projection", rows, hidden
        )
        yield from top.norm("per_layer_proj_norm", "per_layer_projection_norm", width)
    for block in layers(config):
        for source, name in (
            ("attn_norm", "input_layernorm"),
            ("post_attention_norm", "post_attention_layernorm"),
            ("ffn_norm", "pre_feedforward_layernorm"),
            ("post_ffw_norm", "post_feedforward_layernorm"),
        ):
            yield from block.norm(source, name, hidden)
        yield from _attention(block, config)
        yield from gated_mlp(block, config, rows=_rows(block, config))
        if config["enable_moe_block"]:
            yield from _experts(block, config)
        if width:
            yield from block.linear("inp_gate", "per_layer_input_gate", width, hidden)
            yield from block.linear("proj", "per_layer_projection", hidden, width)
            yield from block.norm("post_norm", "post_per_layer_input_norm", hidden)
        yield Weight(
            name=f"{block.name}layer_scalar",
            source=f"{block.source}layer_output_scale.weight",
            shape=(1,),
            absent=1.0,
        )


def _own_layers(config: Config) -> int:
    """Layers with keys and values of their own; the others take those of these."""
    return int(config["num_hidden_layers"] - config["num_kv_shared_layers"])


def _rows(block: Block, config: Config) -> int:
    is_double = config["use_double_wide_mlp"] and block.index >= _own_layers(config)
    return int(config["intermediate_size"] * (1 + is_double))


def _attention(block: Block, config: Config) -> Iterator[Weight]:
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    is_full = config["layer_types"][block.index] == _FULL
    dim = config["global_head_dim" if is_full else "head_dim"]
    key = "num_global_key_value_heads" if is_full else "num_key_value_heads"
    parts = [("q", heads)]
    if block.index < _own_layers(config):
        parts.append(("k", config[key]))
        if not (is_full and config["attention_k_eq_v"]):
            parts.append(("v", config[key]))
    total = sum(count for _part, count in parts) * dim
    rows = 0
    for part, count in parts:
        yield from block.linear(
            f"attn_{part}",
            f"self_attn.{part}_proj",
            count * dim,
            hidden,
            fused="attn_qkv",
            first_row=rows,
            fused_rows=total,
        )
        rows += count * dim
    for part, _count in parts[:2]:
        yield from block.norm(f"attn_{part}_norm", f"self_attn.{part}_norm", dim)
    yield from block.linear("attn_output", "self_attn.o_proj", hidden, heads * dim)


def _experts(block: Block, config: Config) -> Iterator[Weight]:
    hidden, experts = config["hidden_size"], config["num_experts"]
    yield from block.linear("ffn_gate_inp", "router.proj", experts, hidden)
    yield block.vector("ffn_gate_inp.scale", "router.scale", hidden)
    yield block.vector("ffn_down_exps.scale", "router.per_expert_scale", experts)
    yield from gated_experts(
        block,
        config,
        name="experts.switch_glu",
        count=experts,
        rows=config["moe_intermediate_size"],
    )
    for source, name in (
        ("post_ffw_norm_1", "post_feedforward_layernorm_1"),
        ("pre_ffw_norm_2", "pre_feedforward_layernorm_2"),
        ("post_ffw_norm_2", "post_feedforward_layernorm_2"),
    ):
        yield from block.norm(source, name, hidden)


def _unused(config: Config) -> Iterator[str]:
    """Keys and values of layers that take those of others."""
    for block in layers(config):
        if block.index >= _own_layers(config):
            for part in ("attn_k", "attn_v", "attn_k_norm"):
                yield f"{block.source}{part}.weight"


GEMMA4 = Architecture(
    name="gemma4",
    describe=_describe,
    weights=_weights,
    unused=_unused,
    overflows_f16=True,
)
