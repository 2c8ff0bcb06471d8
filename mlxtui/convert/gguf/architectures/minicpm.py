"""MiniCPM 1 and 2: Llama with scaled embeddings, layers and logits."""

import math
from collections.abc import Iterator
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture, Config
from mlxtui.convert.gguf.architectures.common import common_config, require_even_heads
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.llama import llama_weights
from mlxtui.convert.gguf.architectures.weight import Weight

# Of MiniCPM 2B, in files older than the facts.
_EMBEDDING_SCALE, _DEPTH_SCALE, _BASE_WIDTH = 12.0, 1.4, 256


def _describe(facts: Facts) -> dict[str, Any]:
    config = common_config(facts, "minicpm")
    require_even_heads(facts, config)
    hidden, depth = config["hidden_size"], math.sqrt(config["num_hidden_layers"])
    residual = facts.number("residual_scale", _DEPTH_SCALE / depth)
    logits = facts.number("logit_scale", hidden / _BASE_WIDTH)
    if logits <= 0:
        raise facts.unusable("logit_scale")
    if config["rope_scaling"] is None:
        # transformers, which does not know this model, warns of it.
        del config["rope_scaling"]
    return config | {
        # mlx-lm has a head even where it is the embedding.
        "tie_word_embeddings": False,
        "scale_emb": facts.number("embedding_scale", _EMBEDDING_SCALE),
        "scale_depth": residual * depth,
        "dim_model_base": hidden / logits,
    }


def _weights(config: Config) -> Iterator[Weight]:
    return llama_weights({"attention_bias": False, "mlp_bias": False, **config})


MINICPM = Architecture(name="minicpm", describe=_describe, weights=_weights)
