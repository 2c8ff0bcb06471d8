"""Small random checkpoints of many architectures, in Hugging Face's form.

Random weights of mlx-lm's network, put back into the names and shapes that mlx-lm's
`sanitize` finds in the originals.
"""

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.utils import _get_classes

from tests.models import write_tokenizer

Arrays = dict[str, mx.array]

_LAYERS = 2
_EXPERTS = 3

_COMMON: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "vocab_size": 500,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "eos_token_id": 1,
}

_QWEN_EXPERTS: dict[str, Any] = {
    "num_experts": _EXPERTS,
    "num_experts_per_tok": 2,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "moe_intermediate_size": 64,
    "norm_topk_prob": True,
    "head_dim": 32,
}

_CONFIGS: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3_moe": _QWEN_EXPERTS,
    "qwen3_next": _QWEN_EXPERTS
    | {
        "linear_num_value_heads": 4,
        "linear_num_key_heads": 2,
        "linear_key_head_dim": 32,
        "linear_value_head_dim": 32,
        "linear_conv_kernel_dim": 4,
        "shared_expert_intermediate_size": 64,
        "partial_rotary_factor": 0.5,
        "full_attention_interval": 2,
    },
    "mixtral": {"num_local_experts": _EXPERTS, "num_experts_per_tok": 2},
    "gemma2": {
        "head_dim": 32,
        "query_pre_attn_scalar": 32,
        "tie_word_embeddings": True,
    },
    "gemma3_text": {
        "head_dim": 32,
        "query_pre_attn_scalar": 32,
        "sliding_window": 16,
        "sliding_window_pattern": 2,
        "rope_local_base_freq": 10000.0,
    },
    "phi3": {"pad_token_id": 0},
    "gpt_oss": {
        "num_local_experts": _EXPERTS,
        "num_experts_per_tok": 2,
        "head_dim": 32,
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "quantization_config": {"quant_method": "mxfp4"},
    },
    "granitemoe": {
        "num_local_experts": _EXPERTS,
        "num_experts_per_tok": 2,
        "attention_bias": False,
        "logits_scaling": 1.0,
        "attention_multiplier": 1.0,
        "embedding_multiplier": 1.0,
        "residual_multiplier": 1.0,
        "tie_word_embeddings": True,
    },
    "deepseek_v3": {
        "num_key_value_heads": 4,
        "moe_intermediate_size": 64,
        "n_shared_experts": 1,
        "n_routed_experts": _EXPERTS,
        "num_experts_per_tok": 2,
        "first_k_dense_replace": 1,
        "kv_lora_rank": 64,
        "q_lora_rank": 64,
        "qk_rope_head_dim": 32,
        "v_head_dim": 64,
        "qk_nope_head_dim": 64,
    },
    "gpt2": {
        "n_ctx": 64,
        "n_embd": 128,
        "n_head": 4,
        "n_layer": _LAYERS,
        "n_positions": 64,
        "layer_norm_epsilon": 1e-5,
        "num_key_value_heads": 4,
    },
    "baichuan_m1": {
        "sliding_window": 16,
        "sliding_window_layers": [],
        "conv_window": 2,
    },
}

ARCHITECTURES = tuple(_CONFIGS)


def write_checkpoint(
    folder: Path,
    model_type: str,
    *,
    dtype: mx.Dtype = mx.bfloat16,
    files: int = 1,
    in_fp8: bool = False,
    in_awq: bool = False,
    **overrides: Any,
) -> Path:
    """Write a folder as one gets it from the hub.

    Args:
        files: How many weight files the tensors are spread over.
        in_fp8: Store the matrices of DeepSeek's form in 8-bit floats with scales.
        in_awq: Store the matrices as AutoAWQ does; random ones.
    """
    folder.mkdir(parents=True)
    write_tokenizer(folder, "{{ messages }}")
    config = {"model_type": model_type} | _COMMON | _CONFIGS[model_type] | overrides
    model_class, arguments_class = _get_classes(config)
    mx.random.seed(7)
    network = model_class(arguments_class.from_dict(config))
    flat: Any = tree_flatten(network.parameters())
    tensors: Arrays = {
        name: (array + mx.random.normal(array.shape) * 0.1).astype(dtype)
        for name, array in flat
    }
    tensors = _ORIGINALS.get(model_type, dict)(tensors)
    if in_fp8:
        tensors = _in_fp8(tensors)
    if in_awq:
        tensors = _in_awq(tensors)
        quantization = {"quant_method": "awq", "bits": 4, "group_size": 64}
        config["quantization_config"] = quantization
    save(folder, tensors, files)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text('{"eos_token_id": [1, 2]}')
    return folder


def save(folder: Path, tensors: Arrays, files: int = 1) -> None:
    """Write tensors into one file, or spread over several."""
    names = sorted(tensors)
    per_file = math.ceil(len(names) / files)
    for number in range(files):
        part = names[number * per_file : (number + 1) * per_file]
        name = f"model-{number + 1:05d}-of-{files:05d}.safetensors"
        mx.save_safetensors(
            str(folder / (name if files > 1 else "model.safetensors")),
            {each: tensors[each] for each in part},
            metadata={"format": "pt"},
        )


