"""What a context takes in memory: compared with the caches that mlx-lm fills."""

from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.utils import _get_classes

from mlxtui.convert.cache_shape import cache_shape

_TOKENS = 512  # a multiple of the step in which the caches grow
_WINDOW = 64

_BASE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 64,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}
_LATENT = {
    "num_key_value_heads": 4, "kv_lora_rank": 32, "q_lora_rank": 24,
    "qk_rope_head_dim": 16, "qk_nope_head_dim": 24, "v_head_dim": 40,
    "moe_intermediate_size": 32, "n_routed_experts": None, "first_k_dense_replace": 4,
}  # fmt: skip
_EXPERTS = {
    "num_experts": 0, "num_experts_per_tok": 1, "moe_intermediate_size": 32,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [], "norm_topk_prob": True,
    "shared_expert_intermediate_size": 32,
}  # fmt: skip
_LINEAR = {
    "head_dim": 16, "full_attention_interval": 2, "partial_rotary_factor": 0.5,
    "linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 32,
    "linear_value_head_dim": 16, "linear_conv_kernel_dim": 4,
}  # fmt: skip
_SLIDING_TYPES = ["sliding_attention", "full_attention"] * 2

_CONFIGS: dict[str, dict[str, Any]] = {
    "llama": {},
    "llama with windows": {
        "model_type": "llama", "layer_types": _SLIDING_TYPES,
        "sliding_window": _WINDOW,
    },
    "mistral": {"sliding_window": _WINDOW},
    "qwen2": {"sliding_window": _WINDOW, "use_sliding_window": False},
    "qwen3": {"head_dim": 32},
    "gemma": {"head_dim": 48, "rope_traditional": False},
    "gemma2": {
        "head_dim": 48, "sliding_window": _WINDOW, "query_pre_attn_scalar": 48,
        "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
    },
    "gemma3_text": {
        "head_dim": 48, "sliding_window": _WINDOW, "sliding_window_pattern": 2,
        "query_pre_attn_scalar": 48,
    },
    "gemma3": {
        "vocab_size": 64, "vision_config": {"x": 1},
        "text_config": _BASE | {
            "model_type": "gemma3_text", "head_dim": 16, "sliding_window": _WINDOW,
            "sliding_window_pattern": 4, "query_pre_attn_scalar": 16,
        },
    },
    "gemma4_text": {
        "head_dim": 16, "global_head_dim": 32, "sliding_window": _WINDOW,
        "num_kv_shared_layers": 1, "num_hidden_layers": 5,
        "layer_types": ["sliding_attention", "full_attention"] * 2
        + ["full_attention"],
        "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": 64,
    },
    "cohere2": {
        "head_dim": 16, "sliding_window": _WINDOW, "layer_norm_eps": 1e-5,
        "layer_norm_bias": False, "logit_scale": 1.0,
    },
    "exaone4": {
        "head_dim": 16, "sliding_window": _WINDOW, "sliding_window_pattern": "LLLG",
        "rope_scaling": None,
    },
    "gpt_oss": {
        "head_dim": 16, "sliding_window": _WINDOW, "num_local_experts": 2,
        "num_experts_per_tok": 1,
    },
    "olmo3": {"sliding_window": _WINDOW, "rope_scaling": None, "head_dim": 16},
    "deepseek_v2": _LATENT | {
        "rope_scaling": {
            "type": "yarn", "factor": 2, "original_max_position_embeddings": 64,
            "mscale": 1.0, "mscale_all_dim": 1.0, "beta_fast": 32, "beta_slow": 1,
        },
    },
    "deepseek_v3": _LATENT,
    "minicpm3": _LATENT | {
        "v_head_dim": None,
        "dim_model_base": 64, "scale_depth": 1.0, "scale_emb": 1,
        "rope_scaling": {
            "type": "longrope", "original_max_position_embeddings": 64,
            "long_factor": 1, "short_factor": 1,
        },
    },
    "mixtral": {"num_local_experts": 2, "num_experts_per_tok": 1},
    "phi3": {},
    "gpt2": {
        "num_hidden_layers": None, "num_attention_heads": None,
        "num_key_value_heads": None, "n_embd": 64, "n_head": 4, "n_layer": 3,
        "n_ctx": 64, "n_positions": 1024,
        "layer_norm_epsilon": 1e-5,
    },
    "qwen3_next": _LINEAR | _EXPERTS,
    "qwen3_5": {"text_config": _BASE | _LINEAR | {"model_type": "qwen3_5_text"}},
    "lfm2": {
        "norm_eps": 1e-5, "conv_bias": False, "conv_L_cache": 3, "block_dim": 64,
        "block_multiple_of": 16, "block_ffn_dim_multiplier": 1.0,
        "block_auto_adjust_ff_dim": False,
        "layer_types": ["conv", "full_attention", "conv", "full_attention"],
    },
    "mamba": {
        "state_size": 8, "conv_kernel": 4, "use_bias": False, "use_conv_bias": True,
        "time_step_rank": 4,
    },
    "mamba2": {
        "num_heads": 4, "head_dim": 32, "state_size": 16, "conv_kernel": 4,
        "n_groups": 1, "use_bias": False, "use_conv_bias": True,
        "layer_norm_epsilon": 1e-5, "time_step_limit": (0.0, 1.0),
        "time_step_rank": 4,
    },
    "nemotron_h": {
        "hybrid_override_pattern": "M*-M", "attention_bias": False, "head_dim": 16,
        "mamba_num_heads": 4, "mamba_head_dim": 16, "mamba_proj_bias": False,
        "ssm_state_size": 16, "conv_kernel": 4, "n_groups": 1, "mlp_bias": False,
        "layer_norm_epsilon": 1e-5, "use_bias": False, "use_conv_bias": True,
    },
    "granitemoehybrid": {
        "layer_types": ["mamba", "attention", "mamba", "mamba"],
        "attention_bias": False, "embedding_multiplier": 1.0,
        "attention_multiplier": 1.0, "logits_scaling": 1.0, "residual_multiplier": 1.0,
        "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_proj_bias": False,
        "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_n_groups": 1,
        "mamba_conv_bias": True, "shared_intermediate_size": 32,
    },
    "falcon_h1": {
        "head_dim": 16, "mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16,
        "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_n_groups": 1,
    },
}  # fmt: skip


