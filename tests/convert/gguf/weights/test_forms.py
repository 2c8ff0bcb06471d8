"""Which form a tensor takes, and what it takes of the disk."""

import pytest

from mlxtui.convert.gguf.weights.form import Form
from mlxtui.convert.gguf.weights.forms import form_of
from mlxtui.recipes import Quantization

_SHAPE = (4, 512)


@pytest.mark.parametrize(
    ("type_name", "text", "bits", "exact_text", "exact_bits"),
    [
        ("Q4_0", "4-bit group 32", 5, "4-bit group 32, F32 scales", 6),
        ("Q5_1", "5-bit group 32", 6, "5-bit group 32, F32 scales", 7),
        ("Q8_0", "8-bit group 32", 9, "8-bit group 32, F32 scales", 10),
        ("Q3_K", "8-bit group 128", 8.25, "8-bit group 128, F32 scales", 8.5),
        ("Q4_K", "4-bit group 32", 5, "4-bit group 32, F32 scales", 6),
        ("Q6_K", "8-bit group 32", 9, "F32", 32),
        ("IQ1_S", "2-bit group 32", 3, "2-bit group 32, F32 scales", 4),
        ("IQ3_XXS", "6-bit group 32", 7, "6-bit group 32, F32 scales", 8),
        ("TQ1_0", "2-bit group 128", 2.25, "2-bit group 128, F32 scales", 2.5),
        ("Q1_0", "1-bit group 128", 1.25, "1-bit group 128, F32 scales", 1.5),
        ("MXFP4", "mxfp4", 4.25, "mxfp4", 4.25),
        ("NVFP4", "nvfp4", 4.5, "nvfp4", 4.5),
        ("F16", "F16", 16, "F16", 16),
        ("F32", "F16", 16, "F32", 32),
        ("BF16", "F16", 16, "F32", 32),
    ],
)
def test_bits_per_weight(
    type_name: str, text: str, bits: float, exact_text: str, exact_bits: float
) -> None:
    faithful = form_of(type_name, _SHAPE, "faithful", "float16", can_pack=True)
    exact = form_of(type_name, _SHAPE, "exact", "float16", can_pack=True)
    assert (faithful.text(), faithful.bits_per_weight(_SHAPE)) == (text, bits)
    assert (exact.text(), exact.bits_per_weight(_SHAPE)) == (exact_text, exact_bits)


def test_scales_have_the_model_s_type() -> None:
    form = form_of("Q4_K", _SHAPE, "faithful", "bfloat16", can_pack=True)
    assert form == Form("BF16", Quantization(bits=4, group_size=32))
    form = form_of("Q6_K", _SHAPE, "faithful", "float32", can_pack=True)
    assert form == Form("F32", Quantization(bits=8, group_size=32))


def test_what_is_no_layer_s_weight_stays_dense() -> None:
    assert form_of("Q8_0", (64,), "faithful", "bfloat16", can_pack=False) == Form(
        "BF16"
    )
    assert form_of("F32", (), "exact", "bfloat16", can_pack=False) == Form("F32")
