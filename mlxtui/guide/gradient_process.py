"""A second process that works out the gradient of half of each training step.

Most operations of MLX's CPU build use one core, and two streams of one process
hardly run at the same time: training with them kept 1.2 of two cores busy.
"""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from mlx.utils import tree_flatten, tree_unflatten
from tokenizers import Tokenizer

from mlxtui.guide.conversation import Packer
from mlxtui.guide.examples import Example
from mlxtui.guide.learner import LossPlan, gradient_of, make_learner
from mlxtui.guide.memory import keep_freed_memory
from mlxtui.guide.network import make_network

_Arrays = dict[str, npt.NDArray[np.float32]]


class GradientProcess:
    """Holds the process; use as a context manager, so that it always ends."""

    def __init__(
        self,
        config: dict[str, Any],
        answer_count: int,
        examples: Sequence[Example],
        tokenizer: Tokenizer,
        plan: LossPlan,
        seed: int,
    ) -> None:
        """Starts the process.

        Args:
            config: Configuration of the network.
            answer_count: Number of different answers in the examples.
            examples: Questions that the process packs into its own batches.
            tokenizer: Encodes them.
            plan: What the loss consists of.
            seed: Gives the batches.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(
            target=_work,
            args=(
                other,
                config,
                answer_count,
                list(examples),
                tokenizer.to_str(),
                plan,
                seed,
            ),
            daemon=True,
        )
        self._process.start()
        other.close()

    def __enter__(self) -> "GradientProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join()

    def begin(self, learner: Any, conversations: int, length: int, seed: int) -> None:
        """Starts on the gradient of a batch at the weights of a learner."""
        weights = _to_numpy(learner.parameters())
        self._connection.send((weights, conversations, length, seed))

    def result(self) -> tuple[float, dict[str, Any]]:
        """Waits for the loss and the gradient.

        Raises:
            EOFError: If the process has died.
        """
        loss, gradient = self._connection.recv()
        return loss, _to_mlx(gradient)


def _work(
    connection: Connection,
    config: dict[str, Any],
    answer_count: int,
    examples: list[Example],
    tokenizer: str,
    plan: LossPlan,
    seed: int,
) -> None:
    keep_freed_memory()
    packer = Packer(examples, Tokenizer.from_str(tokenizer), Random(seed))
    learner = make_learner(make_network(config), answer_count)
    while True:
        try:
            weights, conversations, length, dropout_seed = connection.recv()
        except EOFError:
            return
        learner.update(_to_mlx(weights))
        batch = packer.batch(conversations, length)
        loss, gradient = gradient_of(learner, batch, plan, dropout_seed)
        connection.send((loss, _to_numpy(gradient)))


def _to_numpy(tree: Any) -> _Arrays:
    arrays: Any = tree_flatten(tree)
    return {name: np.array(array) for name, array in arrays}


def _to_mlx(arrays: _Arrays) -> Any:
    return tree_unflatten([(name, mx.array(array)) for name, array in arrays.items()])
