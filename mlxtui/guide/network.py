"""The guide's network: its sizes, and its pass with dropout for training."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import mlx.core as mx
from mlx_lm.models import llama

HEAD_SIZE: Final = 64
_LOG2_E: Final = math.log2(math.e)
CONTEXT_LENGTH: Final = 2048  # tokens; about thirty turns


@dataclass(frozen=True)
class NetworkSize:
    """Sizes of a Llama network; all multiples of 64, the quantization group."""

    hidden_size: int
    num_hidden_layers: int
    intermediate_size: int


# 2.2 million parameters with 2048 tokens. Width 256 (3.9 million) takes 1.5 times
# as long per token, and the ten minutes that a build may take already are the limit.
GUIDE_SIZE: Final = NetworkSize(192, 4, 512)


def network_config(size: NetworkSize, vocabulary_size: int) -> dict[str, Any]:
    """Returns the `config.json` of a network, without the quantization."""
    return {
        **asdict(size),
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary_size,
        "num_attention_heads": size.hidden_size // HEAD_SIZE,
        "num_key_value_heads": size.hidden_size // HEAD_SIZE,
        "head_dim": HEAD_SIZE,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT_LENGTH,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "float32",
    }


def make_network(config: dict[str, Any]) -> Any:
    """Returns a network of `mlx_lm` with fresh weights for a configuration."""
    return llama.Model(llama.ModelArgs.from_dict(config))


@mx.custom_function
def _gated(gate: mx.array, value: mx.array) -> mx.array:
    """Returns silu(gate) * value, 3.5 times faster on the CPU than in `mlx.nn`.

    On MLX's CPU build 2**x takes 0.4 of the time of e**x.
    """
    return gate * value / (1.0 + mx.power(2.0, gate * -_LOG2_E))


@_gated.vjp
def _gated_gradient(
    inputs: tuple[mx.array, mx.array], gradient: mx.array, _: mx.array
) -> tuple[mx.array, mx.array]:
    gate, value = inputs
    share = 1.0 / (1.0 + mx.power(2.0, gate * -_LOG2_E))
    scaled = gradient * share
    return scaled * value * (1.0 + gate * (1.0 - share)), scaled * gate


def hidden_states(
    network: Any, tokens: mx.array, dropout: float, key: mx.array
) -> mx.array:
    """Returns the last hidden states, with dropout on each branch.

    A dropped channel is dropped for a whole conversation: that costs 200 times
    fewer random numbers, which are slow on the CPU.

    Args:
        network: What `make_network` returned.
        tokens: int32 (conversations, length).
        dropout: Share of the channels to drop, 0 to 1.
        key: Random key of this step.

    Returns:
        float32 (conversations, length, hidden_size).
    """
    model = network.model
    keys = mx.random.split(key, 2 * len(model.layers))
    keep = 1.0 - dropout

    def dropped(branch: mx.array, number: int) -> mx.array:
        if not dropout:
            return branch
        shape = (branch.shape[0], 1, branch.shape[2])
        kept = mx.random.bernoulli(keep, shape, key=keys[number])
        return branch * (kept.astype(branch.dtype) / keep)

    state: mx.array = model.embed_tokens(tokens)
    for number, layer in enumerate(model.layers):
        seen = layer.self_attn(layer.input_layernorm(state), "causal")
        state = state + dropped(seen, 2 * number)
        normal = layer.post_attention_layernorm(state)
        gated = _gated(layer.mlp.gate_proj(normal), layer.mlp.up_proj(normal))
        thought = layer.mlp.down_proj(gated)
        state = state + dropped(thought, 2 * number + 1)
    result: mx.array = model.norm(state)
    return result
