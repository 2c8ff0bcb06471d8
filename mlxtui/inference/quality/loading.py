"""Opening a model's network and reading its weights in short steps."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model

from mlxtui.inference.cpu_floats import widen_scales
from mlxtui.inference.model import LOADING_ERRORS, refusal
from mlxtui.inference.pace import Pace
from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.step import Work

_FIRST_BYTES = 4 * 1024**2
_LARGEST_BYTES = 256 * 1024**2


def weight_bytes(folder: Path) -> int:
    """Bytes of a folder's weight files."""
    return sum(file.stat().st_size for file in folder.glob("model*.safetensors"))


def open_network(folder: Path) -> nn.Module:
    """Build a network whose weights are read when something needs them.

    Raises:
        ModelRefused: mlx-lm cannot build it; the message says what it said.
    """
    try:
        network: nn.Module
        network, _config = load_model(folder, lazy=True, trust_remote_code=False)
        widen_scales(network)
        return network
    except LOADING_ERRORS as error:
        raise refusal(folder, error) from error


def arrays(module: nn.Module) -> list[mx.array]:
    """All weights of a module and what is in it."""
    flat: Any = tree_flatten(module.parameters())  # type: ignore[no-untyped-call]
    return [array for _name, array in flat]


def read_weights(
    folder: Path, weights: Iterable[mx.array], progress: Progress
) -> Work[None]:
    """Read lazily loaded weights in steps; one tensor is the least that a step takes.

    Raises:
        ModelRefused: A file of the folder cannot be read.
    """
    pace = Pace(_FIRST_BYTES, largest=_LARGEST_BYTES)
    part: list[mx.array] = []
    part_bytes = 0
    waiting = list(weights)
    while waiting:
        array = waiting.pop(0)
        part.append(array)
        part_bytes += array.nbytes
        if waiting and part_bytes < pace.size:
            continue
        started = time.perf_counter()
        try:
            mx.eval(part)
        except LOADING_ERRORS as error:
            raise refusal(folder, error) from error
        pace.took(part_bytes, time.perf_counter() - started)
        part, part_bytes = [], 0
        yield progress.step()
