"""What `config.json` says of the packed layers, as mlx-lm's `load_model` reads it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.weights.form import Form
from mlxtui.recipes import Quantization


def quantization_entry(
    forms: Iterable[tuple[NewTensor, Form]],
) -> dict[str, Any] | None:
    """The entry `quantization`: that of most weights, and each layer that differs.

    Layers that are not packed need no entry: they have no scales.

    Returns:
        None where nothing is packed.
    """
    packed: dict[str, Quantization] = {}
    weights: Counter[Quantization] = Counter()
    for tensor, form in forms:
        if form.quantization is not None:
            packed[tensor.name.removesuffix(".weight")] = form.quantization
            weights[form.quantization] += tensor.size
    if not packed:
        return None
    ((usual, _count),) = weights.most_common(1)
    entry = _values(usual)
    for layer, quantization in packed.items():
        if quantization != usual:
            entry[layer] = _values(quantization)
    return entry


def _values(quantization: Quantization) -> dict[str, Any]:
    return {
        "group_size": quantization.group_size,
        "bits": quantization.bits,
        "mode": quantization.mode,
    }
