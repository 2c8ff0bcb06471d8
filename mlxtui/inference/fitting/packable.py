"""Which modules of a network can be packed, in which ways, and what each way takes."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from mlxtui.recipes import BITS, Quantization

GROUP_SIZES = (64, 32)
"""128 saves little more, and costs quality."""


@dataclass(slots=True)
class Packable:
    """A module whose weights may be packed."""

    name: str
    """Its path, as `config.json` of mlx-lm names it."""
    module: Any
    settings: tuple[Quantization, ...]
    """Those that its shape and its architecture allow; may be empty."""
    shape: tuple[int, ...]
    item_bytes: int
    """Of one of its weights when it is not packed, and of a scale when it is."""

    @property
    def float_bytes(self) -> int:
        """What it takes as it is."""
        return self.parameter_count * self.item_bytes

    @property
    def parameter_count(self) -> int:
        """Its weights, without a bias."""
        return prod(self.shape)

    def packed_bytes(self, setting: Quantization) -> int:
        """What it takes when it is packed: codes, and a scale and a bias per group of
        the type that the weights have."""
        codes = self.parameter_count * setting.bits // 8
        groups = self.parameter_count // setting.group_size
        return codes + 2 * groups * self.item_bytes


def packable_modules(network: nn.Module) -> tuple[Packable, ...]:
    """All modules that have a packed form."""
    # What an architecture says of its own layers, routers above all: `False` keeps one
    # in float, a dictionary asks for at least so many bits.
    predicate: Callable[[str, nn.Module], Any] | None
    predicate = getattr(network, "quant_predicate", None)
    found: list[Packable] = []
    seen: set[int] = set()
    named: Any = network.named_modules()  # type: ignore[no-untyped-call]
    for name, module in named:
        if not hasattr(module, "to_quantized") or id(module) in seen:
            continue
        seen.add(id(module))
        wish = True if predicate is None else predicate(name, module)
        weight: mx.array = module["weight"]
        found.append(
            Packable(
                name=name,
                module=module,
                settings=_settings(weight.shape[-1], wish),
                shape=tuple(weight.shape),
                item_bytes=weight.itemsize,
            )
        )
    return tuple(found)


def _settings(input_length: int, wish: Any) -> tuple[Quantization, ...]:
    if not wish:
        return ()
    least_bits = int(wish.get("bits", 0)) if isinstance(wish, dict) else 0
    return tuple(
        Quantization(bits=bits, group_size=group_size)
        for bits in BITS
        for group_size in GROUP_SIZES
        if bits >= least_bits and input_length % group_size == 0
    )
