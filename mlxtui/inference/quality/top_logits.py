"""A distribution over the vocabulary by its most likely tokens and the others' mass."""

from dataclasses import dataclass

import mlx.core as mx
import numpy as np
import numpy.typing as npt

TOP = 128
"""How many tokens are kept of each distribution, of a smaller vocabulary all."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TopLogits:
    """The next-token distributions at some positions, in log-probabilities."""

    ids: npt.NDArray[np.uint32]
    """(positions, top)."""
    top: Floats
    """(positions, top), in the order of the ids."""
    rest: Floats
    """(positions,): of all other tokens together; -inf where there are none."""


def log_probabilities(logits: mx.array) -> mx.array:
    """(positions, vocabulary) in float32, whatever the model computes in."""
    wide = logits.astype(mx.float32)
    return wide - mx.logsumexp(wide, axis=-1, keepdims=True)


def top_of(log_probabilities: mx.array) -> TopLogits:
    """Keep the most likely tokens of distributions (positions, vocabulary)."""
    top = min(TOP, log_probabilities.shape[-1])
    ids = mx.argpartition(-log_probabilities, kth=top - 1, axis=-1)[:, :top]
    return taken_at(log_probabilities, ids)


def taken_at(log_probabilities: mx.array, ids: mx.array) -> TopLogits:
    """The same of distributions at ids (positions, top) that are given."""
    top = mx.take_along_axis(log_probabilities, ids, axis=-1)
    if ids.shape[-1] == log_probabilities.shape[-1]:
        rest = mx.full(ids.shape[:1], -mx.inf)
    else:
        # Of the others, not 1 minus the top: their mass is often below float32's step.
        others = mx.put_along_axis(
            log_probabilities, ids, mx.array(-mx.inf, mx.float32), axis=-1
        )
        rest = mx.logsumexp(others, axis=-1)
    mx.eval(ids, top, rest)
    return TopLogits(
        np.array(ids.astype(mx.uint32)), np.array(top), np.array(rest, np.float32)
    )


def divergence(source: TopLogits, result: TopLogits) -> npt.NDArray[np.float64]:
    """KL divergence of the result from the source at each position, in nats.

    The tokens outside the top count as one: the sum is then a lower bound of the
    divergence over the whole vocabulary, by the log sum inequality (Cover and Thomas,
    Elements of Information Theory, 2nd edition, theorem 2.7.1), and equal to it where
    the vocabulary is no larger than the top.

    Args:
        result: At the same ids.
    """
    of_top: npt.NDArray[np.float64] = _terms(source.top, result.top).sum(axis=-1)
    return of_top + _terms(source.rest, result.rest)


def _terms(source: Floats, result: Floats) -> npt.NDArray[np.float64]:
    """p (log p - log q); 0 where p is 0."""
    p, q = source.astype(np.float64), result.astype(np.float64)
    is_possible = np.isfinite(p)
    ratio = np.subtract(p, q, where=is_possible, out=np.zeros_like(p))
    terms: npt.NDArray[np.float64] = np.exp(p) * ratio
    return terms
