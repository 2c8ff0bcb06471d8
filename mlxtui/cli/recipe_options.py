"""The options that say how weights are to be stored, shared by three commands."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from mlxtui import recipes
from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _
from mlxtui.recipes import FLOAT_TYPES, MIXED_RECIPES, MODES, Recipe

_Command = TypeVar("_Command", bound=Callable[..., Any])


def packing_options(command: _Command) -> _Command:
    """What `quantize` takes, and the others beside `--quantize`."""
    for option in reversed(_packing_options()):
        command = option(command)
    return command


def quantize_option(command: _Command) -> _Command:
    """`--quantize 4`, for the commands that need not quantize."""
    return click.option(
        "--quantize",
        metavar=_("BITS"),
        help=_("Quantize it then: 2 to 8 bits, a mode or a mixed recipe"),
    )(command)


def gguf_options(command: _Command) -> _Command:
    """What is chosen of GGUF files, and how their weights are taken over."""
    for option in (
        click.option(
            "--template",
            default="",
            metavar=_("FAMILY"),
            help=_("Chat template of this family, for a GGUF file without one"),
        ),
        click.option(
            "--exact",
            is_flag=True,
            help=_("Take a GGUF file's weights to the last bit, in more memory"),
        ),
        click.option("--file", default="", help=_("One file of several, as NAME.gguf")),
    ):
        command = option(command)
    return command


def _packing_options() -> list[Callable[[_Command], _Command]]:
    return [
        click.option(
            "--group-size", type=int, help=_("Weights that share a scale: 32, 64, 128")
        ),
        click.option(
            "--mode", type=click.Choice(MODES), help=_("How weights are packed")
        ),
        click.option(
            "--mixed",
            type=click.Choice(MIXED_RECIPES),
            help=_("More bits for the layers that need them"),
        ),
        click.option(
            "--fit",
            "fit_context",
            type=click.IntRange(min=1),
            metavar=_("TOKENS"),
            help=_("The best quality that fits this machine with so long a context"),
        ),
        click.option(
            "--dtype",
            type=click.Choice(FLOAT_TYPES),
            help=_("Type of the weights that are not packed"),
        ),
        click.option(
            "--no-measure",
            is_flag=True,
            help=_("Do not measure what the quantization costs"),
        ),
    ]


def recipe_from(options: dict[str, Any], bits: int | None = None) -> Recipe:
    """The recipe that the options ask for.

    Args:
        options: Those of `packing_options`, and `quantize` where it is one.
        bits: Of the option `--bits`.

    Raises:
        InvalidParameter: They contradict each other or MLX has no such form.
    """
    mode, mixed = options["mode"], options["mixed"]
    asked = options.get("quantize")
    if asked is not None:
        bits, mode, mixed = _read_quantize(asked, mode, mixed)
    fit_context = options["fit_context"] or 0
    group_size = options["group_size"]
    dequantizes = bool(options.get("dequantize"))
    ways = [mode is not None or bits is not None, mixed is not None, fit_context > 0]
    packs = any(ways) or group_size is not None
    if sum(ways) > 1 or (dequantizes and packs):
        raise InvalidParameter(
            _(
                "Bits or mode, a mixed recipe, fitting, and unpacking exclude each"
                " other."
            ),
            hint=_("Say one of them."),
        )
    quantization = None
    if packs and not fit_context:
        quantization = recipes.quantization(bits, group_size, mode or "affine")
    return Recipe(
        quantization=quantization,
        mixed=mixed,
        fit_context_tokens=fit_context,
        float_type=options["dtype"],
        dequantize=dequantizes,
        measure=not options["no_measure"],
    )


def _read_quantize(
    asked: str, mode: str | None, mixed: Any
) -> tuple[int | None, str | None, Any]:
    """The value of `--quantize`: bits, a mode, or a mixed recipe."""
    if asked in MODES:
        return None, asked, mixed
    if asked.replace("-", "_") in MIXED_RECIPES:
        return None, mode, asked.replace("-", "_")
    try:
        return int(asked), mode, mixed
    except ValueError:
        raise InvalidParameter(
            _("{value} is no number of bits.").format(value=asked),
            hint=_("Bits: {bits}; modes: {modes}; mixed recipes: {recipes}").format(
                bits=", ".join(map(str, recipes.BITS)),
                modes=", ".join(MODES),
                recipes=", ".join(MIXED_RECIPES),
            ),
        ) from None
