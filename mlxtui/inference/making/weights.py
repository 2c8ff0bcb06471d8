"""The weights of an opened model, of which rows can be asked for."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import mlx.core as mx

from mlxtui.inference.making.boxes import Box, slices
from mlxtui.inference.making.graph import Graph, Value
from mlxtui.inference.making.leaf_reader import LeafReader
from mlxtui.inference.making.opened import Arrays, OpenedModel, all_arrays
from mlxtui.inference.making.tracing import trace


class Weight(Protocol):
    """One weight."""

    def part(self, box: Box) -> mx.array:
        """A box of it; good until the next piece is started."""


class StoredWeight:
    """A tensor as it is in the file."""

    def __init__(self, reader: LeafReader, name: str) -> None:
        self._reader = reader
        self.name = name

    def part(self, box: Box) -> mx.array:
        return self._reader.read(self.name, box)

    def part_bytes(self, box: Box) -> bytes:
        """The same as bytes, without MLX."""
        return self._reader.read_bytes(self.name, box)


class ComputedWeight:
    """Made of tensors, a part at a time."""

    def __init__(self, graph: Graph, value: Value) -> None:
        self._graph = graph
        self._value = value

    def part(self, box: Box) -> mx.array:
        return self._graph.compute(self._value, box)


class WholeWeight:
    """Made of tensors in one go, since nothing is known of how."""

    def __init__(self, array: mx.array) -> None:
        self._array = array

    def part(self, box: Box) -> mx.array:
        mx.eval(self._array)
        return self._array[slices(box)] if box else self._array


class Weights:
    """All of a model. Engine thread only.

    Args:
        opened: Its `weights` are taken: they are forgotten one by one.
    """

    def __init__(self, opened: OpenedModel, reader: LeafReader) -> None:
        self._opened = opened
        self._reader = reader
        self._tensors: Arrays = {}
        self._group: int | None = None
        self._computed: dict[str, ComputedWeight] = {}
        untouched = set(opened.origins.values())
        changed = [name for name in opened.weights if name not in opened.origins]
        self._changed = _by_layer(name for name in changed if name in opened.sanitized)
        self._consumed = _by_layer(
            name for name in opened.stored if name not in untouched
        )
        self._parts: dict[tuple[int | None, str], list[str]] = {}
        for layer, names in self._consumed.items():
            for name in names:
                self._parts.setdefault((layer, _part(name)), []).append(name)

    def tensors_of(self, name: str) -> list[str]:
        """Names of the tensors that a weight is likely made of: those of the same part
        of its layer, as `mlp`, where there are any."""
        if name in self._opened.origins:
            return [self._opened.origins[name]]
        in_part = self._parts.get((_layer(name), _part(name)))
        return in_part or self._consumed.get(_layer(name), [])

    def open_tensors(self) -> Iterator[Path]:
        """Open the files for what is computed, one after the other."""
        if self._changed:
            for file in self._opened.files:
                self._tensors |= all_arrays([file])
                yield file

    def is_traced_next(self, name: str) -> bool:
        """Whether `weight` takes a while, since a new layer's way has to be found."""
        return (
            name not in self._opened.origins
            and name in self._opened.sanitized
            and (not self._computed or self._group != _layer(name))
        )

    def weight(self, name: str) -> Weight:
        """One of them."""
        if name in self._opened.origins:
            return StoredWeight(self._reader, self._opened.origins[name])
        if self.is_traced_next(name):
            self._trace(_layer(name))
        if name in self._computed:
            return self._computed[name]
        return WholeWeight(self._opened.weights[name])

    def forget(self, name: str) -> None:
        """Free what is held for one of them; it is not asked for again."""
        self._opened.weights.pop(name, None)
        self._computed.pop(name, None)

    def _trace(self, layer: int | None) -> None:
        self._group = layer
        self._computed = {}
        wanted = [name for name in self._changed[layer] if name in self._opened.weights]
        traced = trace(
            self._opened.sanitizer(),
            self._tensors,
            self._consumed.get(layer, []),
            wanted,
            self._reader.read,
        )
        if traced is not None:
            graph, values = traced
            self._computed = {
                name: ComputedWeight(graph, value) for name, value in values.items()
            }


def _by_layer(names: Iterable[str]) -> dict[int | None, list[str]]:
    groups: dict[int | None, list[str]] = {}
    for name in names:
        groups.setdefault(_layer(name), []).append(name)
    return groups


def _layer(name: str) -> int | None:
    """The first number in a name: what is made of one layer stays in it."""
    for part in name.split("."):
        if part.isdecimal():
            return int(part)
    return None


def _part(name: str) -> str:
    """What follows the layer's number: `self_attn`, `mlp`, …"""
    parts = name.split(".")
    numbers = [index for index, part in enumerate(parts[:-1]) if part.isdecimal()]
    return parts[numbers[0] + 1] if numbers else ""
