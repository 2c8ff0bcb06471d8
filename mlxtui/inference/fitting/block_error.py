"""How much a module's error matters for its block: measured once for each module.

The output of a block is the stream that all later blocks read, normalised. A relative
error that one block adds to it therefore stays about the same relative error to the
end, and errors of all modules add up: to first order the loss grows with the sum of
squared relative errors (Malinovskii et al., Pushing the Limits of Large Language Model
Quantization via the Linearity Theorem, arXiv:2411.17525).
"""

import time
from collections.abc import Sequence
from typing import Any

import mlx.core as mx

from mlxtui.inference.fitting.output_error import packed, replaced_weight
from mlxtui.inference.fitting.packable import Packable
from mlxtui.inference.fitting.probes import Use, arrays_in, power_of
from mlxtui.inference.pace import Pace
from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.step import Work
from mlxtui.recipes import Quantization

# Coarse enough to stand out from rounding, fine enough to be no other model.
_REFERENCE_BITS = 4


def reference_setting(packable: Packable) -> Quantization:
    """The setting at which the error of the block is measured."""
    return min(
        packable.settings, key=lambda setting: abs(setting.bits - _REFERENCE_BITS)
    )


def block_error(
    packable: Packable,
    block: Any,
    turns: Sequence[tuple[Use, Any]],
    progress: Progress,
) -> Work[float]:
    """Relative squared error of a block's output when one module of it is packed.

    Args:
        turns: What the block was given and what it gave, for each sequence.
    """
    coarse = yield from _packed_in_steps(packable, progress)
    power = lost = 0.0
    for given, output in turns:
        with replaced_weight(packable.module, coarse):
            changed = _stream(given.repeat(block))
            mx.eval(changed)
        stream = _stream(output)
        power += power_of([stream])
        lost += power_of([changed - stream])
        yield progress.step()
    return lost / power if power else 0.0


def _stream(output: Any) -> mx.array:
    """What a block hands to the next one: the first array that it gives."""
    return arrays_in(output)[0].astype(mx.float32)


def _packed_in_steps(packable: Packable, progress: Progress) -> Work[mx.array]:
    weight: mx.array = packable.module["weight"]
    setting = reference_setting(packable)
    pace = Pace(64, largest=1 << 20)
    parts, at = [], 0
    while at < weight.shape[-2]:
        started = time.perf_counter()
        part = packed(weight[..., at : at + pace.size, :], setting)
        mx.eval(part)
        parts.append(part)
        at += part.shape[-2]
        pace.took(part.shape[-2], time.perf_counter() - started)
        yield progress.step()
    return mx.concatenate(parts, axis=-2)
