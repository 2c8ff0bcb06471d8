"""MiniMax M2: norms over all queries and over all keys, half of each head rotated."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    around,
    attention,
    gated_experts,
    layers,
)
from mlxtui.convert.gguf.architectures.chosen_experts import SIGMOID
from mlxtui.convert.gguf.architectures.common import common_config, expert_counts
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "minimax", is_partial=True)
    refuse_scaling(facts, config)
    count, used = expert_counts(facts)
    gating = facts.count("expert_gating_func", SIGMOID)
    facts.require("expert_gating_func", SIGMOID, gating)
    rows = facts.count("expert_feed_forward_length", config["intermediate_size"])
    return config | {
        "num_local_experts": count,
        "num_experts_per_tok": used,
        "intermediate_size": rows,
        "shared_intermediate_size": 0,
        "rotary_dim": int(config["head_dim"] * config.pop("partial_rotary_factor")),
        "scoring_func": "sigmoid",
        "use_qk_norm": True,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, count = config["hidden_size"], config["num_local_experts"]
    name = "block_sparse_moe"
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config)
        for letter, heads in (
            ("q", config["num_attention_heads"]),
            ("k", config["num_key_value_heads"]),
        ):
            yield from block.norm(
                f"attn_{letter}_norm",
                f"self_attn.{letter}_norm",
                heads * config["head_dim"],
            )
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from block.linear("ffn_gate_inp", f"{name}.gate", count, hidden)
        yield block.choice("exp_probs_b.bias", f"{name}.e_score_correction_bias", count)
        yield from gated_experts(
            block,
            config,
            name=f"{name}.switch_mlp",
            count=count,
            rows=config["intermediate_size"],
        )


MINIMAX = Architecture(name="minimax-m2", describe=_describe, weights=_weights)
