"""Watching the calls of a network's modules without changing the network.

A watched module gets a class of its own, made from its class, whose calls go through a
function; its attributes, its type and its place in the network stay what they were, so
that this works for every architecture.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten, tree_map

Call = Callable[..., Any]
"""A module's own function, unwatched; takes the module first."""
Around = Callable[[Call, Any, tuple[Any, ...], dict[str, Any]], Any]

# Embeddings that are also the output layer are called by the second name.
_METHODS = ("__call__", "as_linear")


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a module, with what it was given."""

    call: Call
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    def repeat(self, module: Any) -> Any:
        """Call it once more with the same."""
        return self.call(module, *self.arguments, **self.keywords)


def watch(module: Any, around: Around) -> None:
    """Let all calls of a module go through a function."""
    own_class = type(module)

    def through(call: Call) -> Call:
        def watched(self: Any, *arguments: Any, **keywords: Any) -> Any:
            return around(call, self, arguments, keywords)

        return watched

    methods = {
        name: through(getattr(own_class, name))
        for name in _METHODS
        if hasattr(own_class, name)
    }
    module.__class__ = type(own_class.__name__, (own_class,), methods)


def unwatch(module: Any) -> None:
    """Give a module its own class back."""
    module.__class__ = type(module).__mro__[1]


def arrays_in(tree: Any) -> list[mx.array]:
    """All arrays in tuples, lists and dictionaries."""
    flat: Any = tree_flatten(tree)
    return [leaf for _name, leaf in flat if isinstance(leaf, mx.array)]


def power_of(arrays: Iterable[mx.array]) -> float:
    """The summed square of all items of some arrays."""
    squares = mx.stack([mx.square(array).sum() for array in arrays])
    power: Any = squares.sum().item()
    return float(power)


def in_float32(tree: Any) -> Any:
    """The same with every floating array in float32."""

    def wide(leaf: Any) -> Any:
        if isinstance(leaf, mx.array) and mx.issubdtype(leaf.dtype, mx.floating):
            return leaf.astype(mx.float32)
        return leaf

    return tree_map(wide, tree)
