"""Colours for terminals that have 256 of them.

Rich's own reduction takes each channel for itself: dark greys with a little blue in
them become navy. Here a colour becomes the entry of the palette that looks nearest.
"""

import os
import subprocess
from collections.abc import Mapping
from functools import cache, lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

# Below 16 lie the terminal's own colours, of which nobody knows how they look.
_FIRST = 16
_TMUX_TIMEOUT_SECONDS = 0.5
# Terminal.app draws 24-bit colours since macOS 26, whose 26.2 has build 466; before, it
# takes their numbers for other attributes (junhoyeo/tokscale#1061,
# termstandard/colors#69).
_APPLE_TRUE_COLOUR_BUILD = 464


def needs_palette(colour_system: str | None) -> bool:
    """Whether colours are to be taken from the palette of 256.

    So it is where no more are known of, as over SSH, which does not pass COLORTERM on;
    and in Apple's Terminal before macOS 26, even if COLORTERM promises more there.

    Args:
        colour_system: What Rich found out: `app.console.color_system`.
    """
    if colour_system == "256":
        return True
    return colour_system == "truecolor" and _is_old_apple_terminal(os.environ)


def _is_old_apple_terminal(environment: Mapping[str, str]) -> bool:
    if "TMUX" in environment:
        environment = _environment_outside_tmux()
    if environment.get("TERM_PROGRAM") != "Apple_Terminal":
        return False
    build = environment.get("TERM_PROGRAM_VERSION", "").partition(".")[0]
    return not build.isdecimal() or int(build) < _APPLE_TRUE_COLOUR_BUILD


def _environment_outside_tmux() -> dict[str, str]:
    """What tmux was started with; inside it, TERM_PROGRAM is tmux itself."""
    try:
        shown = subprocess.run(
            ["tmux", "show-environment", "-g"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TMUX_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = shown.stdout.decode(errors="replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


class PaletteColours(LineFilter):
    """Draws 24-bit colours in those of the 256-colour palette.

    Add it after Textual's own filters; the terminal's own 16 colours pass unchanged.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text in colours of the palette."""
        return [
            Segment(text, None if style is None else _palette_style(style), control)
            for text, style, control in segments
        ]


class WithoutColours(LineFilter):
    """Draws no colour at all (https://no-color.org): what had a background of its own,
    as cursors and selections have in the 16-colour theme, is drawn in reverse.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text with its weights and lines only."""
        return [
            Segment(text, None if style is None else _plain_style(style), control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def _plain_style(style: Style) -> Style:
    background = style.bgcolor
    if background is None or background.is_default:
        return style.without_color
    return style.without_color + Style(reverse=True)


@lru_cache(4096)
def _palette_style(style: Style) -> Style:
    colour, background = style.color, style.bgcolor
    return style + Style.from_color(
        None if colour is None else _palette_colour(colour),
        None if background is None else _palette_colour(background),
    )


@lru_cache(4096)
def _palette_colour(colour: RichColor) -> RichColor:
    if colour.type != ColorType.TRUECOLOR or colour.triplet is None:
        return colour
    lightness, green_red, blue_yellow = _oklab(*colour.triplet)

    def distance(number: int) -> float:
        other = _palette()[number]
        return (
            (lightness - other[0]) ** 2
            + (green_red - other[1]) ** 2
            + (blue_yellow - other[2]) ** 2
        )

    return RichColor.from_ansi(min(_palette(), key=distance))


@cache
def _palette() -> dict[int, tuple[float, float, float]]:
    """Entries 16 to 255 in Oklab: xterm's cube of 6 by 6 by 6, then 24 greys."""
    steps = (0, 95, 135, 175, 215, 255)
    cube = [(red, green, blue) for red in steps for green in steps for blue in steps]
    greys = [(grey, grey, grey) for grey in range(8, 248, 10)]
    return {
        number: _oklab(*channels)
        for number, channels in enumerate([*cube, *greys], start=_FIRST)
    }


def _oklab(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """Lightness, green to red, blue to yellow, at distances as the eye sees them.

    Björn Ottosson, "A perceptual color space for image processing" (2020):
    https://bottosson.github.io/posts/oklab/
    """
    r, g, b = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (red / 255, green / 255, blue / 255)
    )
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
