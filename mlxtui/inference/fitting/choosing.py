"""Choosing bits for each layer, so that a model fits into a number of bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.inference import runtime
from mlxtui.inference.fitting.allocation import Option, allocate
from mlxtui.inference.fitting.output_error import Errors
from mlxtui.inference.fitting.packable import Packable, packable_modules
from mlxtui.inference.fitting.probes import in_float32
from mlxtui.inference.fitting.reason import reason_for_bits, reason_for_float
from mlxtui.inference.fitting.sensitivity import Sensitivity, text_pieces
from mlxtui.inference.making.decisions import decide
from mlxtui.inference.making.opened import open_model
from mlxtui.inference.making.source_files import stored_tensors, weight_files
from mlxtui.inference.quality.loading import arrays
from mlxtui.inference.quality.progress import Progress, in_thread
from mlxtui.inference.quality.windows import text_windows
from mlxtui.inference.step import Work
from mlxtui.recipes import FloatType, Quantization, Recipe
from mlxtui.units import bytes_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How each layer is to be stored."""

    layers: Mapping[str, Quantization | None]
    """By the layer's path in `config.json`; None stays in float."""
    size_bytes: int
    """Of all weights, those that cannot be packed included."""
    bits_per_weight: float
    """With scales and biases, over all weights."""
    reason: str
    """Why, for the user; a sentence or two."""


def choose_layers(
    source: Path, *, budget_bytes: int, float_type: FloatType | None = None
) -> Work[Choice]:
    """Choose the best setting for each layer that all weights together have room for.

    Every layer is measured at every setting (2 to 8 bits in groups of 64 and 32, and
    as it is) by what its output loses on the shipped texts, weighted with what its
    block's output then loses (`block_error`); `allocation.allocate` chooses.

    Args:
        source: Folder of a model; a packed one is unpacked first.
        budget_bytes: What the weights may take.
        float_type: Type of what is not packed; None keeps the source's.

    Raises:
        JobRefused: Even the smallest setting of all layers takes more.
        ModelRefused: The folder cannot be loaded.
    """
    try:
        return (yield from _chosen(source, budget_bytes, float_type))
    finally:
        runtime.free_unused()


def _chosen(
    source: Path, budget_bytes: int, float_type: FloatType | None
) -> Work[Choice]:
    progress = Progress(stage="quantize", unit="steps", total=1)
    progress.note = _("Choosing the bits of each layer.")
    yield progress.step()
    files = weight_files(source)
    opened = open_model(source, files, stored_tensors(files))
    decide(opened, Recipe(dequantize=True, float_type=float_type), {})
    network = opened.network
    del opened  # it holds on to weights that are read
    yield progress.step()
    packables = packable_modules(network)
    weights = arrays(network)
    parameter_count = sum(array.size for array in weights)
    float_bytes = sum(array.nbytes for array in weights)
    del weights
    fixed_bytes = float_bytes - sum(each.float_bytes for each in packables)
    least_bytes = fixed_bytes + sum(_least_bytes(each) for each in packables)
    if least_bytes > budget_bytes:
        raise JobRefused(
            _(
                "{name} takes {needed} even with its fewest bits, {budget} are there."
            ).format(
                name=source.name,
                needed=bytes_text(least_bytes),
                budget=bytes_text(budget_bytes),
            ),
            hint=_("Choose a shorter context or a smaller model."),
        )
    if float_bytes <= budget_bytes:
        return Choice(
            layers={each.name: None for each in packables},
            size_bytes=float_bytes,
            bits_per_weight=float_bytes * 8 / parameter_count,
            reason=reason_for_float(size_bytes=float_bytes, budget_bytes=budget_bytes),
        )
    if mx.default_device() == mx.cpu:
        # MLX's CPU build is slow and imprecise in 16 bits, and has no such products
        # for experts.
        _widen(network)
    windows = yield from in_thread(lambda: text_windows(source), progress)
    able = [each for each in packables if each.settings]
    progress.total = len(able)
    errors = yield from Sensitivity(
        source, network, able, text_pieces(windows), progress
    ).measure()
    chosen = allocate(
        {each.name: _options(each, errors.get(each.name, {})) for each in packables},
        budget_bytes - fixed_bytes,
    )
    size_bytes = fixed_bytes + sum(option.size_bytes for option in chosen.values())
    bits_per_weight = size_bytes * 8 / parameter_count
    layers = {name: option.quantization for name, option in chosen.items()}
    return Choice(
        layers=layers,
        size_bytes=size_bytes,
        bits_per_weight=bits_per_weight,
        reason=reason_for_bits(
            {each.name: _bits(each, layers[each.name]) for each in able},
            {each.name: each.parameter_count for each in able},
            size_bytes=size_bytes,
            budget_bytes=budget_bytes,
            bits_per_weight=bits_per_weight,
        ),
    )


def _bits(packable: Packable, setting: Quantization | None) -> float:
    return packable.item_bytes * 8 if setting is None else setting.bits


def _widen(network: nn.Module) -> None:
    # In a function: a name for the weights would hold them after they are dropped.
    weights: Any = network.parameters()  # type: ignore[no-untyped-call]
    network.update(in_float32(weights))


def _as_it_is(packable: Packable) -> Option:
    return Option(None, packable.float_bytes, 0.0)


def _options(packable: Packable, errors: Errors) -> list[Option]:
    return [_as_it_is(packable)] + [
        Option(setting, packable.packed_bytes(setting), error)
        for setting, error in errors.items()
    ]


def _least_bytes(packable: Packable) -> int:
    packed = [packable.packed_bytes(setting) for setting in packable.settings]
    return min([packable.float_bytes, *packed])
