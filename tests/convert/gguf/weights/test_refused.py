"""What is refused: types, incomplete blocks, and numbers that are none."""

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from mlxtui.convert.gguf.weights.forms import TAKEN_TYPES, form_of
from mlxtui.convert.gguf.weights.rows import NotFinite, convert_rows
from mlxtui.errors import ModelRefused
from mlxtui.recipes import GGUF_MODES
from tests.convert.gguf.weights.type_blocks import (
    HALF_TYPES,
    half_count,
    random_blocks,
    set_halves,
    sizes_of,
)

_NO_NUMBERS = [np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("type_name", GGMLQuantizationType.__members__)
def test_every_type_is_taken_or_refused_by_name(type_name: str) -> None:
    block_size, block_bytes = sizes_of(type_name)
    shape = (2, 2 * block_size)
    raw = np.zeros((2, 2 * block_bytes), np.uint8)
    if type_name not in TAKEN_TYPES:
        with pytest.raises(ModelRefused, match=type_name):
            form_of(type_name, shape, "faithful", "float16", can_pack=True)
        return
    for can_pack in (False, True):
        form = form_of(type_name, shape, "faithful", "float16", can_pack=can_pack)
        made = convert_rows(raw, type_name, form)
        for part, tensor in form.tensors(shape).items():
            assert made.parts[part].shape == tensor.shape
            assert made.parts[part].nbytes == tensor.size_bytes


def test_only_types_for_sums_in_between_are_refused() -> None:
    """No file holds them; of Q8_1 the package and ggml have blocks of two sizes."""
    names = {kind.name for kind in GGML_QUANT_SIZES}
    assert names - TAKEN_TYPES == {"Q8_1", "Q8_K"}


@pytest.mark.parametrize("type_name", ["Q4_2", "type 99", "Q8_K"])
def test_an_unknown_type_is_refused_by_name(type_name: str) -> None:
    with pytest.raises(ModelRefused, match=type_name):
        form_of(type_name, (4, 256), "exact", "float16", can_pack=True)


def test_float64_has_no_exact_form() -> None:
    with pytest.raises(ModelRefused, match="F64"):
        form_of("F64", (4,), "exact", "float32", can_pack=False)


@pytest.mark.parametrize("mode", GGUF_MODES)
def test_incomplete_blocks_are_refused(mode: str) -> None:
    with pytest.raises(ModelRefused, match="Q4_K"):
        form_of("Q4_K", (4, 128), mode, "float16", can_pack=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", _NO_NUMBERS)
@pytest.mark.parametrize("type_name", HALF_TYPES)
def test_a_scale_that_is_no_number_is_refused(type_name: str, number: float) -> None:
    for mode in GGUF_MODES:
        for which in range(half_count(type_name)):
            blocks = random_blocks(type_name, 8)
            set_halves(type_name, blocks[5:6], np.array([number], np.float16), which)
            form = form_of(
                type_name, (8, sizes_of(type_name)[0]), mode, "float16", can_pack=True
            )
            with pytest.raises(NotFinite):
                convert_rows(blocks, type_name, form)


@pytest.mark.parametrize(
    ("type_name", "scale", "codes"),
    [("MXFP4", 255, 0), ("MXFP4", 254, 0x04), ("MXFP4", 253, 0xE0), ("NVFP4", 255, 0)],
)
@pytest.mark.parametrize("can_pack", [True, False])
def test_a_small_scale_that_is_no_number_is_refused(
    type_name: str, scale: int, codes: int, can_pack: bool
) -> None:
    blocks = random_blocks(type_name, 2)
    blocks[1] = codes
    blocks[1, 0] = scale
    shape = (2, sizes_of(type_name)[0])
    form = form_of(type_name, shape, "faithful", "float16", can_pack=can_pack)
    with pytest.raises(NotFinite):
        convert_rows(blocks, type_name, form)


@pytest.mark.parametrize("type_name", ["Q4_0", "Q8_0", "Q3_K", "Q6_K", "IQ4_XS"])
def test_scales_too_large_for_float16_need_the_exact_mode(type_name: str) -> None:
    blocks = random_blocks(type_name, 8)
    set_halves(type_name, blocks, np.full(8, 60_000, np.float16))
    shape = (8, sizes_of(type_name)[0])
    faithful = form_of(type_name, shape, "faithful", "float16", can_pack=True)
    with pytest.raises(NotFinite):
        convert_rows(blocks, type_name, faithful)
    exact = form_of(type_name, shape, "exact", "float16", can_pack=True)
    made = convert_rows(blocks, type_name, exact)
    assert all(np.isfinite(part).all() for part in made.parts.values())
