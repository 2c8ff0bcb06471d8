"""Sampling parameters: their ranges hold, and messages name them."""

import math
from typing import Any

import pytest

from mlxtui.errors import InvalidParameter
from mlxtui.sampling import (
    LOGIT_BIAS_RANGE,
    MAX_STOP_LENGTH,
    MAX_STOP_STRINGS,
    RANGES,
    Range,
    SamplingParams,
)

_INTEGERS = [name for name, allowed in RANGES.items() if allowed.integer]

_NO_USABLE_NUMBERS: dict[str, Any] = {
    "not a number": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "true": True,
    "false": False,
    "text": "1",
    "complex": 1j,
    "more than a float holds": 10**400,
    "less than a float holds": -(10**400),
}


def _just_outside(allowed: Range) -> tuple[float, float]:
    if allowed.integer:
        return allowed.low - 1, allowed.high + 1
    low, high = float(allowed.low), float(allowed.high)
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def _with(name: str, value: Any) -> SamplingParams:
    values: dict[str, Any] = {name: value}
    return SamplingParams(**values)


def _refusal(**values: Any) -> str:
    with pytest.raises(InvalidParameter) as refusal:
        SamplingParams(**values)
    return refusal.value.message


def test_every_number_among_the_parameters_has_a_range() -> None:
    unlimited = {"stop", "logit_bias"}
    assert set(RANGES) == set(SamplingParams.__dataclass_fields__) - unlimited


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_a_range_are_allowed(name: str) -> None:
    for value in (RANGES[name].low, RANGES[name].high):
        assert getattr(_with(name, value), name) == value


@pytest.mark.parametrize("name", RANGES)
def test_a_value_beyond_a_range_is_refused_with_name_value_and_range(
    name: str,
) -> None:
    for value in _just_outside(RANGES[name]):
        message = _refusal(**{name: value})
        assert name in message
        assert str(value) in message
        assert str(RANGES[name]) in message


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", _NO_USABLE_NUMBERS.values(), ids=_NO_USABLE_NUMBERS)
def test_what_is_no_usable_number_is_refused(name: str, value: Any) -> None:
    assert name in _refusal(**{name: value})


@pytest.mark.parametrize("name", _INTEGERS)
def test_a_fraction_is_refused_where_a_whole_number_is_wanted(name: str) -> None:
    assert name in _refusal(**{name: RANGES[name].low + 1.0})


@pytest.mark.parametrize("name", sorted(set(RANGES) - set(_INTEGERS)))
def test_a_whole_number_is_taken_where_a_fraction_may_be(name: str) -> None:
    assert getattr(_with(name, 1), name) == 1


@pytest.mark.parametrize("allowed", RANGES.values(), ids=RANGES)
def test_the_range_in_a_message_is_one_that_can_be_typed_in(allowed: Range) -> None:
    kind = int if allowed.integer else float
    low, high = str(allowed).split(" – ")
    assert (kind(low), kind(high)) == (allowed.low, allowed.high)


@pytest.mark.parametrize("bias", [LOGIT_BIAS_RANGE.low, 0, LOGIT_BIAS_RANGE.high])
def test_a_logit_bias_in_its_range_is_allowed(bias: float) -> None:
    assert SamplingParams(logit_bias={7: bias}).logit_bias == {7: bias}


@pytest.mark.parametrize("bias", [*_just_outside(LOGIT_BIAS_RANGE), math.nan])
def test_a_logit_bias_beyond_its_range_is_refused_with_its_token(bias: float) -> None:
    message = _refusal(logit_bias={4711: bias})
    assert "logit_bias" in message
    assert "4711" in message
    assert str(LOGIT_BIAS_RANGE) in message


def test_stop_texts_up_to_their_number_and_length_are_allowed() -> None:
    texts = ("x" * MAX_STOP_LENGTH,) * MAX_STOP_STRINGS
    assert SamplingParams(stop=texts).stop == texts


@pytest.mark.parametrize(
    "texts",
    [("",), ("x" * (MAX_STOP_LENGTH + 1),), ("x",) * (MAX_STOP_STRINGS + 1)],
    ids=["empty", "too long", "too many"],
)
def test_other_stop_texts_are_refused_with_the_limits(texts: tuple[str, ...]) -> None:
    message = _refusal(stop=texts)
    assert "stop" in message
    assert str(MAX_STOP_STRINGS) in message
    assert str(MAX_STOP_LENGTH) in message


def test_defaults_fill_only_what_was_not_given() -> None:
    given = SamplingParams(temperature=0.0, stop=("END",), logit_bias={1: 2.0})
    filled = given.with_defaults({"temperature": 0.7, "top_k": 40})
    assert filled == SamplingParams(
        temperature=0.0, top_k=40, stop=("END",), logit_bias={1: 2.0}
    )


def test_no_defaults_change_nothing() -> None:
    given = SamplingParams(seed=5, max_tokens=9)
    assert given.with_defaults({}) == given


def test_defaults_have_to_keep_to_the_ranges_too() -> None:
    with pytest.raises(InvalidParameter, match="top_p"):
        SamplingParams().with_defaults({"top_p": RANGES["top_p"].high + 1})
