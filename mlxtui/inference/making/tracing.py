"""What an architecture's `sanitize` does to tensors, as a computation kept as data."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mlx.core as mx

from mlxtui.inference.making.graph import Graph, Node, ReadBox, Value
from mlxtui.inference.making.opened import Arrays
from mlxtui.inference.model import LOADING_ERRORS


def trace(
    sanitize: Callable[[Arrays], Arrays],
    tensors: Arrays,
    traced: Sequence[str],
    wanted: Sequence[str],
    read: ReadBox,
) -> tuple[Graph, dict[str, Value]] | None:
    """How weights are made of tensors.

    Args:
        tensors: All tensors of the files, unevaluated.
        traced: Names of those that the wanted weights are made of. Where another one
            comes in, there is no way that could be written down.
        wanted: Names of the weights.

    Returns:
        The computation and what stands for each weight in it; None where it cannot
        be written down.
    """
    made: list[str] = []

    def make(*inputs: mx.array) -> list[mx.array]:
        weights = sanitize({**tensors, **dict(zip(traced, inputs, strict=True))})
        made[:] = [name for name in wanted if name in weights]
        return [weights[name] for name in made]

    reports: list[dict[str, Any]] = []
    try:
        with _exportable():
            mx.export_function(
                reports.append, make, *(tensors[name] for name in traced)
            )
    except LOADING_ERRORS:
        return None
    nodes: dict[str, Node] = {}
    symbols: list[Value] = []
    inputs: dict[str, str] = {}
    constants: Arrays = {}
    for report in reports:
        match report["type"]:
            case "inputs":
                names = [value[0] for value in report["inputs"]]
                inputs = dict(zip(names, traced, strict=True))
            case "outputs":
                symbols = _values(report["outputs"])
            case "constants":
                constants = dict(report["constants"])
            case "primitive":
                values = tuple(_values(report["inputs"]))
                for index, output in enumerate(_values(report["outputs"])):
                    nodes[output.symbol] = Node(
                        name=report["name"],
                        arguments=tuple(report["arguments"]),
                        inputs=values,
                        output=output,
                        output_index=index,
                    )
    graph = Graph(nodes, inputs, constants, read)
    values_made = dict(zip(made, symbols, strict=True))
    return graph, {
        name: value for name, value in values_made.items() if graph.can_compute(value)
    }


def _values(reported: list[tuple[str, Any, Any]]) -> list[Value]:
    return [Value(symbol, tuple(shape)) for symbol, shape, _dtype in reported]


@contextmanager
def _exportable() -> Iterator[None]:
    """Stand-ins for the two operations that MLX 0.32 cannot export.

    A copy in the order of memory changes no value. That of 8-bit floats is written
    down as a cast and an inverse error function, which no architecture needs.
    """
    namespace: Any = mx
    contiguous, from_fp8 = mx.contiguous, mx.from_fp8
    namespace.contiguous = lambda array, *_args, **_options: array
    namespace.from_fp8 = lambda array, dtype=mx.bfloat16, **_options: mx.erfinv(
        array.astype(dtype)
    )
    try:
        yield
    finally:
        namespace.contiguous, namespace.from_fp8 = contiguous, from_fp8
