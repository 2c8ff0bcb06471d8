"""Rows: dense ones, pieces, and errors that are estimated."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.convert.gguf.weights.form import Form
from mlxtui.convert.gguf.weights.forms import form_of
from mlxtui.convert.gguf.weights.rows import NotFinite, convert_rows, float_rows
from mlxtui.recipes import GgufMode
from tests.convert.gguf.weights.type_blocks import (
    meant,
    random_blocks,
    relative_error,
    unpacked,
)

_WEIGHTS = np.random.default_rng(0).standard_normal((3, 40)).astype(np.float32)


def _raw(values: NDArray[Any]) -> NDArray[np.uint8]:
    return values.view(np.uint8).reshape(len(values), -1)


def _bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    return (values.view(np.uint32) >> 16).astype(np.uint16)


_STORED: dict[str, NDArray[Any]] = {
    "F32": _WEIGHTS,
    "F16": _WEIGHTS.astype(np.float16),
    "BF16": _bfloat16(_WEIGHTS),
    "F64": _WEIGHTS.astype(np.float64),
}


@pytest.mark.parametrize("type_name", _STORED)
def test_floats_become_the_model_s_type(type_name: str) -> None:
    form = form_of(type_name, _WEIGHTS.shape, "faithful", "float16", can_pack=True)
    made = convert_rows(_raw(_STORED[type_name]), type_name, form)
    assert form == Form("F16")
    assert made.parts["weight"].dtype == np.float16
    np.testing.assert_allclose(unpacked(made.parts, form), _WEIGHTS, rtol=1e-2)


@pytest.mark.parametrize("type_name", ["F32", "F16", "BF16"])
def test_exact_floats_are_equal(type_name: str) -> None:
    raw = _raw(_STORED[type_name])
    form = form_of(type_name, _WEIGHTS.shape, "exact", "bfloat16", can_pack=True)
    made = convert_rows(raw, type_name, form)
    assert form.dtype == ("BF16" if type_name == "BF16" else "F32")
    np.testing.assert_array_equal(
        unpacked(made.parts, form), float_rows(raw, type_name)
    )


def test_rounding_to_bfloat16_goes_to_the_nearest_even_one() -> None:
    ties = np.array([[1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, 1 + 2**-8 + 2**-20]])
    made = convert_rows(_raw(ties.astype(np.float32)), "F32", Form("BF16"))
    wanted = [[1, 1 + 4 * 2**-8, -1, 1 + 2 * 2**-8]]
    assert unpacked(made.parts, Form("BF16")).tolist() == wanted


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F32"])
@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_weights_that_are_no_numbers_are_refused(dtype: Any, number: float) -> None:
    for type_name in ("F16", "F32"):
        weights = float_rows(_raw(_STORED[type_name]), type_name).copy()
        weights[1, 7] = number
        stored = weights.astype(np.float16 if type_name == "F16" else np.float32)
        with pytest.raises(NotFinite):
            convert_rows(_raw(stored), type_name, Form(dtype))


@pytest.mark.parametrize(
    ("dtype", "largest", "too_large"),
    [("F16", 65519.0, 65520.0), ("BF16", 3.39e38, 3.4e38)],
)
def test_weights_too_large_for_the_type_are_refused(
    dtype: Any, largest: float, too_large: float
) -> None:
    for sign in (1, -1):
        rows = _raw(np.array([[0, sign * largest]], np.float32))
        assert np.isfinite(unpacked(convert_rows(rows, "F32", Form(dtype)).parts,
                                    Form(dtype))).all()  # fmt: skip
        rows = _raw(np.array([[0, sign * too_large]], np.float32))
        with pytest.raises(NotFinite):
            convert_rows(rows, "F32", Form(dtype))


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64])
def test_whole_numbers_are_exact_or_refused(kind: Any) -> None:
    name = f"I{np.dtype(kind).itemsize * 8}"
    numbers = np.array([[-128, -1, 0, 1, 127]], kind)
    made = convert_rows(_raw(numbers), name, Form("F16"))
    np.testing.assert_array_equal(made.parts["weight"], numbers)
    if kind is not np.int8:
        with pytest.raises(NotFinite):
            convert_rows(_raw(np.array([[2049]], kind)), name, Form("F16"))
    if kind is np.int64:
        with pytest.raises(NotFinite):
            convert_rows(_raw(np.array([[2**24 + 1]], kind)), name, Form("F32"))


def test_what_is_added_is_added_before_rounding() -> None:
    raw = _raw(_WEIGHTS)
    raw.setflags(write=False)
    made = convert_rows(raw, "F32", Form("F32"), added=-1.0)
    np.testing.assert_array_equal(made.parts["weight"], _WEIGHTS - np.float32(1))


@pytest.mark.parametrize(
    "type_name", ["Q4_0", "Q8_0", "Q4_K", "Q6_K", "MXFP4", "NVFP4"]
)
def test_what_is_mapped_is_not_changed(type_name: str) -> None:
    for count in (1, 8):
        blocks = random_blocks(type_name, count)
        before = blocks.copy()
        blocks.setflags(write=False)
        shape = meant(type_name, blocks).shape
        form = form_of(type_name, shape, "faithful", "float16", can_pack=True)
        convert_rows(blocks, type_name, form)
        np.testing.assert_array_equal(blocks, before)


@pytest.mark.parametrize("type_name", ["Q4_K", "Q6_K", "F32"])
@pytest.mark.parametrize("mode", ["faithful", "exact"])
def test_many_rows_are_as_few(type_name: str, mode: GgufMode) -> None:
    """Work in pieces, with the last one shorter, changes nothing."""
    if type_name == "F32":
        rows = _raw(np.random.default_rng(1).standard_normal((700, 512)).astype("f4"))
    else:
        rows = random_blocks(type_name, 1400).reshape(700, -1)
    form = form_of(type_name, (700, 512), mode, "float16", can_pack=True)
    made = convert_rows(rows, type_name, form)
    one_by_one = [convert_rows(row[None], type_name, form) for row in rows]
    for part, values in made.parts.items():
        joined = np.concatenate([one.parts[part] for one in one_by_one])
        np.testing.assert_array_equal(values, joined)
    # What was lost is an estimate, from a sample of the groups.
    whole_error = sum(one.squared_error for one in one_by_one)
    whole_sum = sum(one.squared_sum for one in one_by_one)
    assert made.squared_sum == pytest.approx(whole_sum, rel=0.3)
    assert made.squared_error == pytest.approx(whole_error, rel=0.3)


def test_one_row_of_more_than_a_piece() -> None:
    rows = random_blocks("Q5_K", 1024).reshape(1, -1)
    form = form_of("Q5_K", (1, 2**18), "faithful", "bfloat16", can_pack=True)
    made = convert_rows(rows, "Q5_K", form)
    wanted = meant("Q5_K", rows.reshape(1024, -1)).reshape(1, -1)
    error = relative_error(unpacked(made.parts, form), wanted)
    assert math.sqrt(made.squared_error / made.squared_sum) < error < 5e-3


def test_no_rows_at_all() -> None:
    rows = np.empty((0, 144), np.uint8)
    form = form_of("Q4_K", (0, 256), "faithful", "float16", can_pack=True)
    made = convert_rows(rows, "Q4_K", form)
    assert made.parts["weight"].shape == (0, 32)
    assert made.squared_error == 0
