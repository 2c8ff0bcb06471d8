"""An architecture of llama.cpp as mlx-lm knows it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.architectures.weight import Weight
from mlxtui.convert.gguf.described import Described
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.purpose import is_of_senses
from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _

Config = Mapping[str, Any]
"""A config.json, as mlx-lm reads it."""

# What `rope_settings` reads, and what old converters wrote although nobody reads it.
_NO_WEIGHTS = re.compile(
    r"(rope_freqs|rope_factors_(long|short))\.weight"
    r"|blk\.\d+\.(attn_rot_embd|attn\.rot_embd|rope_freqs)(\.weight)?"
)
_LAYER = re.compile(r"blk\.(\d+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """How files of one `general.architecture` become models of mlx-lm."""

    name: str
    """As the files say: `qwen2moe`."""
    describe: Callable[[Facts], dict[str, Any]]
    """Makes config.json; refuses what mlx-lm has no words for."""
    weights: Callable[[Config], Iterable[Weight]]
    """The table: all weights of a model with this config."""
    overflows_f16: bool = False
    """Whether its activations are known to pass 65504."""
    unused: Callable[[Config], Iterable[str]] = lambda _config: ()
    """Tensors that files may have and that mlx-lm's model leaves out."""

    def config(self, described: Described) -> dict[str, Any]:
        """The config.json of a file's model, without `quantization`.

        Raises:
            ModelRefused: A fact is missing, or cannot be brought to mlx-lm; by name.
            OSError: The file cannot be read.
        """
        facts = Facts(described)
        config = self.describe(facts)
        facts.refuse_unread()
        return config

    def tensors(self, described: Described, config: Config) -> tuple[NewTensor, ...]:
        """The weights of the new model, in the order of its layers.

        Args:
            config: What `config` gave for the same file.

        Raises:
            ModelRefused: A tensor is missing, unknown or of a wrong shape; by name.
        """
        tensors = tuple(
            weight.found(described.tensors) for weight in self.weights(config)
        )
        used = {source for tensor in tensors for source in tensor.sources}
        used.update(self.unused(config))
        layers = _layer_count(config)
        for name in described.tensors:
            if name in used or is_of_senses(name) or _NO_WEIGHTS.fullmatch(name):
                continue
            layer = _LAYER.match(name)
            if layer and int(layer[1]) >= layers and _predicts_ahead(described):
                continue
            raise ModelRefused(
                _("The file has the tensor {name}, which mlx-lm does not know.").format(
                    name=one_line(name[:80])
                ),
                hint=_("Choose another file of this model."),
            )
        return tensors


def _layer_count(config: Config) -> int:
    return int(config.get("text_config", config)["num_hidden_layers"])


def _predicts_ahead(described: Described) -> bool:
    """Whether its last layers only guess further tokens, which mlx-lm leaves out."""
    name = described.facts.get("general.architecture", "")
    return bool(described.facts.get(f"{name}.nextn_predict_layers", 0))
