"""What a recipe does to each layer: as mlx-lm's `convert` decides it."""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten, tree_map_with_path, tree_unflatten
from mlx_lm.convert import mixed_quant_predicate_builder
from mlx_lm.models.mla import MultiLinear, QuantizedMultiLinear
from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear
from mlx_lm.utils import compute_bits_per_weight, get_total_parameters

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.inference.making.opened import Arrays, OpenedModel
from mlxtui.recipes import Quantization, Recipe

Layers = Mapping[str, Quantization | None]
"""For the path of a layer how it is packed; None leaves it in float."""

Packing = dict[str, Any]
"""`bits`, `group_size` and `mode`, as `mlx.core.quantize` takes them."""

_FLOAT_TYPES = {
    "float16": mx.float16, "bfloat16": mx.bfloat16, "float32": mx.float32,
}  # fmt: skip

# A packed layer's class to that of the same layer in float.
_UNPACKED: dict[type, Callable[..., nn.Module]] = {
    nn.QuantizedLinear: nn.Linear,
    nn.QuantizedEmbedding: nn.Embedding,
    QuantizedSwitchLinear: SwitchLinear,
    QuantizedMultiLinear: MultiLinear,
}


@dataclass(slots=True)
class Decisions:
    """What becomes of a model, layer by layer."""

    config: dict[str, Any]
    """The contents of the new `config.json`."""
    keep_vision_config: bool
    parameters: Arrays
    """The new weights, unevaluated: their names, shapes and types, in mlx-lm's
    order."""
    casts: dict[str, mx.Dtype]
    """Weights of the source that get another type."""
    unpacked: dict[str, Packing] = field(default_factory=dict)
    """Layers of the source that are unpacked, and how they are packed."""
    packed: dict[str, Packing] = field(default_factory=dict)
    """Layers that are packed, and how."""
    kept_in_float: tuple[str, ...] = ()
    """Layers that the recipe wanted to pack and that cannot be."""
    parameter_count: int = 0
    bits_per_weight: float = 0.0


def decide(
    opened: OpenedModel, recipe: Recipe, layers: Layers, *, packs_all_anew: bool = False
) -> Decisions:
    """Change an opened model's network into what is to be made; nothing is computed.

    Args:
        packs_all_anew: Of a source of which only a part is packed, that part, too.

    Raises:
        ModelRefused: A packed layer cannot be unpacked, or the recipe does not suit
            the architecture.
    """
    network: Any = opened.network
    decisions = Decisions(
        config=copy.deepcopy(opened.config),
        keep_vision_config="vision_tower" in getattr(network, "model", {}),
        parameters={},
        casts=_cast(network, recipe),
    )
    choice = _Choice(network, recipe, layers)
    # A source of which only a part is packed (gpt-oss: its experts) keeps that part, as
    # with mlx-lm; only what is packed as a whole is packed anew.
    is_packed_anew = recipe.quantizes and (
        packs_all_anew or bool(layers) or not choice.suits_any()
    )
    if recipe.dequantize or is_packed_anew:
        decisions.unpacked = _unpack(network)
        decisions.config.pop("quantization", None)
        decisions.config.pop("quantization_config", None)
        # What was unpacked is cast like everything else.
        decisions.casts |= _cast(network, recipe)
    if recipe.quantizes:
        _pack(network, choice, decisions)
    flat: Any = tree_flatten(network.parameters())
    decisions.parameters = dict(flat)
    decisions.parameter_count = int(get_total_parameters(network))
    decisions.bits_per_weight = float(compute_bits_per_weight(network))
    return decisions


def _cast(network: Any, recipe: Recipe) -> dict[str, mx.Dtype]:
    if recipe.float_type is None:
        return {}
    dtype = _FLOAT_TYPES[recipe.float_type]
    may_be_cast = getattr(network, "cast_predicate", lambda _path: True)
    casts: dict[str, mx.Dtype] = {}

    def cast(path: str, array: mx.array) -> mx.array:
        if (
            may_be_cast(path)
            and mx.issubdtype(array.dtype, mx.floating)
            and array.dtype != dtype
        ):
            casts[path] = dtype
            return array.astype(dtype)
        return array

    network.update(tree_map_with_path(cast, network.parameters()))
    return casts


