"""Nemotron 3 and 4: norms that carry +1, half of each head rotated, squared ReLU."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import around, attention, layers
from mlxtui.convert.gguf.architectures.common import (
    QUERY_BIASES,
    common_config,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "nemotron", eps="layer_norm_epsilon", is_partial=True)
    # The converter counts rotated numbers of such heads only.
    require_even_heads(facts, config)
    if (config["rope_scaling"] or {}).get("rope_type", "linear") != "linear":
        raise facts.unusable("rope.scaling.type")
    return config | {
        "norm_eps": config.pop("rms_norm_eps"),
        "hidden_act": "relu2",
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "mlp_bias": facts.has_tensor("ffn_up.bias"),
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    bias = config["mlp_bias"]
    yield from around(config, norm_bias=True, added=-1)
    for block in layers(config):
        yield from block.norm(
            "attn_norm", "input_layernorm", hidden, bias=True, added=-1
        )
        yield from attention(
            block,
            config,
            bias=config["attention_bias"],
            output_bias=config["attention_bias"],
        )
        yield from block.norm(
            "ffn_norm", "post_attention_layernorm", hidden, bias=True, added=-1
        )
        yield from block.linear("ffn_up", "mlp.up_proj", rows, hidden, bias=bias)
        yield from block.linear("ffn_down", "mlp.down_proj", hidden, rows, bias=bias)


NEMOTRON = Architecture(name="nemotron", describe=_describe, weights=_weights)
