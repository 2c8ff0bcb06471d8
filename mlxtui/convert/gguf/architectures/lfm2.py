"""LFM2 and its mixture of experts: short convolutions, and attention in some layers."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    attention,
    gated_experts,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import (
    common_config,
    expert_counts,
    layer_count,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight

_KV_HEADS = "attention.head_count_kv"

# llama.cpp's number of the function that makes scores of experts.
_SIGMOID = 2


def _describe(facts: Facts, model_type: str) -> dict[str, Any]:
    count = layer_count(facts)
    # Layers without heads are convolutions.
    heads = [int(number) for number in facts.numbers(_KV_HEADS)]
    if len(heads) != count or len(set(heads) - {0}) != 1 or min(heads) < 0:
        raise facts.unusable(_KV_HEADS)
    config = common_config(facts, model_type, kv_heads=max(heads))
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    return config | {
        "norm_eps": config["rms_norm_eps"],
        "conv_bias": facts.has_tensor("shortconv.conv.bias"),
        "conv_L_cache": facts.count("shortconv.l_cache", most=1024),
        "layer_types": ["full_attention" if count else "conv" for count in heads],
        "tie_word_embeddings": True,
    }


def _describe_dense(facts: Facts) -> dict[str, Any]:
    config = _describe(facts, "lfm2")
    return config | {
        "block_dim": config["hidden_size"],
        "block_ff_dim": config["intermediate_size"],
        "block_multiple_of": 1,
        "block_ffn_dim_multiplier": 1.0,
        # The file says the width as it is, adjusted already.
        "block_auto_adjust_ff_dim": False,
    }


def _describe_experts(facts: Facts) -> dict[str, Any]:
    config = _describe(facts, "lfm2_moe")
    experts, used = expert_counts(facts)
    gating = facts.count("expert_gating_func", _SIGMOID)
    facts.require("expert_gating_func", _SIGMOID, gating)
    return config | {
        "moe_intermediate_size": facts.count("expert_feed_forward_length"),
        "num_experts": experts,
        "num_experts_per_tok": used,
        "norm_topk_prob": True,
        "use_expert_bias": facts.has_tensor("exp_probs_b.bias"),
        "num_dense_layers": facts.count(
            "leading_dense_block_count", 0, least=0, most=config["num_hidden_layers"]
        ),
        "routed_scaling_factor": facts.number("expert_weights_scale", 0) or 1.0,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, head_dim = config["hidden_size"], config["head_dim"]
    top = Block("", "model.")
    yield from top.linear("token_embd", "embed_tokens", config["vocab_size"], hidden)
    # So llama.cpp calls it here.
    yield from top.norm("token_embd_norm", "embedding_norm", hidden)
    for block in layers(config):
        yield from block.norm("attn_norm", "operator_norm", hidden)
        if config["layer_types"][block.index] == "conv":
            yield from _convolution(block, config)
        else:
            yield from attention(block, config, output="out_proj")
            yield from block.norm("attn_q_norm", "self_attn.q_layernorm", head_dim)
            yield from block.norm("attn_k_norm", "self_attn.k_layernorm", head_dim)
        yield from block.norm("ffn_norm", "ffn_norm", hidden)
        if config["model_type"] == "lfm2":
            yield from _network(block, config)
        elif block.index < config["num_dense_layers"]:
            yield from gated_mlp(block, config, name="feed_forward")
        else:
            yield from _experts(block, config)


def _network(block: Block, config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    yield from block.linear("ffn_gate", "feed_forward.w1", rows, hidden)
    yield from block.linear("ffn_down", "feed_forward.w2", hidden, rows)
    yield from block.linear("ffn_up", "feed_forward.w3", rows, hidden)


def _experts(block: Block, config: Config) -> Iterator[Weight]:
    hidden, experts = config["hidden_size"], config["num_experts"]
    yield from block.linear("ffn_gate_inp", "feed_forward.gate", experts, hidden)
    if config["use_expert_bias"]:
        yield block.vector("exp_probs_b.bias", "feed_forward.expert_bias", experts)
    yield from gated_experts(
        block,
        config,
        name="feed_forward.switch_mlp",
        count=experts,
        rows=config["moe_intermediate_size"],
    )


def _convolution(block: Block, config: Config) -> Iterator[Weight]:
    hidden, bias = config["hidden_size"], config["conv_bias"]
    width = config["conv_L_cache"]
    yield block.vector("shortconv.conv.weight", "conv.conv.weight", hidden, width, 1)
    if bias:
        yield block.vector("shortconv.conv.bias", "conv.conv.bias", hidden)
    yield from block.linear(
        "shortconv.in_proj", "conv.in_proj", 3 * hidden, hidden, bias=bias
    )
    yield from block.linear(
        "shortconv.out_proj", "conv.out_proj", hidden, hidden, bias=bias
    )


LFM2 = Architecture(name="lfm2", describe=_describe_dense, weights=_weights)
LFM2_MOE = Architecture(name="lfm2moe", describe=_describe_experts, weights=_weights)
