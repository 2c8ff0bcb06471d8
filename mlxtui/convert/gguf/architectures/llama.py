"""Llama, Mistral and Mixtral, and others that compute the same under other names."""

from collections.abc import Iterator
from functools import partial
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
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight


def describe_llama(facts: Facts) -> dict[str, Any]:
    """The config of mlx-lm's `llama`."""
    config = common_config(facts, "llama", eps=_epsilon(facts))
    usual = config["head_dim"] ** -0.5
    facts.require("attention.scale", usual, facts.number("attention.scale", 0) or usual)
    return config | {
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "mlp_bias": facts.has_tensor("ffn_up.bias"),
    }


def llama_weights(config: Config, *, is_permuted: bool = True) -> Iterator[Weight]:
    """The table of Llama.

    Args:
        is_permuted: Whether llama.cpp's converter permutes rows of queries and keys.
    """
    hidden, bias = config["hidden_size"], config["attention_bias"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(
            block, config, is_permuted=is_permuted, bias=bias, output_bias=bias
        )
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config, bias=config["mlp_bias"])


def _epsilon(facts: Facts) -> str:
    # Exaone's converter gives it the other name, although the norm is the same.
    usual, other = "layer_norm_rms_epsilon", "layer_norm_epsilon"
    has_usual = facts.value(f"attention.{usual}") is not None
    return usual if has_usual or facts.architecture != "exaone" else other


def _describe(facts: Facts) -> dict[str, Any]:
    if not facts.count("expert_count", 0, least=0):
        return describe_llama(facts)
    config = common_config(facts, "mixtral")
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    experts, used = expert_counts(facts)
    return config | {"num_local_experts": experts, "num_experts_per_tok": used}


def _weights(config: Config) -> Iterator[Weight]:
    if config["model_type"] == "llama":
        yield from llama_weights(config)
        return
    hidden, experts = config["hidden_size"], config["num_local_experts"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, is_permuted=True)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        yield from block.linear(
            "ffn_gate_inp", "block_sparse_moe.gate", experts, hidden
        )
        yield from gated_experts(
            block,
            config,
            name="block_sparse_moe.switch_mlp",
            count=experts,
            rows=config["intermediate_size"],
        )


def _describe_without_groups(facts: Facts) -> dict[str, Any]:
    """Converters permute these rightly only where no heads share keys."""
    config = describe_llama(facts)
    # Baichuan's larger models have ALiBi instead of RoPE, which their files do not say.
    is_alibi = facts.architecture == "baichuan" and config["num_hidden_layers"] == 40
    if config["num_key_value_heads"] != config["num_attention_heads"] or is_alibi:
        raise facts.unusable(
            "attention.head_count_kv" if not is_alibi else "block_count"
        )
    return config


LLAMA = Architecture(name="llama", describe=_describe, weights=_weights)
INTERNLM2 = Architecture(
    name="internlm2", describe=describe_llama, weights=llama_weights
)
EXAONE = Architecture(
    name="exaone",
    describe=describe_llama,
    weights=partial(llama_weights, is_permuted=False),
)
BAICHUAN = Architecture(
    name="baichuan", describe=_describe_without_groups, weights=llama_weights
)
XVERSE = Architecture(
    name="xverse", describe=_describe_without_groups, weights=llama_weights
)
