"""Quantizations that others made: which of them mlx-lm loads, read from its code."""

from collections.abc import Iterable, Mapping
from typing import Any

from mlxtui.convert import architectures, config_file
from mlxtui.convert.source import Source, read_object
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

# NVIDIA ModelOpt's own file, which mlx-lm reads where the config says nothing.
MODELOPT_FILE = "hf_quant_config.json"

_COMPRESSED_FORMATS = (
    "nvfp4-pack-quantized", "mxfp4-pack-quantized", "pack-quantized",
)  # fmt: skip


def foreign_quantization(source: Source, config: Mapping[str, Any]) -> dict[str, Any]:
    """What the model says of a quantization that is not MLX's; `{}` without one."""
    if isinstance(config.get("quantization"), dict):
        return {}
    for part in (config, config_file.text_config(config)):
        said = part.get("quantization_config")
        if isinstance(said, dict):
            return said
    said = read_object(source, MODELOPT_FILE)
    return {"quant_method": "modelopt", **said} if said else {}


def check_readable(
    foreign: Mapping[str, Any], config: Mapping[str, Any], names: Iterable[str]
) -> None:
    """Refuse what `mlx_lm.utils.load_model` of 0.32.2 does not read.

    Args:
        foreign: From `foreign_quantization`; not empty.
        names: Of the model's tensors.

    Raises:
        ModelRefused: It names the method.
    """
    method = str(foreign.get("quant_method"))
    types = {
        config_file.model_type(config),
        config_file.model_type(config_file.text_config(config)),
    }

    def understands(word: str) -> bool:
        return any(architectures.mentions(each, word) for each in types)

    names = frozenset(names)
    is_mlx_shaped = any(name.endswith(".scales") for name in names)
    match method:
        case "bitnet":
            return
        case "awq" | "gptq":
            has_order = any(name.endswith(".g_idx") for name in names)
            if foreign.get("bits", 4) == 4 and not has_order:
                return
        case "mxfp4":
            if is_mlx_shaped or understands("_blocks"):
                return
        case "mxfp8":
            if is_mlx_shaped:
                return
        case "fp8":
            is_mxfp8 = foreign.get("scale_fmt") == "ue8m0"
            if understands("weight_scale_inv") or (
                is_mxfp8 and (is_mlx_shaped or understands("ue8m0"))
            ):
                return
        case "compressed-tensors":
            if foreign.get("format") in _COMPRESSED_FORMATS and (
                is_mlx_shaped or understands("weight_packed")
            ):
                return
        case "modelopt":
            settings = foreign.get("quantization", foreign)
            is_nvfp4 = (
                isinstance(settings, dict) and settings.get("quant_algo") == "NVFP4"
            )
            if is_nvfp4 and (is_mlx_shaped or understands("weight_scale_2")):
                return
    form = foreign.get("format") or foreign.get("quant_algo")
    said = f"{method} ({form})" if isinstance(form, str) else method
    raise ModelRefused(
        _("Its weights are quantized by {method}, in a form that MLX cannot read.")
        .format(method=said),
        hint=_("Take the unquantized version of the model, or one made for MLX."),
    )  # fmt: skip
