"""The quantizations that a place offers to choose from."""

import re
from collections.abc import Iterable, Mapping, Sequence

from mlxtui.convert.gguf.groups import Group, stem_of
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.parts import GgufParts
from mlxtui.convert.gguf.purpose import purpose_of
from mlxtui.convert.gguf.types import file_types
from mlxtui.plans import GgufChoice

_NAMED_TYPE = re.compile(
    r"(?<![A-Z0-9])(MXFP4|NVFP4|BF16|F16|F32|I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d)(?![A-Z0-9])",
    re.IGNORECASE,
)
# What some who publish quantizations set before the type: `UD-Q4_K_XL`, `i1-Q4_K_M`.
_MAKERS_MARK = re.compile(r"[-._](UD|i1)[-._]*$", re.IGNORECASE)


def quantization_of(parts: GgufParts) -> str:
    """How most weights are stored; llama.cpp's name for the mix where it agrees."""
    sizes: dict[str, int] = {}
    for tensor in parts.tensors.values():
        if len(tensor.shape) > 1:
            sizes[tensor.type_name] = sizes.get(tensor.type_name, 0) + tensor.size
    most = max(sizes, key=lambda name: sizes[name], default="")
    said = parts.facts.get("general.file_type")
    mix = file_types().get(said, "") if type(said) is int else ""
    return mix if most and mix.startswith(most) else most


def parameter_count(tensors: Iterable[GgufTensor]) -> int:
    """All elements of all tensors."""
    return sum(tensor.size for tensor in tensors)


def bits_per_weight(tensors: Mapping[str, GgufTensor]) -> float | None:
    """What a weight takes in the file; None where a type is not known, or none is
    there."""
    each = tensors.values()
    count = parameter_count(each)
    if not count or not all(tensor.size_bytes for tensor in each):
        return None
    return sum(tensor.size_bytes for tensor in each) * 8 / count


def choices_of(
    groups: Sequence[Group], known: Mapping[str, GgufParts]
) -> tuple[GgufChoice, ...]:
    """Those of the files that are models, or may be, smallest first.

    Args:
        known: What was read, by the first file of the group.
    """
    counts = {
        model_stem(file): parameter_count(parts.tensors.values())
        for file, parts in known.items()
        if parts.tensors
    }
    choices = []
    for group in groups:
        file = group.files[0]
        parts = known.get(file)
        if group.is_beside_models or (parts and not _writes_text(parts)):
            continue
        if parts and parts.tensors:
            quantization, bits = quantization_of(parts), bits_per_weight(parts.tensors)
        else:
            named = _NAMED_TYPE.findall(file)
            quantization = named[-1].upper() if named else ""
            count = 0 if group.missing else counts.get(model_stem(file), 0)
            bits = group.size_bytes * 8 / count if count else None
        choices.append(
            GgufChoice(
                file=file,
                quantization=quantization,
                size_bytes=group.size_bytes,
                bits_per_weight=bits,
            )
        )
    return tuple(sorted(choices, key=lambda choice: choice.size_bytes))


def model_stem(file: str) -> str:
    """What is left of a name without its quantization: the same for all of a model."""
    stem = stem_of(file)
    for match in _NAMED_TYPE.finditer(stem):
        before = _MAKERS_MARK.sub("", stem[: match.start()])
        return (before.rstrip("-._") + stem[match.end() :]).lower()
    return stem.lower()


def _writes_text(parts: GgufParts) -> bool:
    return purpose_of(parts.facts, parts.tensors).kind == "gguf"
