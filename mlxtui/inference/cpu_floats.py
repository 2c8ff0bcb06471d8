"""Wider floats for packed weights where there is no GPU."""

from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten

_NARROW = (mx.float16, mx.bfloat16)


def widen_scales(network: nn.Module) -> None:
    """Let a packed model compute in 32 bits on MLX's CPU build; others stay.

    There a product with 16-bit scales is imprecise, and takes 8 (bfloat16) to 35
    (float16) times as long as one with 32-bit scales (MLX 0.32.4, 4 bits, rows of
    2,048). Each scale and bias takes two bytes more.
    """
    if mx.default_device() != mx.Device(mx.cpu):
        return
    flat: Any = tree_flatten(network.parameters())  # type: ignore[no-untyped-call]
    arrays: dict[str, mx.array] = dict(flat)
    if not any(name.endswith(".scales") for name in arrays):
        return
    network.load_weights(
        [
            (name, array.astype(mx.float32))
            for name, array in arrays.items()
            if array.dtype in _NARROW and (array.ndim < 2 or _is_of_packed(name))
        ],
        strict=False,
    )


def _is_of_packed(name: str) -> bool:
    return name.endswith((".scales", ".biases"))
