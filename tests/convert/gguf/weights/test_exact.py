"""Exact mode: MLX's tensor equals what the `gguf` package makes of the same blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.convert.gguf.weights.forms import form_of
from mlxtui.convert.gguf.weights.packed_forms import EXACT, NEARLY
from mlxtui.convert.gguf.weights.rows import convert_rows, float_rows
from tests.convert.gguf.weights.type_blocks import (
    HALF_TYPES,
    PACKED_TYPES,
    Blocks,
    half_count,
    made_finite,
    meant,
    random_blocks,
    set_halves,
    sizes_of,
    unpacked,
)

_EDGE_SCALES = {
    "zero": 0.0,
    "negative zero": -0.0,
    "smallest": 2.0**-24,
    "largest of the denormal": 2.0**-14 - 2.0**-24,
    "smallest of the normal": 2.0**-14,
    "largest": 65504.0,
}


def _assert_equal(type_name: str, blocks: Blocks) -> None:
    wanted = meant(type_name, blocks)
    form = form_of(type_name, wanted.shape, "exact", "float16", can_pack=True)
    made = convert_rows(blocks, type_name, form)
    np.testing.assert_array_equal(unpacked(made.parts, form), wanted)
    assert (made.squared_error, made.squared_sum) == (0, 0)
    np.testing.assert_array_equal(float_rows(blocks, type_name), wanted)


@pytest.mark.parametrize("type_name", PACKED_TYPES)
def test_random_blocks_are_equal(type_name: str) -> None:
    _assert_equal(type_name, random_blocks(type_name, 512))


@pytest.mark.parametrize("scale", _EDGE_SCALES.values(), ids=_EDGE_SCALES)
@pytest.mark.parametrize("type_name", HALF_TYPES)
def test_extreme_scales_are_equal(type_name: str, scale: float) -> None:
    blocks = random_blocks(type_name, 32)
    blocks[8:16] = 0
    blocks[16:24] = 0xFF
    for which in (None, *range(half_count(type_name))):
        set_halves(type_name, blocks, np.full(32, 0.5, np.float16))
        signed = np.full(32, scale, np.float16)
        signed[::2] *= -1
        set_halves(type_name, blocks, signed, which)
        _assert_equal(type_name, blocks)


@pytest.mark.parametrize("type_name", PACKED_TYPES)
@settings(max_examples=20)
@given(data=st.data())
def test_blocks_of_any_bytes_are_equal(type_name: str, data: st.DataObject) -> None:
    size = 2 * sizes_of(type_name)[1]
    content = data.draw(st.binary(min_size=size, max_size=size))
    blocks = np.frombuffer(content, np.uint8).reshape(2, -1)
    _assert_equal(type_name, made_finite(type_name, blocks))


@pytest.mark.parametrize("power", [0, 1, 2, 3, 252])
def test_extreme_powers_of_mxfp4_are_equal(power: int) -> None:
    blocks = random_blocks("MXFP4", 16)
    blocks[:, 0] = power
    _assert_equal("MXFP4", blocks)


@pytest.mark.parametrize("power", [253, 254])
def test_small_codes_of_mxfp4_have_the_largest_powers(power: int) -> None:
    blocks = np.full((4, 17), 0xA2 if power == 253 else 0x91, np.uint8)
    blocks[:, 0] = power
    _assert_equal("MXFP4", blocks)


def test_every_scale_of_nvfp4_is_equal() -> None:
    blocks = random_blocks("NVFP4", 64)
    blocks[:, :4] = np.arange(256).reshape(64, 4)
    _assert_equal("NVFP4", made_finite("NVFP4", blocks))


def test_each_type_has_one_form() -> None:
    assert not EXACT.keys() & NEARLY.keys()


@pytest.mark.parametrize("type_name", PACKED_TYPES)
def test_what_cannot_be_packed_is_dense_and_equal(type_name: str) -> None:
    blocks = random_blocks(type_name, 8)
    wanted = meant(type_name, blocks)
    form = form_of(type_name, wanted.shape, "exact", "bfloat16", can_pack=False)
    made = convert_rows(blocks, type_name, form)
    assert form.quantization is None
    np.testing.assert_array_equal(made.parts["weight"], wanted)
