"""Which architectures of GGUF files become models of mlx-lm, and how each does.

How to add an architecture. It takes a module of 20 to 60 lines here and a test:

1. Find out what llama.cpp's converter writes (`general.architecture`, the facts, the
   names of the tensors, whether rows of queries and keys are permuted, whether
   something is added to norms) and what mlx-lm's model of it needs (`ModelArgs`, the
   names of its parameters as they are after `sanitize`).
2. Write `describe(facts)`: `common.common_config` gives what most configs have in
   common, `Facts` reads the rest and refuses absurd values. A fact that changes the
   model and that nobody asks for refuses the file by itself (`Facts.refuse_unread`),
   and so must what mlx-lm has no words for.
3. Write `weights(config)`, the table: it yields a `Weight` for each weight of mlx-lm's
   model, put together of `blocks` (`around`, `layers`, `attention`, `gated_mlp`,
   `gated_experts`, or `Block.linear`, `.norm`, `.vector`, `.experts` one by one).
   Tensors of the file that no row of the table takes refuse the file, but for those
   that `Architecture.unused` names.
4. Make an `Architecture` of the two, with `overflows_f16` where 16-bit floats are
   known to be too small for it, and name it in `_MODULES` below.
5. Test it in tests/convert/gguf/architectures with `harness.assert_same_logits`: a
   small random model of mlx-lm, written as llama.cpp's converter would write it, must
   come back with the same logits. The test names tensors by the `gguf` package, not by
   the table.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from mlxtui.convert.gguf.architectures.architecture import Architecture
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.recipes import FloatType

__all__ = ["KNOWN", "Architecture", "architecture_of", "float_type"]

# The module of each architecture, and the name of the `Architecture` in it.
_MODULES: Mapping[str, tuple[str, str]] = {
    "llama": ("llama", "LLAMA"),
    "llama4": ("llama4", "LLAMA4"),
    "mistral3": ("mistral3", "MISTRAL3"),
    "qwen2": ("qwen", "QWEN2"),
    "qwen2moe": ("qwen", "QWEN2MOE"),
    "qwen2vl": ("qwen", "QWEN2VL"),
    "qwen25vl": ("qwen", "QWEN25VL"),
    "qwen3": ("qwen", "QWEN3"),
    "qwen3moe": ("qwen", "QWEN3MOE"),
    "qwen3vl": ("qwen", "QWEN3VL"),
    "qwen3vlmoe": ("qwen", "QWEN3VLMOE"),
    "smollm3": ("smollm3", "SMOLLM3"),
    "seed_oss": ("seed_oss", "SEED_OSS"),
    "exaone": ("llama", "EXAONE"),
    "internlm2": ("llama", "INTERNLM2"),
    "baichuan": ("llama", "BAICHUAN"),
    "xverse": ("llama", "XVERSE"),
    "minicpm": ("minicpm", "MINICPM"),
    "ernie4_5": ("ernie", "ERNIE"),
    "nemotron": ("nemotron", "NEMOTRON"),
    "glm4moe": ("chosen_experts", "GLM4_MOE"),
    "dots1": ("chosen_experts", "DOTS1"),
    "deepseek2": ("deepseek", "DEEPSEEK"),
    "minimax-m2": ("minimax", "MINIMAX"),
    "phi2": ("phi", "PHI2"),
    "phi3": ("phi", "PHI3"),
    "phimoe": ("phi", "PHIMOE"),
    "gemma": ("gemma", "GEMMA"),
    "gemma2": ("gemma", "GEMMA2"),
    "gemma3": ("gemma", "GEMMA3"),
    "gemma4": ("gemma4", "GEMMA4"),
    "starcoder2": ("starcoder2", "STARCODER2"),
    "olmo2": ("olmo", "OLMO2"),
    "olmoe": ("olmo", "OLMOE"),
    "granite": ("granite", "GRANITE"),
    "granitemoe": ("granite", "GRANITE_MOE"),
    "gpt-oss": ("gpt_oss", "GPT_OSS"),
    "command-r": ("cohere", "COMMAND_R"),
    "cohere2": ("cohere", "COHERE2"),
    "glm4": ("glm4", "GLM4"),
    "stablelm": ("stablelm", "STABLELM"),
    "hunyuan-dense": ("hunyuan", "HUNYUAN_DENSE"),
    "exaone4": ("exaone4", "EXAONE4"),
    "lfm2": ("lfm2", "LFM2"),
    "lfm2moe": ("lfm2", "LFM2_MOE"),
}

KNOWN: tuple[str, ...] = tuple(sorted(_MODULES))
"""What `general.architecture` may be."""


def architecture_of(facts: Mapping[str, Any]) -> Architecture:
    """The architecture of a file.

    Args:
        facts: All of the file's facts, by their whole names.

    Raises:
        ModelRefused: It is none of those known, which the hint lists.
    """
    name = facts.get("general.architecture")
    if isinstance(name, str) and name in _MODULES:
        return _architecture(name)
    if not isinstance(name, str) or not name:
        message = _("The file does not say {key}.").format(key="general.architecture")
    else:
        message = _("There is no way yet from a GGUF file of {name} to MLX.").format(
            name=one_line(name[:80])
        )
    raise ModelRefused(
        message,
        hint=_("Known architectures: {names}").format(names=", ".join(KNOWN)),
    )


@cache
def _architecture(name: str) -> Architecture:
    module, variable = _MODULES[name]
    found = getattr(importlib.import_module(f"{__name__}.{module}"), variable)
    assert isinstance(found, Architecture)
    return found


def float_type(
    architecture: Architecture, tensors: Mapping[str, GgufTensor]
) -> FloatType:
    """The type of the new model's floats.

    Args:
        tensors: Those of the file, by name.

    Returns:
        float32 or bfloat16 where most weights are stored so, bfloat16 also where the
        architecture needs its range, else float16.
    """
    sizes: dict[str, int] = {}
    for tensor in tensors.values():
        if len(tensor.shape) > 1:
            known = sizes.get(tensor.type_name, 0)
            sizes[tensor.type_name] = known + tensor.size
    most = max(sizes, key=lambda name: sizes[name], default="")
    if most == "F32":
        return "float32"
    if most == "BF16" or architecture.overflows_f16:
        return "bfloat16"
    return "float16"
