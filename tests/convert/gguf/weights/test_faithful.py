"""Faithful mode: 16-bit scales, and the error that comes with them."""

import math

import numpy as np
import pytest

from mlxtui.convert.gguf.type_table import LARGEST_ERROR
from mlxtui.convert.gguf.weights.blocks import AffineGroups
from mlxtui.convert.gguf.weights.form import FloatDtype
from mlxtui.convert.gguf.weights.forms import form_of
from mlxtui.convert.gguf.weights.halves import Halves
from mlxtui.convert.gguf.weights.packed_forms import EXACT, EXACT_IN_HALF
from mlxtui.convert.gguf.weights.packing import unpack_codes
from mlxtui.convert.gguf.weights.regrouped import regroup
from mlxtui.convert.gguf.weights.rounding import as_float32
from mlxtui.convert.gguf.weights.rows import Converted, convert_rows
from mlxtui.recipes import FloatType
from tests.convert.gguf.weights.type_blocks import (
    HALF_TYPES,
    PACKED_TYPES,
    Blocks,
    meant,
    random_blocks,
    relative_error,
    set_halves,
    unpacked,
)

_BLOCKS = 64


def _reported(made: Converted) -> float:
    if not made.squared_error:
        return 0.0
    return math.sqrt(made.squared_error / made.squared_sum)


def _with_odd_blocks(type_name: str) -> Blocks:
    """Random blocks, and among them zeros and denormal scales."""
    blocks = random_blocks(type_name, _BLOCKS)
    odd = blocks[: _BLOCKS // 4]
    if type_name in HALF_TYPES:
        scales = np.resize([0, 2.0**-24, 3 * 2.0**-20, -(2.0**-16)], len(odd))
        set_halves(type_name, odd, scales.astype(np.float16))
    return blocks


@pytest.mark.parametrize("type_name", PACKED_TYPES)
def test_float16_errs_little(type_name: str) -> None:
    for blocks in (random_blocks(type_name, _BLOCKS), _with_odd_blocks(type_name)):
        wanted = meant(type_name, blocks)
        form = form_of(type_name, wanted.shape, "faithful", "float16", can_pack=True)
        made = convert_rows(blocks, type_name, form)
        assert form.quantization is not None
        assert relative_error(unpacked(made.parts, form), wanted) <= LARGEST_ERROR
        assert _reported(made) <= LARGEST_ERROR


@pytest.mark.parametrize("float_type", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("type_name", PACKED_TYPES)
def test_the_reported_error_is_that_of_what_is_stored(
    type_name: str, float_type: FloatType
) -> None:
    blocks = _with_odd_blocks(type_name)
    wanted = meant(type_name, blocks)
    form = form_of(type_name, wanted.shape, "faithful", float_type, can_pack=True)
    made = convert_rows(blocks, type_name, form)
    packed = form.quantization
    assert packed is not None
    if packed.mode == "affine":
        groups = AffineGroups(
            made.parts["weight"],
            as_float32(made.parts["scales"], form.dtype),
            as_float32(made.parts["biases"], form.dtype),
        )
        codes = unpack_codes(groups.words, packed.bits)
        values = groups.values(codes.reshape(-1, packed.group_size))
        true_error = relative_error(values.reshape(wanted.shape), wanted)
        assert _reported(made) == pytest.approx(true_error, rel=1e-3, abs=1e-7)
    assert _reported(made) <= LARGEST_ERROR


@pytest.mark.parametrize("type_name", sorted(EXACT_IN_HALF))
def test_scales_that_are_halves_stay_as_they_are(type_name: str) -> None:
    blocks = _with_odd_blocks(type_name)
    shape = meant(type_name, blocks).shape
    faithful, exact = (
        convert_rows(
            blocks, type_name, form_of(type_name, shape, mode, "float16", can_pack=True)
        ).parts
        for mode in ("faithful", "exact")
    )
    for part, values in exact.items():
        np.testing.assert_array_equal(faithful[part].astype(np.float64), values)


@pytest.mark.parametrize("type_name", EXACT)
def test_the_codes_are_those_of_the_exact_form(type_name: str) -> None:
    blocks = random_blocks(type_name, _BLOCKS)
    shape = meant(type_name, blocks).shape
    words = [
        convert_rows(
            blocks,
            type_name,
            form_of(type_name, shape, mode, "bfloat16", can_pack=True),
        ).parts["weight"]
        for mode in ("faithful", "exact")
    ]
    np.testing.assert_array_equal(words[0], words[1])


@pytest.mark.parametrize("type_name", PACKED_TYPES)
def test_zeros_have_no_error(type_name: str) -> None:
    blocks = np.zeros_like(random_blocks(type_name, 4))
    wanted = meant(type_name, blocks)
    form = form_of(type_name, wanted.shape, "faithful", "bfloat16", can_pack=True)
    made = convert_rows(blocks, type_name, form)
    np.testing.assert_array_equal(unpacked(made.parts, form), wanted)
    assert _reported(made) == 0


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
@pytest.mark.parametrize("freedom", [4, 100])
def test_heavy_tails_in_q6_k_err_little(dtype: FloatDtype, freedom: int) -> None:
    """Weights with far outliers, whose groups of 16 have very different scales."""
    rng = np.random.default_rng(0)
    weights = rng.standard_t(freedom, (512, 16, 16))
    largest = np.take_along_axis(weights, np.abs(weights).argmax(-1)[..., None], -1)
    scales = largest[..., 0] / -32
    unit = np.abs(scales).max(-1, keepdims=True) / 127
    steps = (np.rint(scales / unit) * unit).astype(np.float32)
    codes = np.rint(weights / np.where(steps == 0, 1, steps)[..., None]) + 32
    halves = Halves(
        codes=np.clip(codes, 0, 63).astype(np.uint8).reshape(-1, 2, 16),
        steps=steps.reshape(-1, 2),
        starts=-32 * steps.reshape(-1, 2),
        kept_code=32,
        parts=0,
    )
    groups = regroup(halves, dtype)
    values = groups.values(unpack_codes(groups.words, 8))
    assert relative_error(values, halves.values()) <= LARGEST_ERROR
