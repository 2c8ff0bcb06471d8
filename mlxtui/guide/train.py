"""Trains the guide's network on conversations of its questions and answers."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from random import Random
from typing import Any, Final

import mlx.core as mx
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_unflatten
from tokenizers import Tokenizer

from mlxtui.guide.conversation import Packer
from mlxtui.guide.examples import Example
from mlxtui.guide.first_sense import teach_first_sense
from mlxtui.guide.gradient_process import GradientProcess
from mlxtui.guide.learner import gradient_of, make_learner
from mlxtui.guide.network import make_network
from mlxtui.guide.optimizer import make_optimizer
from mlxtui.guide.plan import Plan

_GRADIENT_LIMIT: Final = 1.0  # norm
_REPORT_STEPS: Final = 25


def train(
    config: dict[str, Any],
    answer_count: int,
    examples: Sequence[Example],
    tokenizer: Tokenizer,
    plan: Plan,
    seed: int,
    report: Callable[[str], None],
) -> Any:
    """Trains a fresh network; the same arguments give the same weights.

    Args:
        config: Configuration of the network.
        answer_count: Number of different answers in the examples.
        examples: The questions with their answers.
        tokenizer: Encodes them.
        plan: How to train.
        seed: Gives the first weights, the order, the variations and the dropout.
        report: Takes one line of progress at a time.

    Returns:
        The network, of `mlx_lm`.
    """
    started = time.monotonic()
    mx.random.seed(seed)
    learner = make_learner(make_network(config), answer_count)
    packer = Packer(examples, tokenizer, Random(seed))
    teach_first_sense(
        learner.network.model.embed_tokens,
        packer,
        answer_count,
        plan.first_sense_steps,
        report,
    )
    optimizer = make_optimizer(plan)
    parts = plan.extra_processes + 1
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                GradientProcess(
                    config, answer_count, examples, tokenizer, plan.loss, seed + part
                )
            )
            for part in range(1, parts)
        ]
        for step in range(1, plan.steps + 1):
            length = plan.lengths[step % len(plan.lengths)]
            if step <= plan.short_share * plan.steps:
                length = plan.short_length
            conversations = max(1, plan.tokens // length)
            first_seed = (seed * plan.steps + step) * parts
            for part, process in enumerate(processes, start=1):
                process.begin(learner, conversations, length, first_seed + part)
            batch = packer.batch(conversations, length)
            results = [gradient_of(learner, batch, plan.loss, first_seed)]
            results += [process.result() for process in processes]
            losses, gradients = zip(*results, strict=True)
            _improve(learner, optimizer, gradients)
            if step % _REPORT_STEPS == 0 or step == plan.steps:
                seconds = time.monotonic() - started
                loss = sum(losses) / parts
                report(f"step {step}/{plan.steps}  loss {loss:.3f}  {seconds:.0f} s")
    return learner.network


def _improve(learner: Any, optimizer: Any, gradients: Sequence[Any]) -> None:
    # By name: the module also holds lists without weights, which do not travel.
    flat = [dict(tree_flatten(gradient)) for gradient in gradients]
    mean = tree_unflatten(
        [(name, sum(part[name] for part in flat) / len(flat)) for name in flat[0]]
    )
    clip: Any = optim.clip_grad_norm  # untyped in mlx
    mean, _ = clip(mean, _GRADIENT_LIMIT)
    optimizer.update(learner, mean)
    mx.eval(learner.parameters(), optimizer.state)
