"""SmolLM 3: Llama, every fourth layer of it without positions."""

from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.llama import describe_llama, llama_weights


def _describe(facts: Facts) -> dict[str, Any]:
    # Files do not say which layers; llama.cpp has the same number in its code.
    return describe_llama(facts) | {
        "model_type": "smollm3",
        "no_rope_layer_interval": 4,
    }


SMOLLM3 = Architecture(name="smollm3", describe=_describe, weights=llama_weights)
