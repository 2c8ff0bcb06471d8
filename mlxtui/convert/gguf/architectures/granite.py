"""Granite: the dense one and the mixture of experts."""

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
from mlxtui.convert.gguf.architectures.common import (
    QUERY_BIASES,
    common_config,
    expert_counts,
    require_even_heads,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight


def _describe(facts: Facts, model_type: str) -> dict[str, Any]:
    config = common_config(facts, model_type)
    require_even_heads(facts, config)
    # How these files say that there are no positions, which mlx-lm always has here.
    if not facts.flag("rope.scaling.finetuned", True):
        raise facts.unusable("rope.scaling.finetuned")
    head_scale = config["head_dim"] ** -0.5
    return config | {
        "logits_scaling": _factor(facts, "logit_scale", 1),
        "attention_multiplier": _factor(facts, "attention.scale", head_scale),
        "embedding_multiplier": _factor(facts, "embedding_scale", 1),
        "residual_multiplier": _factor(facts, "residual_scale", 1),
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
    }


def _factor(facts: Facts, key: str, default: float) -> float:
    """A factor; 0 means that there is none, as in llama.cpp."""
    return facts.number(key, 0) or default


def _describe_dense(facts: Facts) -> dict[str, Any]:
    has_bias = facts.has_tensor("ffn_up.bias")
    return _describe(facts, "granite") | {"mlp_bias": has_bias}


def _describe_experts(facts: Facts) -> dict[str, Any]:
    experts, used = expert_counts(facts)
    return _describe(facts, "granitemoe") | {
        "num_local_experts": experts,
        "num_experts_per_tok": used,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, bias = config["hidden_size"], config["attention_bias"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(
            block, config, is_permuted=True, bias=bias, output_bias=bias
        )
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        if config["model_type"] == "granite":
            yield from gated_mlp(block, config, bias=config["mlp_bias"])
            continue
        experts, name = config["num_local_experts"], "block_sparse_moe"
        yield from block.linear("ffn_gate_inp", f"{name}.router.layer", experts, hidden)
        yield from gated_experts(
            block,
            config,
            name=f"{name}.switch_mlp",
            count=experts,
            rows=config["intermediate_size"],
        )


GRANITE = Architecture(name="granite", describe=_describe_dense, weights=_weights)
GRANITE_MOE = Architecture(
    name="granitemoe", describe=_describe_experts, weights=_weights
)
