"""Caches of models some of whose layers keep a state that does not grow."""

from typing import Any

from mlxtui.convert.cache_layers import (
    ELEMENT_BYTES,
    Config,
    all_full,
    elements,
    every,
    layer_count,
    typed,
)
from mlxtui.convert.config_file import count
from mlxtui.plans import CacheShape

# The states of linear attention and of Mamba are 32-bit.
_STATE_BYTES = 4


def lfm2(text: Config) -> CacheShape | None:
    """LFM 2: short convolutions beside attention."""
    total, width = layer_count(text), count(text, "hidden_size")
    full = text.get("full_attn_idxs")
    types = typed(text.get("layer_types"))
    attention = len(full) if isinstance(full, list) else types.full if types else None
    kernel, of_one = count(text, "conv_L_cache"), elements(text)
    if not total or not width or attention is None or not kernel or not of_one:
        return None
    fixed = (total - attention) * (kernel - 1) * width * ELEMENT_BYTES
    return CacheShape(
        bytes_per_token=attention * of_one * ELEMENT_BYTES, fixed_bytes=fixed
    )


def qwen3_next(text: Config) -> CacheShape | None:
    """Qwen 3 Next and 3.5: gated delta nets beside attention."""
    layers = every(layer_count(text), count(text, "full_attention_interval") or 4)
    key_heads = count(text, "linear_num_key_heads")
    value_heads = count(text, "linear_num_value_heads")
    key_length = count(text, "linear_key_head_dim")
    value_length = count(text, "linear_value_head_dim")
    of_one = elements(text)
    if layers is None or not of_one:
        return None
    if not (key_heads and value_heads and key_length and value_length):
        return None
    kernel = count(text, "linear_conv_kernel_dim") or 4
    mixed = 2 * key_heads * key_length + value_heads * value_length
    state = value_heads * value_length * key_length
    each = (kernel - 1) * mixed * ELEMENT_BYTES + state * _STATE_BYTES
    return CacheShape(
        bytes_per_token=layers.full * of_one * ELEMENT_BYTES,
        fixed_bytes=layers.sliding * each,
    )


def _beside_mamba2(
    text: Config, attention: int, mamba: int, names: tuple[str, str, str, str, str]
) -> CacheShape | None:
    """Attention layers beside layers of Mamba 2.

    Args:
        names: Keys of the heads, their length, the groups, the state, the kernel.
    """
    heads, length, groups, state, kernel = (count(text, name) for name in names)
    of_one = elements(text) if attention else 0
    if of_one is None or not (heads and length and groups and state and kernel):
        return None
    mixed = heads * length + 2 * groups * state
    # What the states are multiplied by is float32, and so are they.
    each = (kernel - 1) * mixed * ELEMENT_BYTES + (
        heads * length * state * _STATE_BYTES
    )
    return CacheShape(
        bytes_per_token=attention * of_one * ELEMENT_BYTES, fixed_bytes=mamba * each
    )


def granite_hybrid(text: Config) -> CacheShape | None:
    """Granite 4: Mamba 2 beside attention, or none."""
    layers = typed(text.get("layer_types"))
    if layers is None:
        return None
    if not layers.fixed:
        return all_full(text, elements(text))
    return _beside_mamba2(
        text, layers.full, layers.fixed,
        ("mamba_n_heads", "mamba_d_head", "mamba_n_groups", "mamba_d_state",
         "mamba_d_conv"),
    )  # fmt: skip


def nemotron_h(text: Config) -> CacheShape | None:
    """Nemotron H: a pattern of Mamba 2, attention and others."""
    pattern: Any = (
        text.get("hybrid_override_pattern")
        or text.get("layers_block_type")
        or text.get("layer_types")
    )
    if not isinstance(pattern, str | list):
        return None
    kinds = list(pattern)
    attention = sum(kind in ("*", "attention", "full_attention") for kind in kinds)
    mamba = sum(kind in ("M", "mamba", "linear_attention", "conv") for kind in kinds)
    return _beside_mamba2(
        text, attention, mamba,
        ("mamba_num_heads", "mamba_head_dim", "n_groups", "ssm_state_size",
         "conv_kernel"),
    )  # fmt: skip


def falcon_h1(text: Config) -> CacheShape | None:
    """Falcon H1: both in every layer."""
    total = layer_count(text) or 0
    return _beside_mamba2(
        text, total, total,
        ("mamba_n_heads", "mamba_d_head", "mamba_n_groups", "mamba_d_state",
         "mamba_d_conv"),
    )  # fmt: skip


def mamba(text: Config) -> CacheShape | None:
    """Mamba 1, without attention."""
    total, width = layer_count(text), count(text, "intermediate_size", "d_inner")
    state, kernel = count(text, "state_size", "d_state"), count(text, "conv_kernel")
    if not (total and width and state and kernel):
        return None
    each = (kernel - 1) * width * ELEMENT_BYTES + width * state * _STATE_BYTES
    return CacheShape(fixed_bytes=total * each)


def mamba2(text: Config) -> CacheShape | None:
    """Mamba 2, without attention."""
    return _beside_mamba2(
        text, 0, layer_count(text) or 0,
        ("num_heads", "head_dim", "n_groups", "state_size", "conv_kernel"),
    )  # fmt: skip
