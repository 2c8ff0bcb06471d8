"""OLMo 2 and 3, and OLMoE."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    around,
    attention,
    gated_experts,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import common_config, expert_counts
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import layer_kinds, window_tokens


def _describe_olmo2(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "olmo2")
    window = window_tokens(facts)
    if not window:
        return config
    # mlx-lm has one base for all layers.
    base = config["rope_theta"]
    facts.require("rope.freq_base_swa", base, facts.number("rope.freq_base_swa", base))
    return config | {
        "model_type": "olmo3",
        "sliding_window": window,
        "layer_types": layer_kinds(facts, config["num_hidden_layers"], 4),
    }


def _olmo2_weights(config: Config) -> Iterator[Weight]:
    hidden = config["hidden_size"]
    yield from around(config)
    for block in layers(config):
        yield from attention(block, config)
        yield from _head_norms(block, config)
        yield from block.norm("post_attention_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config)
        yield from block.norm("post_ffw_norm", "post_feedforward_layernorm", hidden)


def _describe_olmoe(facts: Facts) -> dict[str, Any]:
    experts, used = expert_counts(facts)
    return common_config(facts, "olmoe") | {
        "num_experts": experts,
        "num_experts_per_tok": used,
        "norm_topk_prob": False,
    }


def _olmoe_weights(config: Config) -> Iterator[Weight]:
    hidden, experts = config["hidden_size"], config["num_experts"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config)
        yield from _head_norms(block, config)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from block.linear("ffn_gate_inp", "mlp.gate", experts, hidden)
        yield from gated_experts(
            block,
            config,
            name="mlp.switch_mlp",
            count=experts,
            rows=config["intermediate_size"],
        )


def _head_norms(block: Block, config: Config) -> Iterator[Weight]:
    """Of queries and keys, each over all heads together."""
    for part, heads in (("q", "num_attention_heads"), ("k", "num_key_value_heads")):
        yield from block.norm(
            f"attn_{part}_norm",
            f"self_attn.{part}_norm",
            config[heads] * config["head_dim"],
        )


OLMO2 = Architecture(name="olmo2", describe=_describe_olmo2, weights=_olmo2_weights)
OLMOE = Architecture(name="olmoe", describe=_describe_olmoe, weights=_olmoe_weights)
