"""What each setting of each module costs, with one block's weights in memory at a time.

What it holds to the end: the weights outside the blocks that a block's input is made
from (embeddings), and each block's output, a few megabytes.
"""

import logging
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from mlxtui.inference.fitting.block_error import block_error, reference_setting
from mlxtui.inference.fitting.blocks import BlockRunner
from mlxtui.inference.fitting.output_error import Errors, output_errors
from mlxtui.inference.fitting.packable import Packable
from mlxtui.inference.model import LOADING_ERRORS
from mlxtui.inference.quality.loading import arrays, read_weights
from mlxtui.inference.quality.progress import Progress
from mlxtui.inference.quality.windows import Windows
from mlxtui.inference.step import Work

_log = logging.getLogger(__name__)

# One of each text; one piece is what a block reads in one step.
_PIECE_TOKENS = 64
_PIECES = 3


def text_pieces(windows: Windows) -> list[mx.array]:
    """Short pieces of the texts, evenly over all of them; each (1, length)."""
    pieces = [
        window[at : at + _PIECE_TOKENS]
        for window in windows
        for at in range(0, max(len(window) - _PIECE_TOKENS, 1), _PIECE_TOKENS)
    ]
    last = len(pieces) - 1
    places = sorted({round(at * last / (_PIECES - 1)) for at in range(_PIECES)})
    return [mx.array([pieces[place]]) for place in places]


class Sensitivity:
    """Measures the modules of one network.

    Args:
        folder: Of the network, for messages.
        network: Built, its weights not read yet; they are gone afterwards.
        packables: Those of its modules that have settings.
        pieces: Token ids, each (1, length).
    """

    def __init__(
        self,
        folder: Path,
        network: nn.Module,
        packables: Sequence[Packable],
        pieces: list[mx.array],
        progress: Progress,
    ) -> None:
        self._folder = folder
        self._network: Any = network
        self._all = packables
        self._packables = {id(each.module): each for each in self._all}
        self._blocks: list[Any] = list(getattr(network, "layers", None) or ())
        self._pieces = pieces
        self._progress = progress
        self._runner = BlockRunner(
            network,
            self._blocks,
            pieces,
            (each.module for each in self._all),
        )
        self._errors: dict[str, Errors] = {}
        # How much of a module's error its block's output shows.
        self._gains: dict[str, float] = {}

    def measure(self) -> Work[dict[str, Errors]]:
        """Errors by module and setting; those of all modules add up.

        Raises:
            ModelRefused: The weights cannot be read.
        """
        try:
            order = self._runner.order()
        except LOADING_ERRORS as error:
            # Rare code that wants values at once: the weights alone still tell much.
            _log.warning("%s: only its weights are measured: %r", self._folder, error)
            order = None
        if order is not None:
            last_turns = {index: turn for turn, index in enumerate(order)}
            for turn, index in enumerate(order):
                is_last = last_turns[index] == turn
                yield from self._measure_block(turn, self._blocks[index], is_last)
            for number in range(len(self._pieces)):
                self._runner.run_rest(number)
                yield self._progress.step()
        for packable in list(self._packables.values()):
            yield from self._measure_module(packable)
        return self._weighted()

    def _measure_block(self, turn: int, block: Any, is_last: bool) -> Work[None]:
        yield from read_weights(self._folder, arrays(block), self._progress)
        turns = []
        for number in range(len(self._pieces)):
            turns.append(self._runner.run_turn(turn, number))
            yield self._progress.step()
        if not is_last:
            return
        for module in block.modules():
            packable = self._packables.get(id(module))
            if packable is None:
                continue
            yield from self._measure_module(packable)
            errors = self._errors[packable.name]
            if seen := errors[reference_setting(packable)]:
                lost = yield from block_error(packable, block, turns, self._progress)
                self._gains[packable.name] = lost / seen
        self._forget(block)

    def _measure_module(self, packable: Packable) -> Work[None]:
        module = packable.module
        del self._packables[id(module)]
        yield from read_weights(self._folder, arrays(module), self._progress)
        uses = self._runner.take_heard(module)
        self._errors[packable.name] = yield from output_errors(
            packable, uses, self._progress
        )
        self._progress.done += 1
        yield self._progress.step()

    def _forget(self, block: Any) -> None:
        """Let a block's weights go; what others use as well stays."""
        mine = {id(module) for module in block.modules()}
        others = {
            id(array)
            for module in self._network.modules()
            if id(module) not in mine
            for array in module.values()
        }
        for module in block.modules():
            for name, value in module.items():
                if isinstance(value, mx.array) and id(value) not in others:
                    # Of the same form, and never computed: it takes no memory.
                    module[name] = mx.zeros(value.shape, value.dtype)

    def _weighted(self) -> dict[str, Errors]:
        """Errors of outputs as errors of what the blocks hand on."""
        usual = statistics.median(self._gains.values()) if self._gains else 1.0
        in_blocks = {id(each) for block in self._blocks for each in block.modules()}
        gains = {
            name: self._gains.get(name, usual if is_inside else 1.0)
            for name, is_inside in (
                (each.name, id(each.module) in in_blocks) for each in self._all
            )
        }
        return {
            name: {setting: gains[name] * error for setting, error in errors.items()}
            for name, errors in self._errors.items()
        }
