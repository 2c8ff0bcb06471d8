"""A network reads the windows and says, at each position, what it expects next."""

import time
from collections.abc import Callable

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import numpy.typing as npt
from mlx_lm.models.cache import make_prompt_cache

from mlxtui.inference.pace import Pace
from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.quality.top_logits import log_probabilities
from mlxtui.inference.quality.windows import Windows
from mlxtui.inference.step import Work

Losses = npt.NDArray[np.float32]
"""(positions,): minus the log-probability of the token that came, in nats."""

_FIRST_TOKENS = 8
_LARGEST_TOKENS = 512
# One chunk's log-probabilities in float32; several arrays of this size are alive.
_LOGITS_BYTES = 64 * 1024**2


def read_windows(
    network: nn.Module,
    windows: Windows,
    take: Callable[[mx.array, Losses], None],
    progress: Progress,
) -> Work[None]:
    """Read all windows, in chunks that a conversation can wait for.

    Args:
        take: Called in order with the log-probabilities (positions, vocabulary) of a
            chunk and the losses at its positions.
    """
    pace = Pace(_FIRST_TOKENS, largest=_LARGEST_TOKENS)
    for window in windows:
        cache = make_prompt_cache(network)
        at, end = 0, len(window) - 1
        while at < end:
            # Powers of two: a GPU plans for each shape anew.
            stop = min(at + (1 << (pace.size.bit_length() - 1)), end)
            started = time.perf_counter()
            logits = network(mx.array([window[at:stop]]), cache=cache)[0]
            expected = log_probabilities(logits)
            targets = mx.array(window[at + 1 : stop + 1])[:, None]
            losses = -mx.take_along_axis(expected, targets, axis=-1)[:, 0]
            mx.eval(expected, losses)
            take(expected, np.array(losses))
            pace.limit(min(_LARGEST_TOKENS, _LOGITS_BYTES // (4 * logits.shape[-1])))
            pace.took(stop - at, time.perf_counter() - started)
            progress.done += stop - at
            at = stop
            del logits, expected, targets, losses
            yield progress.step()
