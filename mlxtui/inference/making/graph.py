"""A computation of arrays, kept as data, of which parts can be asked for.

Asking MLX for a few rows of a lazy array computes all of it. Here a box of the result
is traced back to the boxes of the tensors that it is made of, so that a stack of a
hundred experts is read, computed and written a few rows at a time.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from mlxtui.inference.making.boxes import (
    Box,
    Shape,
    cover,
    flat_range,
    shape_of,
    slices,
)

ReadBox = Callable[[str, Box], mx.array]
"""Reads a part of the tensor of that name."""


@dataclass(frozen=True, slots=True)
class Value:
    """An array of the computation."""

    symbol: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. Names and arguments are those of `mx.export_function`."""

    name: str
    arguments: tuple[Any, ...]
    inputs: tuple[Value, ...]
    output: Value
    output_index: int


class Graph:
    """Operations that lead from tensors and constants to arrays.

    Args:
        nodes: By the symbol of what they give.
        tensors: Symbols of the tensors, and their names.
        constants: Small arrays that are part of the computation.
        read: Gives parts of the tensors.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        tensors: Mapping[str, str],
        constants: Mapping[str, mx.array],
        read: ReadBox,
    ) -> None:
        self._nodes = nodes
        self._tensors = tensors
        self._constants = constants
        self._read = read

    def can_compute(self, value: Value) -> bool:
        """Whether all operations on the way to a value are known here."""
        seen: set[str] = set()
        waiting = [value]
        while waiting:
            symbol = waiting.pop().symbol
            if symbol in seen or symbol not in self._nodes:
                continue
            seen.add(symbol)
            node = self._nodes[symbol]
            if node.name not in _RULES and node.name not in _ELEMENTWISE:
                return False
            waiting.extend(node.inputs)
        return True

    def compute(self, value: Value, box: Box) -> mx.array:
        """A part of a value, unevaluated."""
        if value.symbol in self._tensors:
            return self._read(self._tensors[value.symbol], box)
        if value.symbol in self._constants:
            constant = self._constants[value.symbol]
            return constant[slices(box)] if box else constant
        node = self._nodes[value.symbol]
        if node.name in _ELEMENTWISE:
            inputs = [self.compute(each, box) for each in node.inputs]
            return _ELEMENTWISE[node.name](node, inputs)
        return _RULES[node.name](self, node, box)

    def node_of(self, value: Value) -> Node:
        """The operation that gives a value."""
        return self._nodes[value.symbol]


def _reshape(graph: Graph, node: Node, box: Box) -> mx.array:
    """Both shapes count the same elements, in the order of memory."""
    source, shape = node.inputs[0], node.output.shape
    if not shape:
        return graph.compute(source, tuple((0, 1) for _axis in source.shape)).reshape(
            ()
        )
    start, stop = flat_range(shape, box)
    outer = cover(shape, start, stop)
    start, stop = flat_range(shape, outer)
    source_box = cover(source.shape, start, stop)
    offset = flat_range(source.shape, source_box)[0] if source_box else 0
    flat = graph.compute(source, source_box).reshape(-1)
    part = flat[start - offset : stop - offset].reshape(shape_of(outer))
    if outer == box:
        return part
    return part[
        tuple(
            slice(inner[0] - around[0], inner[1] - around[0])
            for inner, around in zip(box, outer, strict=True)
        )
    ]


def _transpose(graph: Graph, node: Node, box: Box) -> mx.array:
    axes = list(node.arguments[0])
    source_box = [(0, 0)] * len(axes)
    for position, axis in enumerate(axes):
        source_box[axis] = box[position]
    return graph.compute(node.inputs[0], tuple(source_box)).transpose(axes)


def _slice(graph: Graph, node: Node, box: Box) -> mx.array:
    starts, _stops, strides = node.arguments
    source_box = tuple(
        (first + start * stride, first + (stop - 1) * stride + 1)
        for (start, stop), first, stride in zip(box, starts, strides, strict=True)
    )
    part = graph.compute(node.inputs[0], source_box)
    if all(stride == 1 for stride in strides):
        return part
    return part[tuple(slice(None, None, stride) for stride in strides)]


def _split(graph: Graph, node: Node, box: Box) -> mx.array:
    indexes, axis = node.arguments
    shift = (0, *indexes)[node.output_index]
    start, stop = box[axis]
    moved = (*box[:axis], (start + shift, stop + shift), *box[axis + 1 :])
    return graph.compute(node.inputs[0], moved)


def _concatenate(graph: Graph, node: Node, box: Box) -> mx.array:
    axis: int = node.arguments[0]
    start, stop = box[axis]
    parts, first = [], 0
    for value in node.inputs:
        last = first + value.shape[axis]
        if first < stop and start < last:
            own = (max(start - first, 0), min(stop, last) - first)
            parts.append(graph.compute(value, (*box[:axis], own, *box[axis + 1 :])))
        first = last
    return mx.concatenate(parts, axis) if len(parts) > 1 else parts[0]


def _broadcast(graph: Graph, node: Node, box: Box) -> mx.array:
    source = node.inputs[0]
    own = box[len(box) - len(source.shape) :]
    part = graph.compute(
        source,
        tuple(
            (0, 1) if length == 1 else each
            for length, each in zip(source.shape, own, strict=True)
        ),
    )
    return mx.broadcast_to(part, shape_of(box))


def _pad(graph: Graph, node: Node, box: Box) -> mx.array:
    axes, lows, _highs = node.arguments
    source, fill = node.inputs
    inside, around = list(box), [(0, 0)] * len(box)
    for axis, low in zip(axes, lows, strict=True):
        start, stop = box[axis]
        length = source.shape[axis]
        first = min(max(start - low, 0), length)
        last = min(max(stop - low, first), length)
        inside[axis] = (first, last)
        before = min(max(low - start, 0), stop - start)
        around[axis] = (before, stop - start - before - (last - first))
    if not math.prod(shape_of(tuple(inside))):
        return mx.broadcast_to(graph.compute(fill, ()), shape_of(box))
    part = graph.compute(source, tuple(inside))
    return mx.pad(part, around, constant_values=graph.compute(fill, ()))


def _view(graph: Graph, node: Node, box: Box) -> mx.array:
    """The same bytes as another type; only the last axis changes its length."""
    source, dtype = node.inputs[0], node.arguments[0]
    if not box:
        return graph.compute(source, box).view(dtype)
    wide, narrow = source.shape[-1], node.output.shape[-1]
    start, stop = box[-1]
    first = start * wide // narrow
    last = -(-stop * wide // narrow)
    part = graph.compute(source, (*box[:-1], (first, last)))
    # The view wants its elements side by side.
    part = mx.contiguous(part).view(dtype)
    shift = start - first * narrow // wide
    return part[..., shift : shift + stop - start]


def _from_fp8(graph: Graph, node: Node, box: Box) -> mx.array:
    """See `tracing`: an 8-bit float, written as an operation that can be exported."""
    cast = graph.node_of(node.inputs[0])
    return mx.from_fp8(graph.compute(cast.inputs[0], box), dtype=cast.arguments[0])


_RULES: dict[str, Callable[[Graph, Node, Box], mx.array]] = {
    "Broadcast": _broadcast,
    "Concatenate": _concatenate,
    "ErfInv": _from_fp8,
    "ExpandDims": _reshape,
    "Flatten": _reshape,
    "Pad": _pad,
    "Reshape": _reshape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _reshape,
    "Transpose": _transpose,
    "Unflatten": _reshape,
    "View": _view,
}

# `mx.export_function` numbers the operations on bits.
_ON_BITS: tuple[Callable[[mx.array, mx.array], mx.array], ...] = (
    mx.bitwise_and, mx.bitwise_or, mx.bitwise_xor, mx.left_shift, mx.right_shift,
)  # fmt: skip

_ELEMENTWISE: dict[str, Callable[[Node, list[mx.array]], mx.array]] = {
    "Abs": lambda _node, inputs: mx.abs(inputs[0]),
    "Add": lambda _node, inputs: mx.add(inputs[0], inputs[1]),
    "AsType": lambda node, inputs: inputs[0].astype(node.arguments[0]),
    "BitwiseBinary": lambda node, inputs: _ON_BITS[node.arguments[0]](*inputs),
    "Divide": lambda _node, inputs: mx.divide(inputs[0], inputs[1]),
    "Exp": lambda _node, inputs: mx.exp(inputs[0]),
    "Maximum": lambda _node, inputs: mx.maximum(inputs[0], inputs[1]),
    "Minimum": lambda _node, inputs: mx.minimum(inputs[0], inputs[1]),
    "Multiply": lambda _node, inputs: mx.multiply(inputs[0], inputs[1]),
    "Negative": lambda _node, inputs: mx.negative(inputs[0]),
    "Sigmoid": lambda _node, inputs: mx.sigmoid(inputs[0]),
    "Square": lambda _node, inputs: mx.square(inputs[0]),
    "Subtract": lambda _node, inputs: mx.subtract(inputs[0], inputs[1]),
}
