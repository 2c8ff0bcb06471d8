"""Phi: 2, 3 and 4, and the mixture of experts of 3.5."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    around,
    attention,
    gated_experts,
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

# Of the attention; that of Phi-4-mini is 1.19.
_MOST_FACTOR = 2
_MOST_TOKENS = 2**31


def _describe_phi2(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "phi", eps="layer_norm_epsilon", is_partial=True)
    require_even_heads(facts, config)
    refuse_scaling(facts, config)
    eps = config["rms_norm_eps"]
    return config | {"layer_norm_eps": eps, "tie_word_embeddings": False}


def _phi2_weights(config: Config) -> Iterator[Weight]:
    hidden, rows = config["hidden_size"], config["intermediate_size"]
    yield from around(config, norm="final_layernorm", norm_bias=True, head_bias=True)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden, bias=True)
        yield from attention(block, config, output="dense", bias=True, output_bias=True)
        yield from block.linear("ffn_up", "mlp.fc1", rows, hidden, bias=True)
        yield from block.linear("ffn_down", "mlp.fc2", hidden, rows, bias=True)


def _describe_phi3(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "phi3", is_partial=True)
    require_even_heads(facts, config)
    # Neither llama.cpp nor mlx-lm looks at it.
    facts.value("attention.sliding_window")
    scaling = config["rope_scaling"]
    if scaling and scaling["rope_type"] not in ("linear", "longrope"):
        raise facts.unusable("rope.scaling.type")
    return config | _contexts(facts, config)


def _phi3_weights(config: Config) -> Iterator[Weight]:
    hidden, head_dim = config["hidden_size"], config["head_dim"]
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    rows = config["intermediate_size"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield Weight(
            name=f"{block.name}self_attn.qkv_proj.weight",
            source=f"{block.source}attn_qkv.weight",
            shape=((heads + 2 * kv_heads) * head_dim, hidden),
            can_pack=True,
            parts=tuple(f"{block.source}attn_{part}.weight" for part in "qkv"),
        )
        yield from block.linear(
            "attn_output", "self_attn.o_proj", hidden, heads * head_dim
        )
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        # The gate's rows first.
        yield from block.linear("ffn_up", "mlp.gate_up_proj", 2 * rows, hidden)
        yield from block.linear("ffn_down", "mlp.down_proj", hidden, rows)


def _describe_phimoe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "phimoe")
    require_even_heads(facts, config)
    facts.value("attention.sliding_window")
    experts, used = expert_counts(facts)
    if used != 2:
        # mlx-lm's choice of experts is made for two.
        raise facts.unusable("expert_used_count")
    scaling = config["rope_scaling"]
    if scaling:
        if scaling["rope_type"] != "longrope":
            raise facts.unusable("rope.scaling.type")
        factor = facts.number("rope.scaling.attn_factor", 1)
        scaling |= {"short_mscale": factor, "long_mscale": factor}
    return config | {
        "num_local_experts": experts,
        "num_experts_per_tok": used,
        "original_max_position_embeddings": _original(facts, config),
        "tie_word_embeddings": False,
    }


def _phimoe_weights(config: Config) -> Iterator[Weight]:
    hidden, experts = config["hidden_size"], config["num_local_experts"]
    yield from around(config, norm_bias=True, head_bias=True)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden, bias=True)
        yield from attention(block, config, bias=True, output_bias=True)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden, bias=True)
        yield from _experts(block, config, hidden, experts)


def _experts(
    block: Block, config: Config, hidden: int, experts: int
) -> Iterator[Weight]:
    yield from block.linear("ffn_gate_inp", "block_sparse_moe.gate", experts, hidden)
    yield from gated_experts(
        block,
        config,
        name="block_sparse_moe.switch_mlp",
        count=experts,
        rows=config["intermediate_size"],
    )


def _original(facts: Facts, config: Config) -> int:
    """Tokens of the first training, before the context was made longer."""
    return facts.count(
        "rope.scaling.original_context_length", config["max_position_embeddings"]
    )


def _contexts(facts: Facts, config: Config) -> dict[str, int]:
    """The first context, and the long one that mlx-lm computes a factor from.

    The factor is the root of log(long) / log(first), so that a file tells the long one
    even where its `context_length` was made smaller.
    """
    original = _original(facts, config)
    contexts = {"original_max_position_embeddings": original}
    if (config["rope_scaling"] or {}).get("rope_type") != "longrope":
        return contexts
    factor = facts.number("rope.scaling.attn_factor", 0)
    if factor and not (1 <= factor < _MOST_FACTOR and original > 1):
        raise facts.unusable("rope.scaling.attn_factor")
    if factor:
        trained = round(original ** (factor * factor))
        contexts["max_position_embeddings"] = min(trained, _MOST_TOKENS)
    return contexts


PHI2 = Architecture(name="phi2", describe=_describe_phi2, weights=_phi2_weights)
PHI3 = Architecture(name="phi3", describe=_describe_phi3, weights=_phi3_weights)
PHIMOE = Architecture(name="phimoe", describe=_describe_phimoe, weights=_phimoe_weights)
