"""Gemma 1, 2 and 3."""

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
from mlxtui.convert.gguf.architectures.rope import refuse_scaling
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.architectures.windows import window_period, window_tokens

# Norms multiply by 1 + weight; llama.cpp's converter stores that sum.
_ADDED = -1.0

# The two whose queries are scaled by the hidden size's share of a head, which the files
# do not say; llama.cpp, too, knows them by their number of layers.
_LAYERS_OF_GEMMA2_27B = 46
_LAYERS_OF_GEMMA3_27B = 62

# What the models that see have in common (config.json of google/gemma-3-4b-it, -12b-it
# and -27b-it). Ollama keeps both halves in one file and does not say it there.
_OF_OLLAMA = {
    "attention.layer_norm_rms_epsilon": 1e-6,
    "rope.global.freq_base": 1000000.0,
    "rope.scaling.type": "linear",
    "rope.scaling.factor": 8.0,
}


def _describe_gemma(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "gemma")
    refuse_scaling(facts, config)
    return config | {"tie_word_embeddings": True}


def _describe_gemma2(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "gemma2")
    refuse_scaling(facts, config)
    # mlx-lm lets all layers see everything.
    facts.value("attention.sliding_window")
    return config | {
        "attn_logit_softcapping": _softcapping(facts, "attn_logit_softcapping", 50),
        "final_logit_softcapping": _softcapping(facts, "final_logit_softcapping", 30),
        "query_pre_attn_scalar": _query_scalar(config, _LAYERS_OF_GEMMA2_27B),
        "tie_word_embeddings": True,
    }


def _describe_gemma3(facts: Facts) -> dict[str, Any]:
    if facts.value("vision.block_count") is not None:
        facts.assume(_OF_OLLAMA)
    config = common_config(facts, "gemma3_text")
    if facts.value("rope.scaling.beta_fast") is not None:
        # Ollama's name for what everyone else calls yarn_beta_fast.
        raise facts.unusable("rope.scaling.beta_fast")
    window = window_tokens(facts)
    period = 1
    if window:
        period = window_period(facts, config["num_hidden_layers"], 6)
    return config | {
        "rope_theta": _base(facts, "rope.freq_base", "rope.global.freq_base"),
        "rope_local_base_freq": _base(
            facts, "rope.freq_base_swa", "rope.local.freq_base", default=10000
        ),
        "query_pre_attn_scalar": _query_scalar(config, _LAYERS_OF_GEMMA3_27B),
        "sliding_window": window or config["max_position_embeddings"],
        "sliding_window_pattern": period,
    }


def _base(
    facts: Facts, key: str, of_ollama: str, *, default: float | None = None
) -> float:
    """A base of RoPE, which Ollama's converter calls otherwise."""
    found = key if facts.value(key) is not None else of_ollama
    base = facts.number(found, default)
    if base <= 1:
        raise facts.unusable(found)
    return base


def _softcapping(facts: Facts, key: str, default: float) -> float:
    value = facts.number(key, default)
    if value <= 0:
        raise facts.unusable(key)
    return value


def _query_scalar(config: Config, layers_of_27b: int) -> int:
    """What queries are divided by the root of."""
    if config["num_hidden_layers"] == layers_of_27b:
        return int(config["hidden_size"] // config["num_attention_heads"])
    return int(config["head_dim"])


def _weights(config: Config) -> Iterator[Weight]:
    hidden, kind = config["hidden_size"], config["model_type"]
    yield from around(config, added=_ADDED)
    for block in layers(config):
        norms = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
        if kind != "gemma":
            norms |= {
                "post_attention_norm": "post_attention_layernorm",
                "ffn_norm": "pre_feedforward_layernorm",
                "post_ffw_norm": "post_feedforward_layernorm",
            }
        for source, name in norms.items():
            yield from block.norm(source, name, hidden, added=_ADDED)
        yield from attention(block, config)
        if kind == "gemma3_text":
            for part in "qk":
                yield from block.norm(
                    f"attn_{part}_norm",
                    f"self_attn.{part}_norm",
                    config["head_dim"],
                    added=_ADDED,
                )
        yield from gated_mlp(block, config)


GEMMA = Architecture(
    name="gemma", describe=_describe_gemma, weights=_weights, overflows_f16=True
)
GEMMA2 = Architecture(
    name="gemma2", describe=_describe_gemma2, weights=_weights, overflows_f16=True
)
GEMMA3 = Architecture(
    name="gemma3", describe=_describe_gemma3, weights=_weights, overflows_f16=True
)
