"""The network in training: its loss, and the gradient of that."""

from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.nn.losses import cross_entropy

from mlxtui.guide.conversation import Batch
from mlxtui.guide.network import hidden_states


@dataclass(frozen=True)
class LossPlan:
    """What the loss consists of.

    Attributes:
        dropout: Share of dropped channels.
        smoothing: Share of the probability given to all other tokens.
        choice_weight: Weight of the loss of the helping head.
    """

    dropout: float = 0.05
    smoothing: float = 0.02
    choice_weight: float = 1.0


def make_learner(network: Any, answer_count: int) -> Any:
    """Returns a network with a head that learns which answer a question gets.

    The head shapes the hidden state where an answer begins, and is thrown away
    after training.
    """
    make_module: Any = nn.Module  # untyped in mlx
    learner = make_module()
    learner.network = network
    learner.choice = nn.Linear(network.args.hidden_size, answer_count)
    return learner


def gradient_of(
    learner: Any, batch: Batch, plan: LossPlan, seed: int
) -> tuple[float, dict[str, Any]]:
    """Returns the mean loss of a batch and its gradient.

    Args:
        learner: What `make_learner` returned.
        batch: The conversations.
        plan: What the loss consists of.
        seed: Gives the dropout.
    """
    key = mx.random.key(seed)
    loss, gradient = nn.value_and_grad(learner, _loss)(learner, batch, plan, key)
    mx.eval(loss, gradient)
    return loss.item(), gradient


def _loss(learner: Any, batch: Batch, plan: LossPlan, key: mx.array) -> mx.array:
    network = learner.network
    states = hidden_states(network, mx.array(batch.tokens), plan.dropout, key)
    states = states.reshape(-1, states.shape[-1])
    logits = network.model.embed_tokens.as_linear(states[mx.array(batch.places)])
    losses = cross_entropy(
        logits, mx.array(batch.targets), label_smoothing=plan.smoothing
    )
    choice_losses = cross_entropy(
        learner.choice(states[mx.array(batch.starts)]),
        mx.array(batch.answer_numbers),
        label_smoothing=plan.smoothing,
    )
    weights = mx.array(batch.weights)
    answer_loss = (losses * weights).sum() / weights.sum()
    return answer_loss + plan.choice_weight * choice_losses.mean()
