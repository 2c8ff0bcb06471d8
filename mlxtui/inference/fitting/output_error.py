"""How much of a module's output is lost at each setting, measured on its real inputs.

The measure is t² = ‖(W - Ŵ) x‖² / ‖W x‖² over the inputs x of the shipped text, in
float32 whatever the model computes in: MLX's CPU build is imprecise in 16 bits. Of a
large weight a share of the rows, taken evenly, stands for all: rows are packed one by
one, so each is a sample of the same error.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.switch_layers import SwitchLinear

from mlxtui.inference.fitting.packable import Packable
from mlxtui.inference.fitting.probes import Use, arrays_in, in_float32, power_of
from mlxtui.inference.pace import Pace
from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.step import Work
from mlxtui.recipes import Quantization

Errors = dict[Quantization, float]
"""t² at each setting."""

# Weights of one module that are looked at: 512 rows of 4,096.
_SAMPLE_WEIGHTS = 2 * 1024**2
_LEAST_ROWS = 8
_FIRST_ROWS = 16

# Their output rows depend on one row of the weight each, so that rows can be left out.
_BY_ROWS = (nn.Linear.__call__, SwitchLinear.__call__, nn.Embedding.as_linear)


@dataclass(frozen=True, slots=True)
class _View:
    """One way of using a weight: which part of it counts, and the output's power."""

    rows: mx.array | None
    """Indexes on its second last axis; None takes the weight as a whole."""
    power: Callable[[mx.array], float]
    """The summed square of the output with this part of a weight."""


def output_errors(
    packable: Packable, uses: Sequence[Use], progress: Progress
) -> Work[Errors]:
    """Measure a module at all its settings; its weight is in memory.

    Args:
        uses: Its calls; without any, every input counts as equally likely, and t² is
            the relative error of the weight itself.
    """
    weight: mx.array = packable.module["weight"]
    errors = dict.fromkeys(packable.settings, 0.0)
    for view in _views(packable, uses):
        power, lost = 0.0, dict.fromkeys(packable.settings, 0.0)
        pace = Pace(_FIRST_ROWS, largest=1 << 20)
        for part in _parts(weight, view.rows, pace):
            wide = part.astype(mx.float32)
            power += view.power(wide)
            yield progress.step()
            for setting in packable.settings:
                started = time.perf_counter()
                rest = wide - packed(part, setting).astype(mx.float32)
                lost[setting] += view.power(rest)
                pace.took(part.shape[-2], time.perf_counter() - started)
                yield progress.step()
        for setting in packable.settings:
            errors[setting] += lost[setting] / power if power else 0.0
    return errors


def packed(weight: mx.array, setting: Quantization) -> mx.array:
    """A weight as it is after packing, in its own type."""
    form = (setting.group_size, setting.bits)
    codes, scales, biases = mx.quantize(weight, *form)
    return mx.dequantize(codes, scales, biases, *form).astype(weight.dtype)


@contextmanager
def replaced_weight(
    module: Any, weight: mx.array, *, with_bias: bool = True
) -> Iterator[None]:
    """Let a module compute with another weight for a while."""
    kept = dict(module)
    try:
        module["weight"] = weight
        if not with_bias:
            module.pop("bias", None)
        yield
    finally:
        module.clear()
        dict.update(module, kept)


def _views(packable: Packable, uses: Sequence[Use]) -> list[_View]:
    looked_up = [use for use in uses if use.call is nn.Embedding.__call__]
    by_rows = [use for use in uses if use.call in _BY_ROWS]
    known = (nn.Embedding.__call__, *_BY_ROWS)
    others = [use for use in uses if use.call not in known]
    views = []
    if looked_up:
        ids = mx.concatenate([use.arguments[0].flatten() for use in looked_up])
        views.append(_View(ids, _weight_power))
    if by_rows:
        views.append(_View(_sample(packable.shape), _output_power(packable, by_rows)))
    if others:
        views.append(_View(None, _output_power(packable, others)))
    return views or [_View(_sample(packable.shape), _weight_power)]


def _weight_power(weight: mx.array) -> float:
    return power_of([weight])


def _output_power(
    packable: Packable, uses: Sequence[Use]
) -> Callable[[mx.array], float]:
    wide_uses = [
        Use(use.call, in_float32(use.arguments), in_float32(use.keywords))
        for use in uses
    ]

    def power(weight: mx.array) -> float:
        with replaced_weight(packable.module, weight, with_bias=False):
            outputs = arrays_in([use.repeat(packable.module) for use in wide_uses])
        return power_of(outputs)

    return power


def _sample(shape: tuple[int, ...]) -> mx.array:
    """Rows that are looked at, evenly over all."""
    row_count = shape[-2]
    row_weights = shape[-1]
    for length in shape[:-2]:
        row_weights *= length
    wanted = max(_SAMPLE_WEIGHTS // row_weights, _LEAST_ROWS)
    return mx.arange(0, row_count, -(-row_count // wanted))


def _parts(weight: mx.array, rows: mx.array | None, pace: Pace) -> Iterator[mx.array]:
    if rows is None:
        yield weight
        return
    at = 0
    while at < rows.size:
        part = mx.take(weight, rows[at : at + pace.size], axis=-2)
        mx.eval(part)
        at += part.shape[-2]
        yield part
