"""Mistral's later models: Ministral 3, and the text half of Mistral Small 3.1."""

from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.llama import describe_llama, llama_weights


def _describe(facts: Facts) -> dict[str, Any]:
    config = describe_llama(facts)
    beta = facts.number("attention.temperature_scale", 0)
    if not beta:
        return config
    scaling = config.pop("rope_scaling") or {}
    has_bias = config.pop("attention_bias") or config.pop("mlp_bias")
    if scaling.get("rope_type") != "yarn" or has_bias:
        raise facts.unusable("attention.temperature_scale")
    # Queries grow with the logarithm of the position, as in Llama 4.
    return config | {
        "model_type": "ministral3",
        "attention_bias": False,
        "mlp_bias": False,
        "rope_parameters": scaling
        | {"rope_theta": config["rope_theta"], "llama_4_scaling_beta": beta},
    }


MISTRAL3 = Architecture(name="mistral3", describe=_describe, weights=llama_weights)
