"""StarCoder 2."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import around, attention, layers
from mlxtui.convert.gguf.architectures.common import (
    common_config,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "starcoder2", eps="layer_norm_epsilon")
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    return config | {"norm_epsilon": config["rms_norm_eps"]}


def _weights(config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    yield from around(config, norm_bias=True)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden, bias=True)
        yield from attention(block, config, bias=True, output_bias=True)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden, bias=True)
        yield from block.linear("ffn_up", "mlp.c_fc", rows, hidden, bias=True)
        yield from block.linear("ffn_down", "mlp.c_proj", hidden, rows, bias=True)


STARCODER2 = Architecture(name="starcoder2", describe=_describe, weights=_weights)
