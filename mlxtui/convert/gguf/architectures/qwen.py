"""Qwen 2 and 3, dense and with experts, and the text half of those that see."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    around,
    attention,
    gated_experts,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import (
    common_config,
    expert_counts,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe_qwen2(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "qwen2")
    require_even_heads(facts, config)
    return config


def _describe_qwen2_moe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "qwen2_moe")
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    experts, used = expert_counts(facts)
    wide = config["intermediate_size"]
    return config | {
        # mlx-lm has a head even where it is the embedding.
        "tie_word_embeddings": False,
        "num_experts": experts,
        "num_experts_per_tok": used,
        "moe_intermediate_size": facts.count(
            "expert_feed_forward_length", wide // used
        ),
        "shared_expert_intermediate_size": facts.count(
            "expert_shared_feed_forward_length", wide
        ),
    }


def _describe_qwen3(facts: Facts) -> dict[str, Any]:
    return common_config(facts, "qwen3")


def _describe_qwen3_moe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "qwen3_moe")
    refuse_scaling(facts, config)
    experts, used = expert_counts(facts)
    return config | {
        "num_experts": experts,
        "num_experts_per_tok": used,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "moe_intermediate_size": facts.count(
            "expert_feed_forward_length", config["intermediate_size"] // used
        ),
        "norm_topk_prob": True,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden = config["hidden_size"]
    has_bias = config["model_type"] in ("qwen2", "qwen2_moe")
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=has_bias)
        if not has_bias:
            for letter in ("q", "k"):
                yield from block.norm(
                    f"attn_{letter}_norm",
                    f"self_attn.{letter}_norm",
                    config["head_dim"],
                )
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        if "num_experts" in config:
            yield from _experts(block, config)
        else:
            yield from gated_mlp(block, config)


def _experts(block: Block, config: Config) -> Iterator[Weight]:
    hidden, count = config["hidden_size"], config["num_experts"]
    yield from block.linear("ffn_gate_inp", "mlp.gate", count, hidden)
    yield from gated_experts(
        block,
        config,
        name="mlp.switch_mlp",
        count=count,
        rows=config["moe_intermediate_size"],
    )
    if shared := config.get("shared_expert_intermediate_size"):
        yield from block.linear(
            "ffn_gate_inp_shexp", "mlp.shared_expert_gate", 1, hidden, can_pack=False
        )
        yield from gated_mlp(
            block, config, name="mlp.shared_expert", source="_shexp", rows=shared
        )


def _qwen2(name: str) -> Architecture:
    # Their largest activations pass what 16-bit floats hold.
    return Architecture(
        name=name, describe=_describe_qwen2, weights=_weights, overflows_f16=True
    )


QWEN2 = _qwen2("qwen2")
# Positions in three dimensions, which for text are all the same.
QWEN2VL = _qwen2("qwen2vl")
QWEN25VL = _qwen2("qwen25vl")  # as Ollama calls it
QWEN2MOE = Architecture(
    name="qwen2moe",
    describe=_describe_qwen2_moe,
    weights=_weights,
    overflows_f16=True,
)
QWEN3 = Architecture(name="qwen3", describe=_describe_qwen3, weights=_weights)
QWEN3VL = Architecture(name="qwen3vl", describe=_describe_qwen3, weights=_weights)
QWEN3MOE = Architecture(name="qwen3moe", describe=_describe_qwen3_moe, weights=_weights)
QWEN3VLMOE = Architecture(
    name="qwen3vlmoe", describe=_describe_qwen3_moe, weights=_weights
)
