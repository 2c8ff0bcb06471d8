"""How a model's weights are to be stored: the recipe of a conversion."""

from dataclasses import dataclass
from typing import Literal, get_args

from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _

QuantizationMode = Literal["affine", "mxfp4", "mxfp8", "nvfp4"]
FloatType = Literal["float16", "bfloat16", "float32"]
MixedRecipe = Literal["mixed_2_6", "mixed_3_4", "mixed_3_6", "mixed_4_6"]

GgufMode = Literal["faithful", "exact"]
"""How a GGUF file's weights are taken over: the same codes with 16-bit scales, or every
weight to the last bit."""

GGUF_MODES: tuple[GgufMode, ...] = get_args(GgufMode)
MODES: tuple[QuantizationMode, ...] = get_args(QuantizationMode)
FLOAT_TYPES: tuple[FloatType, ...] = get_args(FloatType)
MIXED_RECIPES: tuple[MixedRecipe, ...] = get_args(MixedRecipe)
BITS = (2, 3, 4, 5, 6, 8)
GROUP_SIZES = (32, 64, 128)

# The one pair of bits and group size that each float mode of mlx.core.quantize has.
_FIXED = {"mxfp4": (4, 32), "mxfp8": (8, 32), "nvfp4": (4, 16)}

_FLOAT_SUFFIX = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """How one layer's weights are packed, by `mlx.core.quantize`."""

    bits: int = 4
    group_size: int = 64
    mode: QuantizationMode = "affine"

    @property
    def bits_per_weight(self) -> float:
        """Bits that one weight takes with its share of scales and biases."""
        # Affine: a 16-bit scale and a 16-bit bias; the others an 8-bit scale.
        extra_bits = 32 if self.mode == "affine" else 8
        return self.bits + extra_bits / self.group_size

    def text(self) -> str:
        """In the words of the field: `4-bit group 64`, `mxfp4`."""
        if self.mode != "affine":
            return self.mode
        return f"{self.bits}-bit group {self.group_size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is to be made of a model's weights. The default keeps them as they are."""

    quantization: Quantization | None = None
    """Pack them so; of a mixed recipe only the group size counts."""
    mixed: MixedRecipe | None = None
    """mlx-lm's recipe of that name: more bits for the layers that need them."""
    fit_context_tokens: int = 0
    """Choose for each layer so that the model and a context of so many tokens fit into
    this machine; 0 does not."""
    float_type: FloatType | None = None
    """Type of the weights that are not packed; None keeps the source's."""
    dequantize: bool = False
    """Unpack a quantized source to its 16-bit type."""
    measure: bool = True
    """Measure what a quantization costs: perplexity and KL divergence."""

    @property
    def quantizes(self) -> bool:
        """Whether weights are packed."""
        return bool(self.quantization or self.mixed or self.fit_context_tokens)

    @property
    def keeps_weights(self) -> bool:
        """Whether the weights stay as they are, so that nothing need be written."""
        return not (self.quantizes or self.dequantize or self.float_type)

    def suffix(self) -> str:
        """What a result's name ends in: `-4bit`; empty when nothing changes."""
        if self.fit_context_tokens:
            return "-fit"
        if self.mixed:
            return "-" + self.mixed.replace("_", "-")
        if self.quantization:
            mode, bits = self.quantization.mode, self.quantization.bits
            return f"-{bits}bit" if mode == "affine" else f"-{mode}"
        if self.float_type:
            return "-" + _FLOAT_SUFFIX[self.float_type]
        return "-16bit" if self.dequantize else ""


def quantization(
    bits: int | None = None,
    group_size: int | None = None,
    mode: str = "affine",
) -> Quantization:
    """A checked quantization; what is None takes the mode's usual value.

    Raises:
        InvalidParameter: MLX has no such form; the hint lists those that it has.
    """
    for known in MODES:
        if mode == known:
            break
    else:
        raise InvalidParameter(
            _("There is no quantization mode {mode}.").format(mode=mode),
            hint=_("Modes: {modes}").format(modes=", ".join(MODES)),
        )
    if known in _FIXED:
        only_bits, only_group = _FIXED[known]
        if bits not in (None, only_bits) or group_size not in (None, only_group):
            raise InvalidParameter(
                _(
                    "{mode} has {bits} bits in groups of {group_size}, no others."
                ).format(mode=mode, bits=only_bits, group_size=only_group),
                hint=_("Leave bits and group size away, or choose the mode affine."),
            )
        return Quantization(bits=only_bits, group_size=only_group, mode=known)
    bits = 4 if bits is None else bits
    group_size = 64 if group_size is None else group_size
    if bits not in BITS or group_size not in GROUP_SIZES:
        raise InvalidParameter(
            _("{bits} bits in groups of {group_size} cannot be packed.").format(
                bits=bits, group_size=group_size
            ),
            hint=_("Bits: {bits}; group sizes: {group_sizes}").format(
                bits=", ".join(map(str, BITS)),
                group_sizes=", ".join(map(str, GROUP_SIZES)),
            ),
        )
    return Quantization(bits=bits, group_size=group_size)
