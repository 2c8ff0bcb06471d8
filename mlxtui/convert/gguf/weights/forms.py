"""Chooses the form that a GGUF tensor takes, before any of its data is read."""

from collections.abc import Mapping

from mlxtui.convert import refusals
from mlxtui.convert.gguf.types import block_sizes
from mlxtui.convert.gguf.weights.form import FloatDtype, Form
from mlxtui.convert.gguf.weights.packed_forms import EXACT, NEARLY
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.recipes import FloatType, GgufMode

FLOAT_DTYPES: Mapping[FloatType, FloatDtype] = {
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
}
DENSE_TYPES = frozenset({"F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64"})
TAKEN_TYPES = DENSE_TYPES | EXACT.keys() | NEARLY.keys()


def form_of(
    type_name: str,
    shape: tuple[int, ...],
    mode: GgufMode,
    float_type: FloatType,
    *,
    can_pack: bool,
) -> Form:
    """How a tensor is stored in the new model.

    Args:
        type_name: Of the tensor in the file: `Q4_K`.
        shape: Outermost dimension first.
        float_type: Of the new model's weights; scales have it, too.
        can_pack: Whether it is the weight of a layer that MLX has quantized.

    Raises:
        ModelRefused: The type is not taken; the message names it.
    """
    if type_name not in TAKEN_TYPES:
        raise ModelRefused(
            _("It holds tensors of the type {type}, which cannot be read.").format(
                type=type_name
            ),
            hint=_("Take another quantization of the model, such as Q4_K_M or Q8_0."),
        )
    if type_name == "F64" and mode == "exact":
        raise ModelRefused(
            _("It holds tensors of the type F64, which MLX has no exact form for."),
            hint=_("Import it faithfully instead."),
        )
    width = shape[-1] if shape else 1
    if width % block_sizes()[type_name][0]:
        raise ModelRefused(
            _("It holds tensors of the type {type} with incomplete blocks.").format(
                type=type_name
            ),
            hint=_(refusals.FETCH_FILE_AGAIN),
        )
    model_dtype = FLOAT_DTYPES[float_type]
    if mode == "faithful":
        packed = EXACT.get(type_name) or NEARLY.get(type_name)
        return Form(model_dtype, packed if can_pack else None)
    if can_pack and type_name in EXACT:
        return Form("F32", EXACT[type_name])
    return Form(model_dtype if type_name == model_dtype else "F32")
