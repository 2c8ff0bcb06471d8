"""What a model's context takes in memory, by its config: the caches of mlx-lm's models.

Each architecture that makes caches of its own (`make_cache` in mlx-lm's code) has its
rule in `cache_rules`, or none, and then nothing is said. All others keep keys and
values of every layer for the whole context.
"""

from collections.abc import Mapping
from typing import Any

from mlxtui.convert import architectures
from mlxtui.convert.cache_layers import all_full, elements, heads
from mlxtui.convert.cache_rules import RULES
from mlxtui.convert.config_file import count, text_config
from mlxtui.plans import CacheShape


def cache_shape(config: Mapping[str, Any]) -> CacheShape | None:
    """The cache of a model with this config; None where it does not tell enough."""
    try:
        return _shape(config)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None  # values that no model has


def _shape(config: Mapping[str, Any]) -> CacheShape | None:
    text = text_config(config)
    model_type = architectures.module_name(str(text.get("model_type")))
    if not architectures.is_supported(model_type):
        model_type = architectures.module_name(str(config.get("model_type")))
    if not architectures.is_supported(model_type):
        return None
    if rule := RULES.get(model_type):
        return rule(text)
    if architectures.mentions(model_type, "def make_cache"):
        return None
    latent = _latent_elements(text)
    if latent is not None and architectures.mentions(model_type, "kv_latent"):
        return all_full(text, latent)
    if latent is not None:
        return all_full(text, _unfolded_latent_elements(text))
    return all_full(text, elements(text))


def _latent_elements(text: Mapping[str, Any]) -> int | None:
    """Of multi-head latent attention, kept folded: DeepSeek V3 and its heirs."""
    rank, rope = count(text, "kv_lora_rank"), count(text, "qk_rope_head_dim")
    return rank + rope if rank and rope else None


def _unfolded_latent_elements(text: Mapping[str, Any]) -> int | None:
    """Of multi-head latent attention where keys and values are kept: DeepSeek V2."""
    number = heads(text)
    rope, plain = count(text, "qk_rope_head_dim"), count(text, "qk_nope_head_dim")
    values = count(text, "v_head_dim")
    if values is None and number:
        values = (count(text, "hidden_size") or 0) // number  # MiniCPM 3
    if not (number and rope and plain and values):
        return None
    return number * (rope + plain + values)
