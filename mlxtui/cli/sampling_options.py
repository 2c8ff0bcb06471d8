"""The sampling parameters as options of a command."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from mlxtui.i18n import N_, _
from mlxtui.sampling import RANGES, SamplingParams

_Function = TypeVar("_Function", bound=Callable[..., Any])

_HELP = {
    "temperature": N_("Variety; 0 always takes the likeliest token"),
    "top_p": N_("Smallest set of tokens with this probability; 1 is off"),
    "top_k": N_("Only this many likeliest tokens; 0 is off"),
    "min_p": N_("Least share of the likeliest token's probability; 0 is off"),
    "repetition_penalty": N_("Makes repeated tokens less likely; 1 is off"),
    "presence_penalty": N_("Taken from tokens that already occurred; 0 is off"),
    "frequency_penalty": N_("Taken from tokens for each time they occurred; 0 is off"),
    "penalty_window": N_("How many of the last tokens the penalties look at"),
    "seed": N_("The same seed gives the same answer"),
    "max_tokens": N_("At most this many tokens"),
}


def sampling_options(function: _Function) -> _Function:
    """Add an option for each sampling parameter."""
    function = click.option(
        "--logit-bias",
        multiple=True,
        metavar="ID=VALUE",
        help=_("Added to the logit of a token id; may be repeated"),
    )(function)
    function = click.option(
        "--stop",
        multiple=True,
        metavar="TEXT",
        help=_("The answer ends before this text; may be repeated"),
    )(function)
    for name in reversed(tuple(RANGES)):
        allowed = RANGES[name]
        function = click.option(
            f"--{name.replace('_', '-')}",
            type=int if allowed.integer else float,
            metavar="N",
            help=f"{_(_HELP[name])} ({allowed})",
        )(function)
    return function


def sampling_from(options: dict[str, Any]) -> SamplingParams:
    """The parameters that were given, the others left to the model.

    Raises:
        InvalidParameter: One is out of its range.
        click.UsageError: A logit bias is not ID=VALUE.
    """
    values = {name: options[name] for name in RANGES if options.get(name) is not None}
    biases = {}
    for text in options["logit_bias"]:
        token, _equals, bias = text.partition("=")
        try:
            biases[int(token)] = float(bias)
        except ValueError as error:
            raise click.UsageError(
                _("--logit-bias takes ID=VALUE, not {text}").format(text=text)
            ) from error
    return SamplingParams(**values, stop=tuple(options["stop"]), logit_bias=biases)
