"""GLM 4, the dense one of 2025."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import around, attention, layers
from mlxtui.convert.gguf.architectures.common import QUERY_BIASES, common_config
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "glm4", is_partial=True)
    refuse_scaling(facts, config)
    if facts.numbers("rope.dimension_sections"):
        # Of the model for images: its queries and keys are in another order.
        raise facts.unusable("rope.dimension_sections")
    return config | {
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "tie_word_embeddings": False,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=config["attention_bias"])
        yield from block.norm("post_attention_norm", "post_self_attn_layernorm", hidden)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        # The gate's rows first.
        yield from block.linear("ffn_up", "mlp.gate_up_proj", 2 * rows, hidden)
        yield from block.linear("ffn_down", "mlp.down_proj", hidden, rows)
        yield from block.norm("post_ffw_norm", "post_mlp_layernorm", hidden)


GLM4 = Architecture(name="glm4", describe=_describe, weights=_weights)
