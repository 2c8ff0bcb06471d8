"""Running a network one block at a time, with only that block's weights in memory.

The network's own forward pass is called once for each block: the blocks before answer
with what they gave in their own turn, the block itself computes, and then the pass is
left. So every architecture works as its authors wrote it, masks, extra inputs and all.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from mlxtui.inference.fitting.probes import Call, Use, arrays_in, unwatch, watch


class _Enough(Exception):
    """The block whose turn it was has computed."""


class BlockRunner:
    """A network whose blocks compute one after another.

    Args:
        blocks: Modules of the network, as `network.layers` names them.
        sequences: Token ids, each (1, length).
        listened: Modules whose calls are to be heard.
    """

    def __init__(
        self,
        network: nn.Module,
        blocks: Sequence[Any],
        sequences: Sequence[mx.array],
        listened: Iterable[Any],
    ) -> None:
        self._network = network
        self._blocks = blocks
        self._sequences = sequences
        self._listened = list(listened)
        # What each turn gave, for each sequence.
        self._outputs: list[list[Any]] = [[] for _sequence in sequences]
        self._heard: dict[int, list[Use]] = {}
        self._is_listening = False
        self._turn = 0
        self._call = 0
        self._given: Use | None = None
        self._answers: list[Any] = []

    def order(self) -> list[int]:
        """The blocks' indexes in the order of their calls; computes nothing.

        A block that is called several times is there as often.
        """
        order: list[int] = []

        def noting(index: int) -> Any:
            def note(call: Call, block: Any, given: Any, keywords: Any) -> Any:
                order.append(index)
                return call(block, *given, **keywords)

            return note

        for index, block in enumerate(self._blocks):
            watch(block, noting(index))
        try:
            self._network(self._sequences[0])
        finally:
            for block in self._blocks:
                unwatch(block)
        for block in self._blocks:
            watch(block, self._answer)
        for module in self._listened:
            watch(module, self._hear)
        return order

    def run_turn(self, turn: int, sequence: int) -> tuple[Use, Any]:
        """Compute the block whose turn it is on one sequence.

        Returns:
            What it was given and what it gave, evaluated.
        """
        self._start(turn, sequence)
        try:
            self._network(self._sequences[sequence])
        except _Enough:
            pass
        given, output = self._given, self._answers[turn]
        assert given is not None
        mx.eval(arrays_in(output), arrays_in((given.arguments, given.keywords)))
        self._evaluate_heard()
        return given, output

    def run_rest(self, sequence: int) -> Any:
        """Let what lies outside the blocks be called; only its inputs are computed.

        Returns:
            What the network gives, not evaluated.
        """
        self._start(len(self._answers), sequence)
        self._is_listening = True
        try:
            output = self._network(self._sequences[sequence])
        finally:
            self._is_listening = False
        self._evaluate_heard()
        return output

    def take_heard(self, module: Any) -> list[Use]:
        """The calls of a module since they were last taken."""
        return self._heard.pop(id(module), [])

    def _start(self, turn: int, sequence: int) -> None:
        self._turn, self._call, self._given = turn, 0, None
        self._answers = self._outputs[sequence]

    def _evaluate_heard(self) -> None:
        uses = [use for uses in self._heard.values() for use in uses]
        mx.eval(arrays_in([(use.arguments, use.keywords) for use in uses]))

    def _answer(self, call: Call, block: Any, given: Any, keywords: Any) -> Any:
        at, self._call = self._call, self._call + 1
        if at < self._turn:
            return self._answers[at]
        self._given = Use(call, given, keywords)
        self._is_listening = True
        try:
            self._answers.append(self._given.repeat(block))
        finally:
            self._is_listening = False
        raise _Enough

    def _hear(self, call: Call, module: Any, given: Any, keywords: Any) -> Any:
        use = Use(call, given, keywords)
        if self._is_listening:
            self._heard.setdefault(id(module), []).append(use)
        return use.repeat(module)
