"""Hunyuan, the dense one."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    around,
    attention,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import QUERY_BIASES, common_config
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    # The model's own scaling is in the base already.
    config = common_config(facts, "hunyuan_v1_dense")
    refuse_scaling(facts, config)
    return config | {
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "use_qk_norm": facts.has_tensor("attn_q_norm.weight"),
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, head_dim = config["hidden_size"], config["head_dim"]
    bias = config["attention_bias"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=bias, output_bias=bias)
        if config["use_qk_norm"]:
            yield from block.norm("attn_q_norm", "self_attn.query_layernorm", head_dim)
            yield from block.norm("attn_k_norm", "self_attn.key_layernorm", head_dim)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config)


HUNYUAN_DENSE = Architecture(name="hunyuan-dense", describe=_describe, weights=_weights)
