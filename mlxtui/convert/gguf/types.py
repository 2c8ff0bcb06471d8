"""The tables of GGUF; the `gguf` package is imported when one is needed."""

from collections.abc import Mapping
from functools import cache


@cache
def type_names() -> Mapping[int, str]:
    """ggml's name of each type of tensors by its number: `Q4_K`."""
    from gguf.constants import GGMLQuantizationType

    return {one.value: one.name for one in GGMLQuantizationType}


@cache
def block_sizes() -> Mapping[str, tuple[int, int]]:
    """Elements of a block and its bytes, by the type's name."""
    from gguf.constants import GGML_QUANT_SIZES

    return {one.name: sizes for one, sizes in GGML_QUANT_SIZES.items()}


@cache
def file_types() -> Mapping[int, str]:
    """`general.file_type`: llama.cpp's name of each mix of types, as `Q4_K_M`."""
    from gguf.constants import LlamaFileType

    return {
        one.value: one.name.removeprefix("MOSTLY_")
        .removeprefix("ALL_")
        .removesuffix("_MOE")
        for one in LlamaFileType
        if one is not LlamaFileType.GUESSED
    }


def row_bytes(type_name: str, width: int) -> int:
    """Bytes that a row of so many elements takes.

    Raises:
        KeyError: The type is not known.
    """
    elements, block_bytes = block_sizes()[type_name]
    return width // elements * block_bytes
