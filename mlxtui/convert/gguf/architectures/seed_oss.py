"""Seed-OSS: Llama with biases on queries, keys and values, and rows not permuted."""

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
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    return common_config(facts, "seed_oss") | {
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "attention_out_bias": facts.has_tensor("attn_output.bias"),
        "mlp_bias": facts.has_tensor("ffn_up.bias"),
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden = config["hidden_size"]
    # mlx-lm multiplies by the embedding's numbers where it is the head.
    yield from around(config, can_pack_embedding=not config["tie_word_embeddings"])
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(
            block,
            config,
            bias=config["attention_bias"],
            output_bias=config["attention_out_bias"],
        )
        yield from block.norm("post_attention_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config, bias=config["mlp_bias"])


SEED_OSS = Architecture(name="seed_oss", describe=_describe, weights=_weights)
