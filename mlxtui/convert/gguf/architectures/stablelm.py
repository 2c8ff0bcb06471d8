"""StableLM 2."""

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


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "stablelm", eps="layer_norm_epsilon", is_partial=True)
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    # llama.cpp goes by the tensor, and not by this fact.
    facts.value("use_parallel_residual")
    return config | {
        "layer_norm_eps": config["rms_norm_eps"],
        "use_qkv_bias": facts.has_tensor(*QUERY_BIASES),
        "use_parallel_residual": not facts.has_tensor("ffn_norm.weight"),
        "tie_word_embeddings": False,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden = config["hidden_size"]
    yield from around(config, norm_bias=True)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden, bias=True)
        yield from attention(block, config, bias=config["use_qkv_bias"])
        if not config["use_parallel_residual"]:
            yield from block.norm(
                "ffn_norm", "post_attention_layernorm", hidden, bias=True
            )
        yield from gated_mlp(block, config)


STABLELM = Architecture(name="stablelm", describe=_describe, weights=_weights)
