"""Llama 4: layers of experts between dense ones, chunks, and layers without RoPE."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    around,
    attention,
    gated_experts,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import common_config, expert_counts
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight

# Files do not say these; llama.cpp has the same numbers in its code.
_CHUNK_TOKENS = 8192
_TEMPERATURE = {
    "attn_temperature_tuning": True,
    "floor_scale": 8192,
    "attn_scale": 0.1,
}
# Of the two that there are, the one with so many has no norm of queries and keys.
_EXPERTS_WITHOUT_NORM = 128
_PREFIX = "language_model."


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "llama4_text")
    experts, used = expert_counts(facts)
    if used != 1:
        raise facts.unusable("expert_used_count")
    chunk_tokens = facts.count("attention.sliding_window", _CHUNK_TOKENS)
    if chunk_tokens != _CHUNK_TOKENS:
        raise facts.unusable("attention.sliding_window")
    if config["num_hidden_layers"] < 4:
        raise facts.unusable("block_count")
    return {
        "model_type": "llama4",
        "text_config": config
        | _TEMPERATURE
        | {
            # mlx-lm has a head even where it is the embedding.
            "tie_word_embeddings": False,
            "attention_bias": False,
            "attention_chunk_size": chunk_tokens,
            "interleave_moe_layer_step": facts.count("interleave_moe_layer_step"),
            "intermediate_size": facts.count("expert_feed_forward_length"),
            "intermediate_size_mlp": config["intermediate_size"],
            "num_local_experts": experts,
            "num_experts_per_tok": used,
            "use_qk_norm": experts != _EXPERTS_WITHOUT_NORM,
        },
    }


def _weights(config: Config) -> Iterator[Weight]:
    text = config["text_config"]
    hidden, experts = text["hidden_size"], text["num_local_experts"]
    step, rows = text["interleave_moe_layer_step"], text["intermediate_size"]
    model = f"{_PREFIX}model."
    yield from around(text, model=model, head=f"{_PREFIX}lm_head")
    for block in layers(text, model=model):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, text)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        name = "feed_forward"
        if block.index % step != step - 1:
            wide = text["intermediate_size_mlp"]
            yield from gated_mlp(block, text, name=name, rows=wide)
            continue
        yield from block.linear("ffn_gate_inp", f"{name}.router", experts, hidden)
        yield from gated_experts(
            block, text, name=f"{name}.experts", count=experts, rows=rows
        )
        yield from gated_mlp(
            block, text, name=f"{name}.shared_expert", source="_shexp", rows=rows
        )


LLAMA4 = Architecture(name="llama4", describe=_describe, weights=_weights)
