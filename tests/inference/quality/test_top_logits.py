"""Distributions by their most likely tokens."""

import mlx.core as mx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.inference.quality.top_logits import (
    divergence,
    log_probabilities,
    taken_at,
    top_of,
)


def _random(seed: int, vocabulary_size: int, scale: float) -> mx.array:
    numbers = np.random.default_rng(seed).normal(0, scale, (3, vocabulary_size))
    return log_probabilities(mx.array(numbers.astype(np.float32)))


def _whole(source: mx.array, result: mx.array) -> np.ndarray:
    p, q = np.array(source, np.float64), np.array(result, np.float64)
    total: np.ndarray = (np.exp(p) * (p - q)).sum(axis=-1)
    return total


@given(
    seed=st.integers(0, 10_000),
    vocabulary_size=st.integers(2, 700),
    scale=st.sampled_from([0.0, 0.1, 1.0, 5.0, 30.0]),
)
@settings(max_examples=60, deadline=None)
def test_the_top_gives_a_lower_bound_and_the_whole_of_a_small_vocabulary(
    seed: int, vocabulary_size: int, scale: float
) -> None:
    source = _random(seed, vocabulary_size, scale)
    result = _random(seed + 1, vocabulary_size, scale)
    top = top_of(source)
    bound = divergence(top, taken_at(result, mx.array(top.ids)))
    whole = _whole(source, result)
    assert np.all(np.isfinite(bound))
    assert np.all(bound >= -1e-5)
    assert np.all(bound <= whole + 1e-4 * (1 + whole))
    if vocabulary_size <= 128:
        np.testing.assert_allclose(bound, whole, rtol=1e-3, atol=1e-5)


def test_the_most_likely_tokens_are_kept_and_all_mass_is_counted() -> None:
    source = _random(1, 1000, 3.0)
    top = top_of(source)
    best = np.sort(np.array(source), axis=-1)[:, -128:]
    np.testing.assert_allclose(np.sort(top.top, axis=-1), best)
    mass = np.exp(top.top).sum(axis=-1) + np.exp(top.rest)
    np.testing.assert_allclose(mass, 1, rtol=1e-4)
