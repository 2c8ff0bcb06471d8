"""Turns rows of a GGUF tensor into the arrays of its new form.

numpy alone, for the threads of jobs. Work goes through the processor's cache in
pieces, so that a caller may pass as many rows as it likes to hold.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlxtui.convert.gguf.types import block_sizes
from mlxtui.convert.gguf.weights.blocks import AffineGroups, NotFinite
from mlxtui.convert.gguf.weights.decoding import AFFINE, FLOATS, HALVES
from mlxtui.convert.gguf.weights.dense import INTEGER_TYPES, float_rows
from mlxtui.convert.gguf.weights.form import FloatDtype, Form
from mlxtui.convert.gguf.weights.packed_forms import EXACT_IN_HALF
from mlxtui.convert.gguf.weights.packing import unpack_codes
from mlxtui.convert.gguf.weights.regrouped import regroup
from mlxtui.convert.gguf.weights.rounding import as_float32, stored
from mlxtui.model_writer.finite import is_finite
from mlxtui.recipes import Quantization

__all__ = ["Converted", "NotFinite", "convert_rows", "float_rows"]

_PIECE_ELEMENTS = 2**17
"""What is computed on stays in a processor's second cache."""

# What is lost is counted on a sample: the first of so many pieces, and there every 17th
# group of weights, so that all places of a block have their turn. Small tensors and
# small pieces are counted whole.
_SAMPLED_PIECES = 4
_SAMPLE_STEP = 17
_COUNTED_ELEMENTS = 2**15

# Of a scale, relatively; more is lost only near float16's smallest numbers.
_LARGEST_ROUNDING = np.float32(2**-7)


@dataclass(frozen=True, slots=True)
class Converted:
    """Rows in their new form, and what they lost."""

    parts: dict[str, NDArray[Any]]
    """By the last part of their names, as `Form.tensors` has them; bfloat16 as uint16
    of its bits."""
    squared_error: float
    """Sum over the weights of the squared difference from the file's values, computed
    in float32 from what is stored; 0 where the form is exact. Where there are many, an
    estimate from a sample of them that is always the same."""
    squared_sum: float
    """Sum of the squares of the same weights; 0 where the form is exact. The square
    root of the ratio of the two sums is the relative error of a tensor."""


