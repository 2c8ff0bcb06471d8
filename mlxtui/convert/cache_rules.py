"""How the architectures of mlx-lm that make caches of their own fill them."""

from collections.abc import Callable, Mapping

from mlxtui.convert import cache_states
from mlxtui.convert.cache_layers import (
    ELEMENT_BYTES,
    Config,
    Layers,
    all_full,
    elements,
    every,
    layer_count,
    typed,
    windowed,
)
from mlxtui.convert.config_file import count
from mlxtui.plans import CacheShape


def _by_types(
    default_period: int | None = None, default_window: int | None = None
) -> Callable[[Config], CacheShape | None]:
    """A rule for models that say their `layer_types`.

    Args:
        default_period: Without them, every so many layers one is full; 1 is all.
    """

    def rule(text: Config) -> CacheShape | None:
        total = layer_count(text)
        layers = typed(text.get("layer_types")) or every(total, default_period)
        window = count(text, "sliding_window") or default_window
        return windowed(layers, elements(text), window)

    return rule


def _gemma3(text: Config) -> CacheShape | None:
    layers = every(layer_count(text) or 26, count(text, "sliding_window_pattern") or 6)
    groups = count(text, "num_key_value_heads") or 1
    of_one = 2 * groups * (count(text, "head_dim") or 256)
    return windowed(layers, of_one, count(text, "sliding_window") or 512)


def _cohere2(text: Config) -> CacheShape | None:
    layers = every(layer_count(text), count(text, "sliding_window_pattern") or 4)
    return windowed(layers, elements(text), count(text, "sliding_window") or 4096)


def _exaone4(text: Config) -> CacheShape | None:
    total, pattern = layer_count(text), text.get("sliding_window_pattern")
    if not total:
        return None
    if not isinstance(pattern, str) or not pattern:
        return all_full(text, elements(text))
    local = sum(pattern[index % len(pattern)] == "L" for index in range(total))
    return windowed(
        Layers(total - local, local), elements(text),
        count(text, "sliding_window"),
    )  # fmt: skip


def _gemma3n(text: Config) -> CacheShape | None:
    total, shared = layer_count(text), text.get("num_kv_shared_layers", 0)
    if not total or type(shared) is not int or not 0 <= shared < total:
        return None
    layers = typed(text.get("layer_types"), total - shared)
    return windowed(layers, elements(text), count(text, "sliding_window"))


def _gemma4(text: Config) -> CacheShape | None:
    total = layer_count(text) or 35
    shared = text.get("num_kv_shared_layers", 20)
    groups, length = count(text, "num_key_value_heads"), count(text, "head_dim") or 256
    if type(shared) is not int or not 0 <= shared < total or not groups:
        return None
    period = count(text, "sliding_window_pattern") or 5
    layers = typed(text.get("layer_types"), total - shared) or every(
        total - shared, period
    )
    if layers is None:
        return None
    full_groups = groups
    if text.get("attention_k_eq_v") is True:
        full_groups = count(text, "num_global_key_value_heads") or groups
    full_length = count(text, "global_head_dim") or (
        length if "global_head_dim" in text else 512
    )
    return CacheShape(
        bytes_per_token=layers.full * 2 * full_groups * full_length * ELEMENT_BYTES,
        window_bytes_per_token=layers.sliding * 2 * groups * length * ELEMENT_BYTES,
        window_tokens=count(text, "sliding_window") or 512,
    )


RULES: Mapping[str, Callable[[Config], CacheShape | None]] = {
    "llama": _by_types(default_period=1),
    "ministral3": _by_types(default_period=1),
    "gpt_oss": _by_types(default_period=2, default_window=128),
    "olmo3": _by_types(default_period=4),
    "mellum": _by_types(),
    "afmoe": _by_types(default_window=2048),
    "gemma3_text": _gemma3,
    "gemma3": _gemma3,
    "gemma3n": _gemma3n,
    "gemma4_text": _gemma4,
    "gemma4": _gemma4,
    "cohere2": _cohere2,
    "exaone4": _exaone4,
    "exaone_moe": _by_types(),
    "lfm2": cache_states.lfm2,
    "lfm2_moe": cache_states.lfm2,
    "lfm2-vl": cache_states.lfm2,
    "qwen3_next": cache_states.qwen3_next,
    "qwen3_5": cache_states.qwen3_next,
    "qwen3_5_moe": cache_states.qwen3_next,
    "granitemoehybrid": cache_states.granite_hybrid,
    "nemotron_h": cache_states.nemotron_h,
    "falcon_h1": cache_states.falcon_h1,
    "mamba": cache_states.mamba,
    "mamba2": cache_states.mamba2,
}
"""By the module of mlx-lm that loads them, from a config's part on text."""
