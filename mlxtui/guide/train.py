"""Trains the guide's network on conversations of its questions and answers."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import mlx.core as mx
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_unflatten
from tokenizers import Tokenizer

from mlxtui.guide.conversation import Packer
from mlxtui.guide.examples import Example
from mlxtui.guide.first_sense import teach_first_sense
from mlxtui.guide.helper import Helper
from mlxtui.guide.learner import LossPlan, gradient_of, make_learner
from mlxtui.guide.network import make_network


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        steps: Steps of the optimizer.
        first_sense_steps: Steps of `teach_first_sense`.
        tokens: Tokens of one step and process.
        helpers: Processes besides this one.
        short_share: Share of the steps, the first ones, with short conversations.
        short_length: Tokens of a short conversation: one or two questions.
        lengths: Tokens of a conversation in the later steps, in turn.
        learning_rate: The highest of AdamW, after the warm-up.
        embedding_rate: The same for the embedding.
        matrix_rate: The highest of Muon, which trains the matrices of the layers.
        weight_decay: Of AdamW, per learning rate.
        loss: What the loss consists of.
    """

    steps: int
    first_sense_steps: int = 0
    tokens: int = 1536
    helpers: int = 0
    short_share: float = 0.4
    short_length: int = 64
    lengths: tuple[int, ...] = (192, 64, 192, 768)
    learning_rate: float = 3e-3
    # Lower: at 3e-3 it could move 30 times its own size, away from the first sense.
    embedding_rate: float = 1e-3
    matrix_rate: float = 0.02
    weight_decay: float = 0.1
    loss: LossPlan = field(default_factory=LossPlan)


_WARM_UP_STEPS: Final = 50
_LAST_RATE: Final = 0.02  # of the highest learning rate
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
    optimizer = _optimizer(plan)
    parts = plan.helpers + 1
    with ExitStack() as stack:
        helpers = [
            stack.enter_context(
                Helper(
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
            for part, helper in enumerate(helpers, start=1):
                helper.begin(learner, conversations, length, first_seed + part)
            batch = packer.batch(conversations, length)
            results = [gradient_of(learner, batch, plan.loss, first_seed)]
            results += [helper.result() for helper in helpers]
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


def _optimizer(plan: Plan) -> Any:
    # Muon needs half the tokens that AdamW alone needs for the same loss, but is
    # made for matrices; the embedding and the norms stay with AdamW.
    return optim.MultiOptimizer(
        [
            optim.Muon(_schedule(plan, plan.matrix_rate), weight_decay=0.0),
            optim.AdamW(
                _schedule(plan, plan.embedding_rate), weight_decay=plan.weight_decay
            ),
            optim.AdamW(
                _schedule(plan, plan.learning_rate), weight_decay=plan.weight_decay
            ),
        ],
        [
            lambda path, weight: ".layers." in path and weight.ndim == 2,
            lambda path, _: "embed_tokens" in path,
        ],
    )


def _schedule(plan: Plan, highest: float) -> Callable[[mx.array], mx.array]:
    warm_up = min(_WARM_UP_STEPS, max(1, plan.steps // 5))
    rise = optim.linear_schedule(0.0, highest, warm_up)
    fall = optim.cosine_decay(
        highest, max(1, plan.steps - warm_up), highest * _LAST_RATE
    )
    schedule: Callable[[mx.array], mx.array] = optim.join_schedules(
        [rise, fall], [warm_up]
    )
    return schedule