# On the CPU, MLX has products with experts for float32 only.
_WITH_EXPERTS = ("gpt_oss", "mixtral")


def _real_cache_bytes(config: dict[str, Any]) -> int:
    """The 16-bit cache of a model of this config after so many tokens."""
    has_experts = config["model_type"] in _WITH_EXPERTS
    mx.random.seed(1)
    model_class, args_class = _get_classes(config)
    network = model_class(args_class.from_dict(config))
    network.set_dtype(mx.float32 if has_experts else mx.bfloat16)
    cache = make_prompt_cache(network)
    # The last token alone: caches with a window drop what is too old only then.
    for part in (mx.zeros((1, _TOKENS - 1), mx.int32), mx.zeros((1, 1), mx.int32)):
        mx.eval(network(part, cache=cache), [layer.state for layer in cache])
    cache_bytes = sum(int(layer.nbytes) for layer in cache)
    return cache_bytes // 2 if has_experts else cache_bytes


@pytest.mark.parametrize("name", _CONFIGS)
def test_the_cache_is_as_large_as_mlx_lm_makes_it(name: str) -> None:
    config = _BASE | {"model_type": name} | _CONFIGS[name]
    shape = cache_shape(config)
    assert shape is not None
    real_bytes = _real_cache_bytes(config)
    if "mamba" in name or name in ("nemotron_h", "falcon_h1"):
        # Some of their states have the weights' type instead of float32.
        assert real_bytes <= shape.bytes_at(_TOKENS) <= real_bytes * 2
    else:
        assert shape.bytes_at(_TOKENS) == real_bytes


def test_only_what_grows_grows() -> None:
    config = _BASE | {"model_type": "gemma3_text"} | _CONFIGS["gemma3_text"]
    shape = cache_shape(config)
    assert shape is not None
    layer_bytes = 2 * 2 * 48 * 2  # keys and values, heads, their length, 16 bits
    assert shape.bytes_at(_WINDOW) == 4 * layer_bytes * _WINDOW
    grown = shape.bytes_at(_WINDOW + 100) - shape.bytes_at(_WINDOW)
    assert grown == 2 * layer_bytes * 100


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": "llama"},
        {"model_type": "no_such"},
        {"model_type": ["llama"], "num_hidden_layers": 4},
        _BASE | {"model_type": "llama", "num_hidden_layers": "many"},
        _BASE | {"model_type": "llama", "num_attention_heads": 0,
                 "num_key_value_heads": None},
        _BASE | {"model_type": "llama", "num_hidden_layers": 2**70},
        _BASE | {"model_type": "llama", "layer_types": ["sliding_attention"]},
        _BASE | {"model_type": "openelm", "num_kv_heads": [1, 2]},
        _BASE | {"model_type": "rwkv7"},
        _BASE | {"model_type": "exaone4", "sliding_window_pattern": "L"},
    ],
)  # fmt: skip
def test_a_config_that_does_not_tell_is_not_guessed(config: dict[str, Any]) -> None:
    assert cache_shape(config) is None
