"""What a model's tensors amount to: parameters, their form, what can be packed.

A matrix may be stored as codes: MLX keeps `weight`, `scales` and `biases`, AWQ and GPTQ
`qweight`, compressed-tensors `weight_packed`, MXFP4 `…_blocks`. The codes count as the
weights that they stand for, scales and zero points do not count.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mlxtui.convert import refusals
from mlxtui.convert.safetensors_header import DTYPE_BITS, Tensor
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import WeightGroup

# What mlx.core.quantize of 0.32.4 takes.
_BITS = (1, 2, 3, 4, 5, 6, 8)
_GROUP_SIZES = (16, 32, 64, 128)

_SCALES = (
    "scales", "biases", "qzeros", "g_idx", "weight_scale", "weight_scale_inv",
    "weight_scale_2", "weight_global_scale", "input_scale", "weight_shape",
    "weight_zero_point", "input_global_scale",
)  # fmt: skip

# mlx-lm drops these parts when it loads a model's text part.
_NOT_TEXT = (
    "vision_tower.", "vision_model.", "visual.", "audio_tower.", "embed_vision.",
    "embed_audio.", "multi_modal_projector.", "model.vision_tower.", "model.visual.",
    "model.audio_tower.", "model.multi_modal_projector.", "model.embed_vision.",
    "model.embed_audio.", "model.vision_model.", "mtp.",
)  # fmt: skip


# What has less than this share of the weights makes a model a mixed one: routers and
# what could not be packed are far below the rest.
_MOST_SHARE = 0.95


class Weight(NamedTuple):
    """The weights that one tensor stands for."""

    layer: str
    parameter_count: int
    input_width: int
    """Length of its rows; 0 where they cannot be packed."""


def weights_of(
    tensors: Mapping[str, Tensor], config: Mapping[str, Any]
) -> Iterator[Weight]:
    """Every tensor that holds weights, as they are when unpacked.

    Raises:
        ModelRefused: The config says bits for a layer that cannot be.
    """
    quantization = config.get("quantization")
    quantization = quantization if isinstance(quantization, dict) else {}
    for name, tensor in tensors.items():
        layer, _dot, part = name.rpartition(".")
        factor: float = 1
        if part == "weight":
            if f"{layer}.scales" in tensors:
                factor = 32 / _bits(quantization, layer)
        elif part in _SCALES or part.endswith("_scales"):
            continue
        else:
            factor = _codes_per_element(part, tensor)
        count = tensor.size if factor == 1 else round(tensor.size * factor)
        can_be_packed = len(tensor.shape) > 1 and (
            part in ("weight", "qweight", "weight_packed") or ".experts." in name
        )
        width = round(tensor.shape[-1] * factor) if can_be_packed else 0
        yield Weight(layer if part != layer else name, count, width)


def _bits(quantization: Mapping[str, Any], layer: str) -> int:
    own = quantization.get(layer)
    bits = (own if isinstance(own, dict) else quantization).get("bits", 4)
    if type(bits) is not int or bits not in _BITS:
        raise ModelRefused(
            _("config.json says {bits} bits for {layer}, which cannot be.").format(
                bits=bits, layer=layer
            ),
            hint=_(refusals.FETCH_FILE_AGAIN),
        )
    return bits


def _codes_per_element(part: str, tensor: Tensor) -> float:
    """Weights in one element, for the four-bit forms of others."""
    if part in ("qweight", "weight_packed") or part.endswith("_blocks"):
        return DTYPE_BITS[tensor.dtype] / 4
    return 1


def text_part(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the tensors for pictures and sound, which mlx-lm leaves out."""
    return {
        name: tensor
        for name, tensor in tensors.items()
        if not name.startswith(_NOT_TEXT)
    }


def weight_groups(weights: Iterable[Weight]) -> tuple[WeightGroup, ...]:
    """The matrices by kind and width."""
    groups: dict[tuple[str, int], int] = {}
    for weight in weights:
        if weight.input_width:
            key = (weight.layer.rpartition(".")[2], weight.input_width)
            groups[key] = groups.get(key, 0) + weight.parameter_count
    return tuple(
        WeightGroup(name=name, input_width=width, parameter_count=count)
        for (name, width), count in groups.items()
    )


def storage_text(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """How the weights are stored, in the words of the field."""
    quantization = config.get("quantization")
    if not isinstance(quantization, dict):
        foreign = config.get("quantization_config")
        method = foreign.get("quant_method") if isinstance(foreign, dict) else None
        return method if isinstance(method, str) else _most_common_dtype(tensors)
    if sizes := _packed_forms(quantization, tensors):
        most = max(sizes, key=lambda form: sizes[form])
        is_mixed = sizes[most] < _MOST_SHARE * sum(sizes.values())
        return f"{most}, mixed" if is_mixed else most
    # The tensors are not known: what the config says of layers that may not be there.
    layers = [quantization, *quantization.values()]
    said = [layer.get("bits") for layer in layers if isinstance(layer, dict)]
    return _form_text(quantization, [bits for bits in _BITS if bits in said])


def _packed_forms(
    quantization: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> dict[str, int]:
    """The matrices' forms with their weights; empty where none of them is packed."""
    sizes: dict[str, int] = {}
    is_packed = False
    for name, tensor in tensors.items():
        layer, _dot, part = name.rpartition(".")
        if part != "weight" or len(tensor.shape) < 2:
            continue
        form, count = tensor.dtype.lower(), tensor.size
        if f"{layer}.scales" in tensors:
            is_packed = True
            bits = _bits(quantization, layer)
            own = quantization.get(layer)
            entry = own if isinstance(own, dict) else quantization
            form = _form_text(entry, [bits] if entry.get("bits") == bits else [])
            count = count * 32 // bits
        sizes[form] = sizes.get(form, 0) + count
    return sizes if is_packed else {}


def _form_text(quantization: Mapping[str, Any], bits: Iterable[int]) -> str:
    """An entry of the config in the words of the field, with these bits."""
    mode = quantization.get("mode", "affine")
    if isinstance(mode, str) and mode != "affine":
        return mode
    text = "/".join(map(str, bits))
    text = f"{text}-bit" if text else ""
    group_size = quantization.get("group_size")
    return f"{text} group {group_size}" if group_size in _GROUP_SIZES else text


def _most_common_dtype(tensors: Mapping[str, Tensor]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors.values():
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    return max(sizes, key=lambda dtype: sizes[dtype], default="").lower()


def float_bits(tensors: Mapping[str, Tensor]) -> int:
    """Bits of most of the weights that are not packed; 16 where there are none."""
    sizes: dict[int, int] = {}
    for tensor in tensors.values():
        if tensor.dtype in ("F32", "F16", "BF16"):
            bits = DTYPE_BITS[tensor.dtype]
            sizes[bits] = sizes.get(bits, 0) + tensor.size
    return max(sizes, key=lambda bits: sizes[bits], default=16)
