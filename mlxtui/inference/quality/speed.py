"""How fast a network writes, from a short greedy answer."""

import statistics
import time

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.cache import make_prompt_cache

from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.step import Work

SPEED_TOKENS = 48
"""Tokens of the answer."""

_PROMPT_TOKENS = 32


def generation_speed(
    network: nn.Module, prompt: tuple[int, ...], progress: Progress
) -> Work[float]:
    """Tokens per second, from the median step: others work between the steps."""
    cache = make_prompt_cache(network)
    # One token at a time, as cheap as decoding: no step holds anybody up.
    for token in prompt[:_PROMPT_TOKENS]:
        newest = mx.argmax(network(mx.array([[token]]), cache=cache)[:, -1], axis=-1)
        mx.eval(newest)
        yield progress.step()
    seconds: list[float] = []
    for _token in range(SPEED_TOKENS):
        started = time.perf_counter()
        newest = mx.argmax(network(newest[:, None], cache=cache)[:, -1], axis=-1)
        mx.eval(newest)
        seconds.append(time.perf_counter() - started)
        progress.done += 1
        yield progress.step()
    return 1 / statistics.median(seconds)
