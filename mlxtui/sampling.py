"""How the next token is chosen: the parameters, their ranges and their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _


@dataclass(frozen=True, slots=True)
class Range:
    """An allowed range, both ends included."""

    low: float
    high: float
    integer: bool = False

    def __str__(self) -> str:
        form = "d" if self.integer else "g"
        return f"{self.low:{form}} – {self.high:{form}}"

    def contains(self, value: object) -> bool:
        """Whether the value is a number of the right kind inside the range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.integer and not isinstance(value, int):
            return False
        return self.low <= value <= self.high


RANGES: Mapping[str, Range] = {
    "temperature": Range(0, 2),
    "top_p": Range(0, 1),
    "top_k": Range(0, 1_000_000, integer=True),
    "min_p": Range(0, 1),
    "repetition_penalty": Range(0.1, 2),
    "presence_penalty": Range(-2, 2),
    "frequency_penalty": Range(-2, 2),
    "penalty_window": Range(1, 1_000_000, integer=True),
    "seed": Range(0, 2**63 - 1, integer=True),
    "max_tokens": Range(1, 10_000_000, integer=True),
}
"""OpenAI's ranges where it has the parameter; 0.1 to 2 is what does not break text."""

LOGIT_BIAS_RANGE = Range(-100, 100)
"""As in OpenAI's API: -100 bans a token, 100 forces it."""

MAX_STOP_STRINGS = 16
MAX_STOP_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """Sampling parameters of one request; None takes the model's own default.

    Raises:
        InvalidParameter: One is outside its range; the message names it and the range.
    """

    temperature: float | None = None
    """0 always takes the likeliest token."""
    top_p: float | None = None
    """Smallest set of tokens with this much probability; 0 and 1 switch it off."""
    top_k: int | None = None
    """This many likeliest tokens; 0 switches it off."""
    min_p: float | None = None
    """Tokens with at least this share of the likeliest one's probability."""
    repetition_penalty: float | None = None
    """Divides the logits of tokens in the window; 1 is none (arXiv:1909.05858)."""
    presence_penalty: float | None = None
    """Taken once from the logit of each token in the window (OpenAI)."""
    frequency_penalty: float | None = None
    """Taken from the logit for each time that a token is in the window (OpenAI)."""
    penalty_window: int = 64
    """How many of the last tokens, prompt included, the three penalties look at."""
    seed: int | None = None
    """The same seed gives the same tokens."""
    max_tokens: int | None = None
    """At most this many tokens; None is what the context has left."""
    stop: tuple[str, ...] = ()
    """The answer ends before the first of these texts."""
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    """Token id to what is added to its logit."""

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            value = getattr(self, name)
            if value is not None and not allowed.contains(value):
                raise InvalidParameter(
                    _("{name} is {value}, allowed is {range}.").format(
                        name=name, value=value, range=allowed
                    )
                )
        if len(self.stop) > MAX_STOP_STRINGS or not all(
            0 < len(text) <= MAX_STOP_LENGTH for text in self.stop
        ):
            raise InvalidParameter(
                _(
                    "stop takes up to {count} texts of 1 to {length} characters each."
                ).format(count=MAX_STOP_STRINGS, length=MAX_STOP_LENGTH)
            )
        for token_id, bias in self.logit_bias.items():
            if not LOGIT_BIAS_RANGE.contains(bias):
                raise InvalidParameter(
                    _(
                        "logit_bias of token {token} is {value}, allowed is {range}."
                    ).format(token=token_id, value=bias, range=LOGIT_BIAS_RANGE)
                )

    def with_defaults(self, defaults: Mapping[str, Any]) -> "SamplingParams":
        """These parameters, with the model's defaults where they are None."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in defaults.items():
            if values.get(name) is None:
                values[name] = value
        return SamplingParams(**values)
