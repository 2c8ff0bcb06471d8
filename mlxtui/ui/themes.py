"""The four themes of the app; Textual's own are taken away, as nobody vouches for them.

Beside Textual's variables each theme has, for highlighted code: $code-keyword,
$code-string, $code-comment, $code-number, $code-function and $code-type. Plain code is
$text on $surface. Every text colour can be read on $background, $surface and $panel,
and on a selected row: `tests/ui/test_themes.py` holds the contrasts.
"""

from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.theme import Theme


@dataclass(frozen=True, kw_only=True)
class _Palette:
    """The colours of one theme, as #rrggbb."""

    background: str
    surface: str
    """Raised by one step: dialogs, code, the editor."""
    panel: str
    """Raised by two steps: status line, notices, table heads."""
    selection: str
    """Behind selected text and the row of a cursor."""
    line: str
    """Borders without the focus, and the scrollbar's handle."""
    text: str
    muted: str
    """Less important text, placeholders among it."""
    accent: str
    success: str
    warning: str
    error: str
    code_keyword: str
    code_number: str
    code_function: str
    cursor_style: str = "bold"
    """Text style of a cursor's row with the focus; Textual's lists drop `reverse`."""
    blurred_cursor_style: str = "none"
    """The same, without the focus."""


_DARK = _Palette(
    background="#131618",
    surface="#1c2023",
    panel="#272c31",
    selection="#213e3f",
    line="#657176",
    text="#dbe0e2",
    muted="#9fabaf",
    accent="#84cbc7",
    success="#a3c586",
    warning="#e0bd7a",
    error="#ee9297",
    code_keyword="#c3a6e0",
    code_number="#e3b08a",
    code_function="#8ab8e6",
)

_LIGHT = _Palette(
    background="#fafaf8",
    surface="#f1f2f0",
    panel="#e6e9e7",
    selection="#bfe0db",
    line="#7f898c",
    text="#1a2022",
    muted="#525c5f",
    accent="#0b6763",
    success="#2c6829",
    warning="#7a5600",
    error="#a9303c",
    code_keyword="#6a3796",
    code_number="#8a4b00",
    code_function="#1f5c9e",
)

_CONTRAST = _Palette(
    background="#000000",
    surface="#0c0e0f",
    panel="#1b1f21",
    selection="#062e2c",
    line="#9aa5a8",
    text="#ffffff",
    muted="#d3dadc",
    accent="#8ff5e6",
    success="#b9f28e",
    warning="#ffdb85",
    error="#ffb3b5",
    code_keyword="#dcc4ff",
    code_number="#ffc9a1",
    code_function="#add5ff",
    # A fill that leaves every text at 7:1 is too faint alone.
    cursor_style="bold underline",
    blurred_cursor_style="underline",
)


def _theme(name: str, colours: _Palette, *, dark: bool) -> Theme:
    background, text, accent = colours.background, colours.text, colours.accent
    variables = {
        # Pinned: Textual mixes these from others, with contrasts that nobody checked.
        "text": text,
        "text-muted": colours.muted,
        "text-disabled": colours.muted,
        "text-primary": accent,
        "text-secondary": colours.muted,
        "text-accent": accent,
        "text-success": colours.success,
        "text-warning": colours.warning,
        "text-error": colours.error,
        "foreground-muted": colours.muted,
        "foreground-disabled": colours.muted,
        # Notices lie on this one.
        "panel-lighten-1": colours.panel,
        "border": accent,
        "border-blurred": colours.line,
        "block-cursor-background": colours.selection,
        "block-cursor-foreground": text,
        "block-cursor-text-style": colours.cursor_style,
        "block-cursor-blurred-background": colours.selection,
        "block-cursor-blurred-foreground": text,
        "block-cursor-blurred-text-style": colours.blurred_cursor_style,
        "block-hover-background": colours.panel,
        "input-cursor-background": text,
        "input-cursor-foreground": background,
        "input-selection-background": colours.selection,
        "input-selection-foreground": text,
        "screen-selection-background": colours.selection,
        "screen-selection-foreground": text,
        "scrollbar": colours.line,
        "scrollbar-hover": colours.muted,
        "scrollbar-active": accent,
        # The track is whatever lies under it.
        "scrollbar-background": "transparent",
        "scrollbar-background-hover": "transparent",
        "scrollbar-background-active": "transparent",
        "scrollbar-corner-color": "transparent",
        "footer-background": background,
        "footer-foreground": colours.muted,
        "footer-key-foreground": accent,
        "footer-description-foreground": colours.muted,
        "link-color": accent,
        "link-color-hover": text,
        "link-background-hover": colours.selection,
        "button-foreground": text,
        "button-color-foreground": background,
        "markdown-h1-color": accent,
        "markdown-h2-color": accent,
        "markdown-h2-text-style": "bold",
        "markdown-h3-color": text,
        "markdown-h6-color": colours.muted,
        "code-keyword": colours.code_keyword,
        "code-string": colours.success,
        "code-comment": colours.muted,
        "code-number": colours.code_number,
        "code-function": colours.code_function,
        "code-type": accent,
    }
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        accent=accent,
        secondary=colours.muted,
        foreground=text,
        background=background,
        surface=colours.surface,
        panel=colours.panel,
        success=colours.success,
        warning=colours.warning,
        error=colours.error,
        variables=variables,
    )


# The terminal's own 16 colours, whichever they are. Most terminals show magenta well
# on light as on dark; text keeps the terminal's own colour.
_ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_magenta",
    accent="ansi_magenta",
    secondary="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "text-muted": "ansi_default",
        "text-disabled": "ansi_default",
        "border-blurred": "ansi_bright_black",
        # Where bright black is the background, as in Solarized, the line still shows.
        "block-cursor-background": "ansi_bright_black",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-text-style": "underline",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "scrollbar": "ansi_blue",
        "scrollbar-active": "ansi_magenta",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "link-color": "ansi_magenta",
        "link-background-hover": "ansi_default",
        "link-color-hover": "ansi_default",
        "markdown-h1-color": "ansi_magenta",
        "markdown-h2-color": "ansi_magenta",
        "markdown-h2-text-style": "bold",
        "markdown-h3-color": "ansi_default",
        "markdown-h3-text-style": "bold",
        "markdown-h4-color": "ansi_default",
        "markdown-h5-color": "ansi_default",
        "markdown-h6-color": "ansi_default",
        "code-keyword": "ansi_magenta",
        "code-string": "ansi_green",
        "code-comment": "ansi_default",
        "code-number": "ansi_yellow",
        "code-function": "ansi_blue",
        "code-type": "ansi_cyan",
    },
)

THEMES: tuple[Theme, ...] = (
    _theme("dark", _DARK, dark=True),
    _theme("light", _LIGHT, dark=False),
    _theme("contrast", _CONTRAST, dark=True),
    _ANSI,
)
"""All themes, in the order in which they are offered; the first is the default."""


def register(app: App[Any], name: str = THEMES[0].name) -> None:
    """Leave the app with our themes alone, and put one of them on.

    Call it in the app's `__init__`, right after Textual's: the style sheets are read
    with the theme's variables.

    Raises:
        textual.app.InvalidThemeError: None of the themes has this name.
    """
    for other in app.available_themes:
        app.unregister_theme(other)
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = name
    # Nothing is read yet that would have to be read again (30 ms of the first paint).
    app._next_callbacks.clear()
    # Textual filled these in with its own default theme.
    app.stylesheet.set_variables(app.get_css_variables())
