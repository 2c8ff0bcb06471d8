"""EXAONE 4."""

from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.blocks import (
    around,
    attention,
    gated_mlp,
    layers,
)
from mlxtui.convert.gguf.architectures.common import common_config
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import (
    layer_kinds,
    window_period,
    window_tokens,
)


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "exaone4")
    window = window_tokens(facts)
    count = config["num_hidden_layers"]
    if not window:
        return config | {
            "sliding_window": None,
            "sliding_window_pattern": None,
            "layer_types": ["full_attention"] * count,
        }
    base = config["rope_theta"]
    # mlx-lm has one base for all layers.
    facts.require("rope.freq_base_swa", base, facts.number("rope.freq_base_swa", base))
    period = window_period(facts, count, 4)
    if period == 1:
        raise facts.unusable("attention.sliding_window_pattern")
    return config | {
        "sliding_window": window,
        # mlx-lm reads the first, transformers the second, also where all are full.
        "sliding_window_pattern": "L" * (period - 1) + "G",
        "layer_types": layer_kinds(facts, count, period),
    }


def _weights(config: Config) -> Iterator[Weight]:
    hidden, head_dim = config["hidden_size"], config["head_dim"]
    yield from around(config)
    for block in layers(config):
        yield from attention(block, config)
        yield from block.norm("attn_q_norm", "self_attn.q_norm", head_dim)
        yield from block.norm("attn_k_norm", "self_attn.k_norm", head_dim)
        yield from block.norm("post_attention_norm", "post_attention_layernorm", hidden)
        yield from gated_mlp(block, config)
        yield from block.norm("post_ffw_norm", "post_feedforward_layernorm", hidden)


EXAONE4 = Architecture(name="exaone4", describe=_describe, weights=_weights)
