"""SamplingParams as the callables that mlx-lm's BatchGenerator takes per row."""

from collections.abc import Callable, Sequence
from functools import cache

import mlx.core as mx
from mlx_lm.sample_utils import (
    apply_min_p,
    apply_top_k,
    apply_top_p,
    categorical_sampling,
    greedy_sampler,
    make_logits_processors,
)

from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _
from mlxtui.sampling import SamplingParams

Sampler = Callable[[mx.array], mx.array]
"""Log probabilities (rows, vocabulary) to token ids (rows,)."""

LogitsProcessor = Callable[[mx.array, mx.array], mx.array]
"""Context token ids (n,) and logits (1, vocabulary) to logits (1, vocabulary)."""

# 2^64 divided by the golden ratio, odd: neighbouring seeds get distant key sequences
# (Knuth, The Art of Computer Programming 3, 6.4).
_GOLDEN_RATIO_64 = 0x9E3779B97F4A7C15
_MASK_64 = 2**64 - 1


def make_sampler(
    params: SamplingParams, vocabulary_size: int, *, tokens_made: int = 0
) -> Sampler:
    """The sampler of one request.

    Requests without a seed share one sampler per parameters, which BatchGenerator then
    calls once for all its rows; a seeded one has keys of its own, so that its tokens
    do not depend on its neighbours.

    Args:
        tokens_made: How many tokens the request already has, to go on where its keys
            were.
    """
    temperature = params.temperature or 0.0
    if temperature == 0:
        return greedy_sampler  # type: ignore[no-any-return]
    filters = (
        params.top_p or 0.0,
        params.min_p or 0.0,
        _top_k(params.top_k, vocabulary_size),
    )
    if params.seed is None:
        return _shared_sampler(temperature, *filters)
    return _SeededSampler(params.seed, temperature, filters, tokens_made)


def _top_k(top_k: int | None, vocabulary_size: int) -> int:
    """0 is off; so is the whole vocabulary, which mlx-lm would refuse."""
    return top_k if top_k and top_k < vocabulary_size else 0


@cache
def _shared_sampler(
    temperature: float, top_p: float, min_p: float, top_k: int
) -> Sampler:
    def sample(logprobs: mx.array) -> mx.array:
        filtered = _filtered(logprobs, (top_p, min_p, top_k))
        return categorical_sampling(filtered, temperature)  # type: ignore[no-any-return]

    return sample


class _SeededSampler:
    """Samples step i with a key made of the seed and i."""

    def __init__(
        self,
        seed: int,
        temperature: float,
        filters: tuple[float, float, int],
        tokens_made: int,
    ) -> None:
        self._base = seed * _GOLDEN_RATIO_64
        self._temperature = temperature
        self._filters = filters
        self._step = tokens_made

    def __call__(self, logprobs: mx.array) -> mx.array:
        key = mx.random.key((self._base + self._step) & _MASK_64)
        self._step += 1
        filtered = _filtered(logprobs, self._filters)
        return mx.random.categorical(filtered * (1 / self._temperature), key=key)


def _filtered(logprobs: mx.array, filters: tuple[float, float, int]) -> mx.array:
    """In mlx-lm's order: top_p, min_p, top_k."""
    top_p, min_p, top_k = filters
    if 0 < top_p < 1:
        logprobs = apply_top_p(logprobs, top_p)
    if min_p > 0:
        logprobs = apply_min_p(logprobs, min_p)
    if top_k > 0:
        logprobs = apply_top_k(logprobs, top_k)
    return logprobs


def make_processors(
    params: SamplingParams, vocabulary_size: int
) -> Sequence[LogitsProcessor]:
    """The penalties and the bias of one request; none where all are neutral.

    Raises:
        InvalidParameter: A biased token is not in the model's vocabulary.
    """
    for token_id in params.logit_bias:
        if not 0 <= token_id < vocabulary_size:
            raise InvalidParameter(
                _("logit_bias of token {token}: this model has tokens {range}.").format(
                    token=token_id, range=f"0 – {vocabulary_size - 1}"
                )
            )
    penalty = params.repetition_penalty
    window = params.penalty_window
    processors: list[LogitsProcessor] = make_logits_processors(
        logit_bias=dict(params.logit_bias) or None,
        repetition_penalty=None if penalty == 1 else penalty,
        repetition_context_size=window,
        presence_penalty=params.presence_penalty,
        presence_context_size=window,
        frequency_penalty=params.frequency_penalty,
        frequency_context_size=window,
    )
    return processors
