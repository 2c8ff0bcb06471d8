"""Gives the embedding a first sense of the words, before the network trains.

A question as the mean of its tokens costs next to nothing against the network's
pass, and already chooses nine of ten held-out answers. The network then starts with
embeddings that say what a word has to do with.
"""

from collections.abc import Callable
from typing import Any, Final

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.nn.losses import cross_entropy

from mlxtui.guide.conversation import Packer

_BATCH_QUESTIONS: Final = 512
_RATE: Final = 5e-3
_REPORT_STEPS: Final = 250


def teach_first_sense(
    embedding: Any,
    packer: Packer,
    answer_count: int,
    steps: int,
    report: Callable[[str], None],
) -> None:
    """Trains an embedding in place to choose answers from the mean of tokens.

    Args:
        embedding: Of the network; keeps the scale of its weights.
        packer: Gives the questions.
        answer_count: Number of different answers in the examples of the packer.
        steps: Steps of 512 questions; 0 leaves the embedding as it is.
        report: Takes one line of progress at a time.
    """
    make_module: Any = nn.Module  # untyped in mlx
    learner = make_module()
    learner.embedding = embedding
    learner.norm = nn.RMSNorm(embedding.weight.shape[1])
    learner.choice = nn.Linear(embedding.weight.shape[1], answer_count)
    optimizer: Any = optim.Adam(optim.cosine_decay(_RATE, max(1, steps)))
    gradient = nn.value_and_grad(learner, _loss)
    scale = mx.sqrt(mx.square(embedding.weight).mean())
    for step in range(1, steps + 1):
        questions = [packer.question() for _ in range(_BATCH_QUESTIONS)]
        longest = max(len(tokens) for tokens, _ in questions)
        tokens = np.zeros((_BATCH_QUESTIONS, longest), dtype=np.int32)
        shares = np.zeros((_BATCH_QUESTIONS, longest, 1), dtype=np.float32)
        for row, (question, _) in enumerate(questions):
            tokens[row, : len(question)] = question
            shares[row, : len(question)] = 1.0 / len(question)
        numbers = np.array([number for _, number in questions], dtype=np.int32)
        loss, part = gradient(
            learner, mx.array(tokens), mx.array(shares), mx.array(numbers)
        )
        optimizer.update(learner, part)
        mx.eval(learner.parameters(), optimizer.state)
        if step % _REPORT_STEPS == 0:
            report(f"first sense {step}/{steps}  loss {loss.item():.3f}")
    trained = embedding.weight
    embedding.weight = trained * (scale / mx.sqrt(mx.square(trained).mean()))
    mx.eval(embedding.weight)


def _loss(
    learner: Any, tokens: mx.array, shares: mx.array, numbers: mx.array
) -> mx.array:
    mean = (learner.embedding(tokens) * shares).sum(axis=1)
    return cross_entropy(learner.choice(learner.norm(mean)), numbers).mean()