def _experts_apart(
    tensors: Arrays, stacked: str, names: Iterable[tuple[str, str]]
) -> Arrays:
    """One matrix for each expert, in the place of stacks of them."""
    apart: Arrays = {}
    renamed = dict(names)
    for name, array in tensors.items():
        layer, found, rest = name.partition(stacked)
        if not found:
            apart[name] = array
            continue
        projection = rest.removesuffix(".weight")
        for expert, matrix in enumerate(array):
            own = renamed[projection]
            apart[f"{layer}experts.{expert}.{own}.weight"] = matrix
    return apart


def _same_names(*names: str) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


_PROJECTIONS = ("gate_proj", "up_proj", "down_proj")


def _qwen_experts(tensors: Arrays) -> Arrays:
    return _experts_apart(tensors, "switch_mlp.", _same_names(*_PROJECTIONS))


def _qwen3_next(tensors: Arrays) -> Arrays:
    tensors = _qwen_experts(tensors)
    return {
        name: array.moveaxis(1, 2) if "conv1d" in name else array
        for name, array in tensors.items()
    }


def _mixtral(tensors: Arrays) -> Arrays:
    names = [("gate_proj", "w1"), ("down_proj", "w2"), ("up_proj", "w3")]
    return _experts_apart(tensors, "switch_mlp.", names)


def _granitemoe(tensors: Arrays) -> Arrays:
    fused: Arrays = {}
    for name, array in tensors.items():
        if "switch_mlp.gate_proj" in name:
            up = tensors[name.replace("gate_proj", "up_proj")]
            key = name.replace("switch_mlp.gate_proj", "input_linear")
            fused[key] = mx.concatenate([array, up], axis=1)
        elif "switch_mlp.up_proj" not in name:
            fused[name.replace("switch_mlp.down_proj", "output_linear")] = array
    return fused


def _gpt_oss(tensors: Arrays) -> Arrays:
    """Gate and up woven into each other, packed in mxfp4 blocks of 16 bytes."""
    packed: Arrays = {}
    for name, array in tensors.items():
        layer, _dot, part = name.rpartition(".")
        if ".experts.up_proj" in name:
            continue
        if ".experts.gate_proj" in name:
            up = tensors[name.replace("gate_proj", "up_proj")]
            array = mx.stack([array, up], axis=2).flatten(1, 2)
            layer = layer.replace("gate_proj", "gate_up_proj")
        elif ".experts.down_proj" not in name:
            packed[name] = array
            continue
        if part == "bias":
            packed[f"{layer}_bias"] = array
        else:
            codes, scales, *_no_biases = mx.quantize(array, mode="mxfp4")
            packed[f"{layer}_blocks"] = mx.unflatten(codes.view(mx.uint8), -1, (-1, 16))
            packed[f"{layer}_scales"] = scales
    return packed


def _deepseek_v3(tensors: Arrays) -> Arrays:
    tensors = _qwen_experts(tensors)
    for layer in range(_LAYERS):
        prefix = f"model.layers.{layer}.self_attn"
        keys = tensors.pop(f"{prefix}.embed_q.weight").swapaxes(-1, -2)
        values = tensors.pop(f"{prefix}.unembed_out.weight")
        both = mx.concatenate([keys, values], axis=1)
        tensors[f"{prefix}.kv_b_proj.weight"] = both.flatten(0, 1)
    # Of the part for several tokens at once, which mlx-lm drops.
    tensors["model.layers.61.norm.weight"] = mx.ones((4,))
    return tensors


def _gpt2(tensors: Arrays) -> Arrays:
    """Matrices the other way round, and the causal mask among the weights."""
    turned = {
        name.removeprefix("model."): array.T
        if array.ndim == 2 and ".h." in name
        else array
        for name, array in tensors.items()
    }
    return turned | {"h.0.attn.bias": mx.ones((1, 1, 64, 64))}


def _in_fp8(tensors: Arrays) -> Arrays:
    """Matrices as 8-bit floats, with a scale for each block of 128 x 128."""
    packed: Arrays = {}
    for name, array in tensors.items():
        if array.ndim != 2 or "proj" not in name:
            packed[name] = array
            continue
        blocks = [math.ceil(length / 128) for length in array.shape]
        scales = mx.random.uniform(0.5, 2.0, blocks)
        packed[name] = mx.to_fp8(array)
        packed[f"{name}_scale_inv"] = scales
    return packed


def _in_awq(tensors: Arrays) -> Arrays:
    """4 bits, eight in a word, inputs before outputs, with zero points."""
    packed: Arrays = {}
    for name, array in tensors.items():
        if array.ndim != 2 or "proj" not in name:
            packed[name] = array
            continue
        layer, (outputs, inputs) = name.removesuffix(".weight"), array.shape
        packed[f"{layer}.qweight"] = _random_words(inputs, outputs // 8)
        packed[f"{layer}.qzeros"] = _random_words(inputs // 64, outputs // 8)
        scales = mx.random.uniform(0.01, 0.1, (inputs // 64, outputs))
        packed[f"{layer}.scales"] = scales.astype(mx.float16)
    return packed


def _random_words(*shape: int) -> mx.array:
    return mx.random.randint(0, 2**31 - 1, shape).astype(mx.int32)


_ORIGINALS: dict[str, Callable[[Arrays], Arrays]] = {
    "qwen3_moe": _qwen_experts,
    "qwen3_next": _qwen3_next,
    "mixtral": _mixtral,
    "granitemoe": _granitemoe,
    "gpt_oss": _gpt_oss,
    "deepseek_v3": _deepseek_v3,
    "gpt2": _gpt2,
}
