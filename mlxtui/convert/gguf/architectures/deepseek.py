"""DeepSeek V2 and V3, and what is built like V3: Kimi K2, Moonlight, GLM 4.7 Flash.

Keys and values of all heads come out of one narrow tensor. mlx-lm has V3 with the
tensors that newer converters write (`attn_k_b`, `attn_v_b`), and V2 with the one that
older ones wrote (`attn_kv_b`); the converter has turned the keys in the newer ones.
"""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    Block,
    around,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.chosen_experts import (
    SIGMOID,
    choice_config,
    chosen_experts,
)
from mlxtui.convert.gguf.architectures.common import layer_count, vocabulary_size
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.rope import rope_settings
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_SOFTMAX = 1

# The converter writes a tenth of what the factor is called everywhere else.
_LOG_MULTIPLIER_SHARE = 0.1

# With so many experts V2 chooses among groups, of which its old files say nothing.
_V2_EXPERTS_IN_GROUPS = 160


def _describe(facts: Facts) -> dict[str, Any]:
    is_v2 = _is_v2(facts)
    heads = facts.count("attention.head_count")
    rotated = facts.count("rope.dimension_count")
    of_heads = "" if is_v2 else "_mla"
    key_length = facts.count(f"attention.key_length{of_heads}", least=rotated + 1)
    return {
        "hidden_size": facts.count("embedding_length"),
        "num_hidden_layers": layer_count(facts),
        "intermediate_size": facts.count("feed_forward_length"),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "rms_norm_eps": facts.number("attention.layer_norm_rms_epsilon"),
        "vocab_size": vocabulary_size(facts),
        # mlx-lm has a head even where it is the embedding.
        "tie_word_embeddings": False,
        "attention_bias": False,
        "q_lora_rank": facts.count("attention.q_lora_rank", 0) or None,
        "kv_lora_rank": facts.count("attention.kv_lora_rank"),
        "qk_rope_head_dim": rotated,
        "qk_nope_head_dim": key_length - rotated,
        "v_head_dim": facts.count(f"attention.value_length{of_heads}"),
        "moe_layer_freq": 1,
        **(_v2_config(facts) if is_v2 else _v3_config(facts)),
        **_rope(facts, rotated, is_v2=is_v2),
    }


def _has_bias(facts: Facts) -> bool:
    # Of the two ways to choose experts only V3's has such a tensor.
    return facts.has_tensor("exp_probs_b.bias")


def _is_v2(facts: Facts) -> bool:
    usual = SIGMOID if _has_bias(facts) else _SOFTMAX
    if facts.count("expert_gating_func", usual) != _SOFTMAX:
        return False
    if not facts.has_tensor("attn_kv_b.weight"):
        raise ModelRefused(
            _("mlx-lm has DeepSeek 2 only with the tensors {name} of older files.")
            .format(name="attn_kv_b"),
            hint=_("Look for a file of it from 2024, or for an MLX version."),
        )  # fmt: skip
    return True


def _v3_config(facts: Facts) -> dict[str, Any]:
    return {
        "model_type": "deepseek_v3",
        "topk_method": "noaux_tc",
        **choice_config(facts, SIGMOID),
    }


def _v2_config(facts: Facts) -> dict[str, Any]:
    chosen = choice_config(facts, _SOFTMAX, gating=_SOFTMAX)
    if chosen["n_group"] > 1 or chosen["n_routed_experts"] >= _V2_EXPERTS_IN_GROUPS:
        raise facts.unusable("expert_group_count")
    if chosen["norm_topk_prob"]:
        raise facts.unusable("expert_weights_norm")
    return {**chosen, "model_type": "deepseek_v2", "topk_method": "greedy"}


def _rope(facts: Facts, rotated: int, *, is_v2: bool) -> dict[str, Any]:
    rope = rope_settings(facts, rotated)
    scaling = rope["rope_scaling"]
    if (scaling or {}).get("rope_type", "yarn") != "yarn" or (is_v2 and not scaling):
        raise facts.unusable("rope.scaling.type")
    everywhere = facts.number("rope.scaling.yarn_log_multiplier", 0)
    if scaling and everywhere:
        # The same for rotated and other numbers, which then goes to the scores.
        scale = everywhere / _LOG_MULTIPLIER_SHARE
        scaling |= {"mscale": scale, "mscale_all_dim": scale}
    return rope


def _weights(config: Config) -> Iterator[Weight]:
    hidden = config["hidden_size"]
    yield from around(config)
    for block in layers(config):
        yield from block.norm("attn_norm", "input_layernorm", hidden)
        yield from _attention(block, config)
        yield from block.norm("ffn_norm", "post_attention_layernorm", hidden)
        if block.index < config["first_k_dense_replace"]:
            yield from gated_mlp(block, config)
        else:
            yield from chosen_experts(
                block,
                config,
                "mlp.switch_mlp",
                has_bias=config["model_type"] == "deepseek_v3",
            )


def _attention(block: Block, config: Config) -> Iterator[Weight]:
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    rank, query_rank = config["kv_lora_rank"], config["q_lora_rank"]
    rotated, plain = config["qk_rope_head_dim"], config["qk_nope_head_dim"]
    values, name = config["v_head_dim"], "self_attn"
    rows = heads * (plain + rotated)
    if query_rank is None:
        yield from block.linear("attn_q", f"{name}.q_proj", rows, hidden)
    else:
        yield from block.linear("attn_q_a", f"{name}.q_a_proj", query_rank, hidden)
        yield from block.norm("attn_q_a_norm", f"{name}.q_a_layernorm", query_rank)
        yield from block.linear("attn_q_b", f"{name}.q_b_proj", rows, query_rank)
    yield from block.linear(
        "attn_kv_a_mqa", f"{name}.kv_a_proj_with_mqa", rank + rotated, hidden
    )
    yield from block.norm("attn_kv_a_norm", f"{name}.kv_a_layernorm", rank)
    if config["model_type"] == "deepseek_v2":
        rows = heads * (plain + values)
        yield from block.linear("attn_kv_b", f"{name}.kv_b_proj", rows, rank)
    else:
        yield from block.experts("attn_k_b", f"{name}.embed_q", heads, rank, plain)
        yield from block.experts("attn_v_b", f"{name}.unembed_out", heads, values, rank)
    yield from block.linear("attn_output", f"{name}.o_proj", hidden, heads * values)


DEEPSEEK = Architecture(name="deepseek2", describe=_describe, weights=_weights)