def convert_rows(
    raw: NDArray[np.uint8], type_name: str, form: Form, *, added: float = 0.0
) -> Converted:
    """Decode rows and store them in a form.

    Args:
        raw: (rows, bytes of a row), as in the file; is not changed.
        type_name: Of the tensor in the file, one that `forms.form_of` takes.
        form: From `forms.form_of`, for this type; or a dense one.
        added: What is added to each value; only to dense ones.

    Raises:
        NotFinite: A scale or a weight is infinite or no number, or too large for the
            form's type; a whole number that is none of that type's.
    """
    block_size, block_bytes = block_sizes()[type_name]
    count, width = len(raw), raw.shape[1] // block_bytes * block_size
    sample_step = 1 if count * width <= _COUNTED_ELEMENTS else _SAMPLE_STEP
    parts = {
        name: np.empty((count, *tensor.shape[1:]), _NUMPY_TYPES[tensor.dtype])
        for name, tensor in form.tensors((count, width)).items()
    }
    squared_error = squared_sum = 0.0
    sampled_rows = 0
    rows = max(_PIECE_ELEMENTS // max(width, 1), 1)
    for number, first in enumerate(range(0, count, rows)):
        piece = raw[first : first + rows]
        step = sample_step if number % _SAMPLED_PIECES == 0 else 0
        sampled_rows += len(piece) if step else 0
        if form.quantization is None:
            made, error, total = _dense(piece, type_name, form.dtype, added, step)
        else:
            blocks = piece.reshape(-1, block_bytes)
            made, error, total = _packed(
                blocks, type_name, form.dtype, form.quantization, step
            )
        for name, values in made.items():
            part = parts[name]
            part[first : first + rows] = values.reshape(-1, part.shape[1])
        squared_error += error
        squared_sum += total
    scale = sample_step * count / max(sampled_rows, 1)
    return Converted(parts, squared_error * scale, squared_sum * scale)


_NUMPY_TYPES = {
    "F16": np.float16, "BF16": np.uint16, "F32": np.float32, "U32": np.uint32,
    "U8": np.uint8,
}  # fmt: skip
_Made = tuple[dict[str, NDArray[Any]], float, float]


def _packed(
    blocks: NDArray[np.uint8],
    type_name: str,
    dtype: FloatDtype,
    packed: Quantization,
    step: int,
) -> _Made:
    if type_name in FLOATS:
        floats = FLOATS[type_name](blocks)
        return {"weight": floats.words, "scales": floats.scales}, 0.0, 0.0
    halves = HALVES[type_name](blocks) if type_name in HALVES else None
    groups = regroup(halves, dtype) if halves else AFFINE[type_name](blocks)
    is_rounded = dtype == "BF16" or (dtype == "F16" and type_name not in EXACT_IN_HALF)
    scales, biases = _stored_groups(groups, dtype)
    parts = {"weight": groups.words, "scales": scales, "biases": biases}
    if not (step and (halves or is_rounded)):
        return parts, 0.0, 0.0
    words = groups.words.reshape(groups.scales.size, -1)[::step]
    codes = unpack_codes(words, packed.bits)
    now = AffineGroups(
        words, _sample(scales, dtype, step), _sample(biases, dtype, step)
    )
    if halves:
        values = halves.values(step)
    else:
        before = AffineGroups(
            words,
            _sample(groups.scales, "F32", step),
            _sample(groups.biases, "F32", step),
        )
        values = before.values(codes)
    return parts, *_squares(values, now.values(codes))


def _stored_groups(
    groups: AffineGroups, dtype: FloatDtype
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scales and biases in their type."""
    scales = stored(groups.scales, dtype)
    if dtype != "BF16":
        return scales, stored(groups.biases, dtype)
    # The bias goes with the scale's rounding, so that zero stays where it is and all
    # weights err alike, not the largest most.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = as_float32(scales, dtype) / groups.scales
    is_near = np.abs(ratios - np.float32(1)) <= _LARGEST_ROUNDING
    ratios = np.where(is_near, ratios, np.float32(1))
    return scales, stored(groups.biases * ratios, dtype)


def _dense(
    raw: NDArray[np.uint8], type_name: str, dtype: FloatDtype, added: float, step: int
) -> _Made:
    if type_name == dtype and not added:
        same = np.ascontiguousarray(raw)
        if not is_finite(same.reshape(-1).data, dtype):
            raise NotFinite
        return {"weight": same.view(_NUMPY_TYPES[dtype])}, 0.0, 0.0
    values = float_rows(raw, type_name)
    if added:
        values = values + np.float32(added)  # not in place: it may be the file
    made = stored(values, dtype)
    if type_name in INTEGER_TYPES and np.any(values != as_float32(made, dtype)):
        raise NotFinite
    if not step or (dtype == "F32" and not added):
        return {"weight": made}, 0.0, 0.0
    after = as_float32(made.reshape(-1)[::step], dtype)
    return {"weight": made}, *_squares(values.reshape(-1)[::step], after)


def _sample(values: NDArray[Any], dtype: FloatDtype, step: int) -> NDArray[np.float32]:
    """Every `step`-th of them, as a column."""
    return as_float32(values.reshape(-1, 1)[::step], dtype)


def _squares(
    before: NDArray[np.float32], after: NDArray[np.float32]
) -> tuple[float, float]:
    """Sums of the squared differences, and of the squares."""
    difference = np.subtract(after, before, dtype=np.float64)
    before = before.astype(np.float64)
    return float(np.vdot(difference, difference)), float(np.vdot(before, before))