def _unpack(network: Any) -> dict[str, Packing]:
    """Put layers in float in the place of packed ones."""
    unpacked: dict[str, Packing] = {}
    replacements = []
    for path, module in network.named_modules():
        if "scales" not in module:
            continue
        make = _UNPACKED.get(type(module))
        if make is None or module.get("global_scale") is not None:
            raise ModelRefused(
                _("The layer {name} ({kind}) cannot be unpacked.").format(
                    name=path, kind=type(module).__name__
                ),
                hint=_("Take the model's original weights as the source."),
            )
        packing = {
            "group_size": module.group_size,
            "bits": module.bits,
            "mode": module.mode,
        }
        weight = mx.dequantize(
            module.weight, module.scales, module.get("biases"), **packing
        )
        has_bias = "bias" in module
        options = {"bias": has_bias} if make in (nn.Linear, SwitchLinear) else {}
        layer = make(*weight.shape[::-1], **options)
        layer.weight = weight
        if has_bias:
            layer.bias = module.bias
        unpacked[path] = packing
        replacements.append((path, layer))
    if replacements:
        tree: Any = tree_unflatten(replacements)
        network.update_modules(tree)
    return unpacked


class _Choice:
    """Which layers a recipe packs, and how."""

    def __init__(self, network: Any, recipe: Recipe, layers: Layers) -> None:
        self._network = network
        self._layers = layers
        self.usual = _packing(_usual(recipe, layers))
        self._by_model = (
            _wanted_by_model(network, recipe, self.usual["group_size"])
            if recipe.quantizes
            else lambda _path, _module: False
        )

    def wanted(self, path: str, module: Any) -> bool | Packing:
        """Whether a layer should be packed; how, where it is not the usual way."""
        if not hasattr(module, "to_quantized"):
            return False
        if path in self._layers:
            own = self._layers[path]
            if own is None:
                return False
            return True if _packing(own) == self.usual else _packing(own)
        return self._by_model(path, module)

    def suits(self, path: str, module: Any, wanted: bool | Packing) -> bool:
        """Whether the groups fill the layer's rows."""
        own = wanted if isinstance(wanted, dict) else self.usual
        sizes = {own["group_size"]}
        if path not in self._layers:
            # mlx-lm goes by the usual group size, too.
            sizes.add(self.usual["group_size"])
        return all(module.weight.shape[-1] % size == 0 for size in sizes)

    def suits_any(self) -> bool:
        """Whether there is a layer in float to be packed."""
        return any(
            (wanted := self.wanted(path, module)) and self.suits(path, module, wanted)
            for path, module in self._network.named_modules()
        )


def _pack(network: Any, choice: _Choice, decisions: Decisions) -> None:
    is_packed_in_part = "quantization" in decisions.config
    entries: Packing = decisions.config.get("quantization") or dict(choice.usual)
    kept: list[str] = []

    def choose(path: str, module: Any) -> bool | Packing:
        wanted = choice.wanted(path, module)
        if not wanted:
            return False
        if not choice.suits(path, module, wanted):
            kept.append(path)
            return False
        own = wanted if isinstance(wanted, dict) else choice.usual
        if isinstance(wanted, dict) or is_packed_in_part:
            entries[path] = own
        decisions.packed[path] = {"mode": "affine", **own}
        return wanted

    nn.quantize(
        network,
        choice.usual["group_size"],
        choice.usual["bits"],
        mode=choice.usual["mode"],
        class_predicate=choose,
    )
    decisions.kept_in_float = tuple(kept)
    decisions.config["quantization"] = entries
    decisions.config["quantization_config"] = entries


def _usual(recipe: Recipe, layers: Layers) -> Quantization:
    """How layers are packed that nothing else is said of."""
    if recipe.quantization is not None:
        usual = recipe.quantization
    else:
        own = Counter(each for each in layers.values() if each is not None)
        usual = own.most_common(1)[0][0] if own else Quantization()
    if recipe.mixed is not None:
        return Quantization(bits=4, group_size=usual.group_size)
    return usual


def _packing(quantization: Quantization) -> Packing:
    return {
        "group_size": quantization.group_size,
        "bits": quantization.bits,
        "mode": quantization.mode,
    }


def _wanted_by_model(
    network: Any, recipe: Recipe, group_size: int
) -> Callable[[str, nn.Module], bool | Packing]:
    if recipe.mixed is not None:
        try:
            mixed: Any = mixed_quant_predicate_builder(
                recipe.mixed, network, group_size
            )
        except ValueError as error:
            raise ModelRefused(
                _("The recipe {recipe} does not suit this architecture.").format(
                    recipe=recipe.mixed
                ),
                hint=_("Choose one number of bits for all layers."),
            ) from error
        return mixed  # type: ignore[no-any-return]
    own: Any = getattr(network, "quant_predicate", None)
    return own if own is not None else lambda _path, _module: True
