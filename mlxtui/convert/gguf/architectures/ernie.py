"""Ernie 4.5; of those with experts mlx-lm leaves out what chooses the experts."""

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
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "ernie4_5")
    refuse_scaling(facts, config)
    return config | {"use_bias": facts.has_tensor(*QUERY_BIASES)}


def _weights(config: Config) -> Iterator[Weight]:
    hidden, bias = config["hidden_size"], config["use_bias"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=bias, output_bias=bias)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config, bias=bias)


ERNIE = Architecture(name="ernie4_5", describe=_describe, weights=_weights)
