"""Command R and its followers."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    around,
    attention,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import (
    QUERY_BIASES,
    common_config,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import window_period, window_tokens


def _describe(facts: Facts, model_type: str) -> dict[str, Any]:
    config = common_config(facts, model_type, eps="layer_norm_epsilon")
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    return config | {
        "layer_norm_eps": config["rms_norm_eps"],
        "logit_scale": facts.number("logit_scale", 0) or 1.0,
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "layer_norm_bias": facts.has_tensor("attn_norm.bias"),
        "tie_word_embeddings": True,
    }


def _describe_command_r(facts: Facts) -> dict[str, Any]:
    has_norms = facts.has_tensor("attn_q_norm.weight")
    return _describe(facts, "cohere") | {"use_qk_norm": has_norms}


def _describe_cohere2(facts: Facts) -> dict[str, Any]:
    config = _describe(facts, "cohere2")
    return config | {
        "sliding_window": window_tokens(facts) or config["max_position_embeddings"],
        "sliding_window_pattern": window_period(facts, config["num_hidden_layers"], 4),
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, norm_bias = config["hidden_size"], config["layer_norm_bias"]
    bias, head_dim = config["attention_bias"], config["head_dim"]
    yield from around(config, norm_bias=norm_bias)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden, bias=norm_bias)
        yield from attention(block, config, bias=bias, output_bias=bias)
        if config.get("use_qk_norm"):
            for part, heads in (
                ("q", config["num_attention_heads"]),
                ("k", config["num_key_value_heads"]),
            ):
                yield block.vector(
                    f"attn_{part}_norm.weight",
                    f"self_attn.{part}_norm.weight",
                    heads,
                    head_dim,
                )
        yield from gated_mlp(block, config)


COMMAND_R = Architecture(
    name="command-r", describe=_describe_command_r, weights=_weights
)
COHERE2 = Architecture(name="cohere2", describe=_describe_cohere2, weights=_weights)
