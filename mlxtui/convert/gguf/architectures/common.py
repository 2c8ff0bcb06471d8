"""What most architectures' config.json has in common."""

from typing import Any

from mlxtui.convert.gguf.architectures.facts import MOST_EXPERTS, MOST_LAYERS, Facts
from mlxtui.convert.gguf.architectures.rope import rope_settings
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

EMBEDDING = "token_embd.weight"
OUTPUT = "output.weight"
QUERY_BIASES = ("attn_q.bias", "attn_qkv.bias")
"""One of these is there where the attention has biases."""


def common_config(
    facts: Facts,
    model_type: str,
    *,
    eps: str = "layer_norm_rms_epsilon",
    kv_heads: int = 0,
    is_partial: bool = False,
) -> dict[str, Any]:
    """Sizes, heads, norm, context and RoPE, under the names of most configs.

    Args:
        model_type: mlx-lm's.
        eps: The fact with the norm's epsilon, which goes to `rms_norm_eps`.
        kv_heads: Where the fact is none that all layers share; 0 takes the fact.
        is_partial: Whether only a part of a head may be rotated.

    Raises:
        ModelRefused: A fact is missing or absurd.
    """
    hidden = facts.count("embedding_length")
    heads = facts.count("attention.head_count")
    head_dim = facts.count("attention.key_length", hidden // heads)
    if facts.count("attention.value_length", head_dim) != head_dim:
        raise facts.unusable("attention.value_length")
    epsilon = facts.number(f"attention.{eps}")
    if not 0 <= epsilon < 1:
        raise facts.unusable(f"attention.{eps}")
    return {
        "model_type": model_type,
        "hidden_size": hidden,
        "num_hidden_layers": layer_count(facts),
        "intermediate_size": facts.count("feed_forward_length", 0),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads
        or facts.count("attention.head_count_kv", heads),
        "head_dim": head_dim,
        "rms_norm_eps": epsilon,
        "vocab_size": vocabulary_size(facts),
        "tie_word_embeddings": OUTPUT not in facts.tensors,
        **rope_settings(facts, head_dim, is_partial=is_partial),
    }


def layer_count(facts: Facts) -> int:
    """Layers of the model itself, without those that guess further tokens."""
    count = facts.count("block_count", most=MOST_LAYERS)
    return count - facts.count("nextn_predict_layers", 0, least=0, most=count - 1)


def expert_counts(facts: Facts) -> tuple[int, int]:
    """Experts of a layer, and those that a token goes through."""
    count = facts.count("expert_count", most=MOST_EXPERTS)
    return count, facts.count("expert_used_count", most=count)


def vocabulary_size(facts: Facts) -> int:
    """Rows of the embedding, which may be more than the tokenizer has tokens.

    Raises:
        ModelRefused: There is no embedding.
    """
    embedding = facts.tensors.get(EMBEDDING)
    if embedding is None or len(embedding.shape) != 2:
        raise ModelRefused(
            _("The file has no tensor {name}.").format(name=EMBEDDING),
            hint=_("Choose another file of this model."),
        )
    return embedding.shape[1]


def require_even_heads(facts: Facts, config: dict[str, Any]) -> None:
    """Refuse heads that do not make up the hidden size, for models that need it so.

    Raises:
        ModelRefused: They do not.
    """
    if config["head_dim"] * config["num_attention_heads"] != config["hidden_size"]:
        raise facts.unusable("attention.key_length")
