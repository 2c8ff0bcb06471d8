"""What a config says of a model's layers, and what keys and values of them take."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mlxtui.convert.config_file import count
from mlxtui.plans import CacheShape

# Weights are 16-bit, and so are keys and values.
ELEMENT_BYTES = 2

Config = Mapping[str, Any]


class Layers(NamedTuple):
    """How many layers of each kind."""

    full: int
    sliding: int = 0
    fixed: int = 0


def layer_count(text: Config) -> int | None:
    """How many layers it has."""
    return count(text, "num_hidden_layers", "n_layer", "n_layers", "num_layers")


def heads(text: Config) -> int | None:
    """Heads of its attention."""
    return count(text, "num_attention_heads", "n_head", "n_heads")


def elements(text: Config) -> int | None:
    """Elements of one token's keys and values in one layer."""
    if isinstance(text.get("num_kv_heads"), list):
        return None  # OpenELM: each layer has its own
    number = heads(text)
    attention = text.get("attn_config")
    inner = attention if isinstance(attention, dict) else {}
    groups = (
        count(text, "num_key_value_heads", "num_kv_heads", "n_head_kv")
        or count(inner, "kv_n_heads")
        or (1 if text.get("multi_query") is True else number)
    )
    width = count(text, "hidden_size", "n_embd", "d_model", "model_dim")
    length = count(text, "head_dim")
    if length is None and number and width:
        length = width // number
    return 2 * groups * length if groups and length else None


def all_full(text: Config, of_one: int | None) -> CacheShape | None:
    """A model whose layers all see the whole context.

    Args:
        of_one: Elements of one token in one layer.
    """
    layers = layer_count(text)
    if not layers or not of_one:
        return None
    return CacheShape(bytes_per_token=layers * of_one * ELEMENT_BYTES)


def windowed(
    layers: Layers | None, of_one: int | None, window: int | None
) -> CacheShape | None:
    """Layers of which some see a window only."""
    if layers is None or not of_one or (layers.sliding and not window):
        return None
    return CacheShape(
        bytes_per_token=layers.full * of_one * ELEMENT_BYTES,
        window_bytes_per_token=layers.sliding * of_one * ELEMENT_BYTES,
        window_tokens=window or 0,
    )


def typed(types: Any, total: int | None = None) -> Layers | None:
    """Layers counted by a config's `layer_types`."""
    if not isinstance(types, list) or not types:
        return None
    types = types[:total]
    full = sum(kind in ("full_attention", "attention") for kind in types)
    sliding = types.count("sliding_attention")
    return Layers(full, sliding, len(types) - full - sliding)


def every(total: int | None, period: int | None) -> Layers | None:
    """Every so many layers one sees the whole context."""
    if not total or not period:
        return None
    return Layers(total // period, total - total // period)
