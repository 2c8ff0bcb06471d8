"""The optimizers of the training, and how their learning rates run."""

from collections.abc import Callable
from typing import Any, Final

import mlx.core as mx
import mlx.optimizers as optim

from mlxtui.guide.plan import Plan

_WARM_UP_STEPS: Final = 50
_LAST_RATE: Final = 0.02  # of the highest learning rate


def make_optimizer(plan: Plan) -> Any:
    """Returns the optimizer of all weights for a plan."""
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
