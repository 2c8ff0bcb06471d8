"""The themes: contrasts, the terminal's own colours, and that no others are left."""

import asyncio

import pytest
from textual.app import App, ComposeResult, InvalidThemeError
from textual.color import Color
from textual.constants import DIM_FACTOR
from textual.css.constants import VALID_STYLE_FLAGS
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

from mlxtui.ui import themes

_FIXED = [theme for theme in themes.THEMES if not theme.ansi]

# What is drawn as text anywhere, on whichever of the backgrounds.
_TEXTS = (
    *("text", "text-muted", "text-disabled", "text-primary", "text-secondary"),
    *("text-accent", "text-success", "text-warning", "text-error"),
    *("foreground", "foreground-muted", "foreground-disabled", "accent", "link-color"),
    *(f"markdown-h{level}-color" for level in range(1, 7)),
    *("code-keyword", "code-string", "code-comment"),
    *("code-number", "code-function", "code-type"),
)
_BACKGROUNDS = (
    *("background", "surface", "panel", "panel-lighten-1"),
    *("block-cursor-background", "block-cursor-blurred-background"),
    *("block-hover-background", "input-selection-background"),
)
# Text with a background of its own.
_PAIRS = (
    ("block-cursor-foreground", "block-cursor-background"),
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("input-cursor-foreground", "input-cursor-background"),
    ("input-selection-foreground", "input-selection-background"),
    ("screen-selection-foreground", "screen-selection-background"),
    ("footer-foreground", "footer-background"),
    ("footer-key-foreground", "footer-background"),
    ("footer-description-foreground", "footer-background"),
    ("link-color-hover", "link-background-hover"),
    ("button-foreground", "surface"),
    *(
        ("button-color-foreground", background)
        for background in ("primary", "success", "warning", "error")
    ),
)
_LINES = (
    "border",
    "border-blurred",
    "scrollbar",
    "scrollbar-hover",
    "scrollbar-active",
)


class ThemedApp(App[None]):
    """An app with our themes, a style sheet that uses them, and nothing else."""

    CSS = "Static { color: $code-keyword; background: $surface; }"

    def __init__(self, theme: str) -> None:
        super().__init__()
        themes.register(self, theme)

    def compose(self) -> ComposeResult:
        """One line of text."""
        yield Static("def", markup=False)


def _variables(theme: Theme) -> dict[str, str]:
    return ThemedApp(theme.name).get_css_variables()


def _colour(value: str) -> Color:
    return Color.parse(value)


def contrast_of(one: Color, other: Color) -> float:
    """Contrast ratio, 1 to 21.

    WCAG 2.1, "relative luminance" and "contrast ratio":
    https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio, with the 0.04045 of IEC 61966-2-1.
    """

    def luminance(colour: Color) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (channel / 255 for channel in colour.rgb)
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _text_contrast(theme: Theme) -> float:
    """WCAG 2.1, criteria 1.4.3 (4.5, level AA) and 1.4.6 (7, level AAA)."""
    return 7.0 if theme.name == "contrast" else 4.5


def test_the_contrast_formula_knows_its_ends() -> None:
    assert contrast_of(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast_of(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(
        4.48, abs=0.005
    )


@pytest.mark.parametrize("theme", _FIXED, ids=lambda theme: theme.name)
def test_every_text_can_be_read(theme: Theme) -> None:
    variables = _variables(theme)
    pairs = [(text, ground) for text in _TEXTS for ground in _BACKGROUNDS]
    too_faint = {
        pair: round(contrast, 2)
        for pair in (*pairs, *_PAIRS)
        if (contrast := contrast_of(*(_colour(variables[name]) for name in pair)))
        < _text_contrast(theme)
    }
    assert not too_faint


@pytest.mark.parametrize("theme", _FIXED, ids=lambda theme: theme.name)
def test_dimmed_text_can_be_read(theme: Theme) -> None:
    """Textual draws `text-style: dim` as a mix with the background."""
    variables = _variables(theme)
    text = _colour(variables["text"])
    for name in _BACKGROUNDS:
        ground = _colour(variables[name])
        dimmed = ground.blend(text, DIM_FACTOR)
        assert contrast_of(dimmed, ground) >= _text_contrast(theme), name


@pytest.mark.parametrize("theme", _FIXED, ids=lambda theme: theme.name)
def test_borders_and_scrollbars_can_be_seen(theme: Theme) -> None:
    """WCAG 2.1, criterion 1.4.11: 3:1 for what carries meaning without being text."""
    variables = _variables(theme)
    for line in _LINES:
        for ground in ("background", "surface"):
            seen = contrast_of(_colour(variables[line]), _colour(variables[ground]))
            assert seen >= 3, (line, ground)


@pytest.mark.parametrize("theme", _FIXED, ids=lambda theme: theme.name)
def test_each_step_of_the_background_can_be_told_from_the_last(theme: Theme) -> None:
    variables = _variables(theme)
    steps = [_colour(variables[name]) for name in ("background", "surface", "panel")]
    luminances = [contrast_of(step, Color(0, 0, 0)) for step in steps]
    assert luminances == sorted(luminances, reverse=not theme.dark)
    assert len(set(luminances)) == 3


def test_the_ansi_theme_has_the_terminals_own_colours_alone() -> None:
    (theme,) = (theme for theme in themes.THEMES if theme.ansi)
    for name, value in _variables(theme).items():
        if name.endswith("-style") or name.endswith("-style-hover"):
            assert set(value.split()) <= {*VALID_STYLE_FLAGS, "not"}, name
        else:
            colour = value.split()[0]
            assert colour == "transparent" or colour.startswith("ansi_"), name


def test_a_row_is_not_marked_by_swapped_colours() -> None:
    """Textual 8.2.8 leaves `reverse` out in `Widget.get_visual_style`."""
    for theme in themes.THEMES:
        for name in ("block-cursor-text-style", "block-cursor-blurred-text-style"):
            assert "reverse" not in _variables(theme)[name]


def test_all_themes_have_the_same_colours_for_code() -> None:
    for theme in themes.THEMES:
        names = {name for name in theme.variables if name.startswith("code-")}
        assert names == {
            *("code-keyword", "code-string", "code-comment"),
            *("code-number", "code-function", "code-type"),
        }


def test_no_other_theme_is_left() -> None:
    app = ThemedApp("light")
    assert list(app.available_themes) == ["dark", "light", "contrast", "ansi"]
    assert not set(app.available_themes) & set(BUILTIN_THEMES)
    assert app.theme == "light"


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(InvalidThemeError):
        ThemedApp("textual-dark")


@pytest.mark.parametrize("theme", themes.THEMES, ids=lambda theme: theme.name)
async def test_the_app_starts_in_its_theme_and_changes_to_any(theme: Theme) -> None:
    app = ThemedApp(theme.name)
    async with app.run_test() as pilot:
        line = app.query_one(Static)

        def colour(theme: Theme) -> Color:
            return _colour(theme.variables["code-keyword"])

        assert line.styles.color == colour(theme)
        for other in themes.THEMES:
            app.theme = other.name
            async with asyncio.timeout(10):
                while line.styles.color != colour(other):
                    await pilot.pause()
            assert app.native_ansi_color == other.ansi
