"""GLM 4.5 to 4.7 and Dots 1: experts chosen by a sigmoid and a bias of each."""

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
    QUERY_BIASES,
    common_config,
    expert_counts,
)
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight

SIGMOID = 2
"""Of `expert_gating_func`."""


def choice_config(
    facts: Facts, default_gating: int, *, gating: int = SIGMOID
) -> dict[str, Any]:
    """What a config says of such experts.

    Args:
        default_gating: Of files that do not say how they are chosen.
        gating: The one way that the architecture has in mlx-lm.

    Raises:
        ModelRefused: A fact is missing or absurd, or they are chosen another way.
    """
    count, used = expert_counts(facts)
    given = facts.count("expert_gating_func", default_gating)
    facts.require("expert_gating_func", gating, given)
    return {
        "n_routed_experts": count,
        "num_experts_per_tok": used,
        "n_shared_experts": facts.count("expert_shared_count"),
        "moe_intermediate_size": facts.count("expert_feed_forward_length"),
        "first_k_dense_replace": facts.count("leading_dense_block_count", 0, least=0),
        "routed_scaling_factor": facts.number("expert_weights_scale", 1) or 1.0,
        "norm_topk_prob": facts.flag("expert_weights_norm", False),
        "n_group": facts.count("expert_group_count", 1),
        "topk_group": facts.count("expert_group_used_count", 1),
        "scoring_func": "sigmoid" if gating == SIGMOID else "softmax",
    }


def _describe_glm(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "glm4_moe", is_partial=True)
    refuse_scaling(facts, config)
    return {
        **config,
        **choice_config(facts, SIGMOID),
        "attention_bias": facts.has_tensor(*QUERY_BIASES),
        "use_qk_norm": facts.has_tensor("attn_q_norm.weight"),
    }


def _describe_dots(facts: Facts) -> dict[str, Any]:
    return {
        **common_config(facts, "dots1"),
        **choice_config(facts, SIGMOID),
        "attention_bias": False,
        "mlp_bias": False,
        "use_qk_norm": True,
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, is_glm = config["hidden_size"], config["model_type"] == "glm4_moe"
    before_mlp = "post_attention_norm" if is_glm else "ffn_norm"
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from attention(block, config, bias=config["attention_bias"])
        for letter in ("q", "k") if config["use_qk_norm"] else ():
            yield from block.norm(
                f"attn_{letter}_norm", f"self_attn.{letter}_norm", config["head_dim"]
            )
        yield from block.norm(before_mlp, "post_attention_layernorm", hidden)
        if block.index < config["first_k_dense_replace"]:
            yield from gated_mlp(block, config)
        else:
            name = "mlp.switch_mlp" if is_glm else "mlp.experts"
            yield from chosen_experts(block, config, name)


def chosen_experts(
    block: Block, config: Config, name: str, *, has_bias: bool = True
) -> Iterator[Weight]:
    """The router, the experts and those that all tokens go through.

    Args:
        name: What mlx-lm calls the experts: `mlp.switch_mlp`.
        has_bias: Whether each expert has one by which it is chosen.
    """
    hidden, count = config["hidden_size"], config["n_routed_experts"]
    rows = config["moe_intermediate_size"]
    # Their router is no layer in mlx-lm.
    yield from block.linear("ffn_gate_inp", "mlp.gate", count, hidden, can_pack=False)
    if has_bias:
        bias = "mlp.gate.e_score_correction_bias"
        yield block.choice("exp_probs_b.bias", bias, count)
    yield from gated_experts(block, config, name=name, count=count, rows=rows)
    yield from gated_mlp(
        block,
        config,
        name="mlp.shared_experts",
        source="_shexp",
        rows=rows * config["n_shared_experts"],
    )


GLM4_MOE = Architecture(name="glm4moe", describe=_describe_glm, weights=_weights)
DOTS1 = Architecture(name="dots1", describe=_describe_dots, weights=_weights)
