"""gpt-oss."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import around, attention, layers
from mlxtui.convert.gguf.architectures.common import common_config, expert_counts
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import layer_kinds, window_tokens


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "gpt_oss")
    base = config["rope_theta"]
    # mlx-lm has one base for all layers.
    facts.require("rope.freq_base_swa", base, facts.number("rope.freq_base_swa", base))
    experts, used = expert_counts(facts)
    return config | {
        "intermediate_size": facts.count(
            "expert_feed_forward_length", config["intermediate_size"]
        ),
        "num_local_experts": experts,
        "num_experts_per_tok": used,
        "sliding_window": window_tokens(facts) or config["max_position_embeddings"],
        "layer_types": layer_kinds(facts, config["num_hidden_layers"], 2),
        "tie_word_embeddings": False,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    experts = config["num_local_experts"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=True, output_bias=True)
        yield block.vector(
            "attn_sinks.weight", "self_attn.sinks", config["num_attention_heads"]
        )
        yield from block.norm("post_attention_norm", "post_attention_layernorm", hidden)
        yield from block.linear(
            "ffn_gate_inp", "mlp.router", experts, hidden, bias=True
        )
        for part, outputs, inputs, first_row in (
            ("gate", rows, hidden, 0),
            ("up", rows, hidden, rows),
            ("down", hidden, rows, -1),
        ):
            yield from block.experts(
                f"ffn_{part}_exps",
                f"mlp.experts.{part}_proj",
                experts,
                outputs,
                inputs,
                bias=True,
                first_row=first_row,
            )


GPT_OSS = Architecture(
    name="gpt-oss", describe=_describe, weights=_weights, overflows_f16=True
)
