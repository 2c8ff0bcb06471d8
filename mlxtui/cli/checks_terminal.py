"""Checks of the terminal: what it can draw, and which keys it can tell apart."""

import os

from mlxtui.cli.checks import Finding
from mlxtui.i18n import _

_LEAST_COLUMNS, _LEAST_LINES = 80, 24

# Terminals that speak the Kitty keyboard protocol without being told to. WezTerm asks
# for a setting; in iTerm2 mlxtui leaves it off, as it breaks input methods.
_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "rio")
_KITTY_PROGRAMS = ("ghostty", "kitty", "rio")


def check_terminal() -> list[Finding]:
    """All findings about the terminal. None is a problem: commands work without."""
    findings = [_kind(), _colours(), _locale(), _size(), _keys()]
    if os.environ.get("STY"):
        findings.append(
            Finding(
                "multiplexer",
                "warning",
                _("In GNU screen few colours and keys come through."),
                _("Use tmux, or run mlxtui outside of screen."),
            )
        )
    elif os.environ.get("TMUX"):
        text = _("In tmux before 3.2, copying needs `set -g set-clipboard on`.")
        findings.append(Finding("multiplexer", "ok", text))
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        text = _(
            "Over SSH, models run on this machine; copying needs a terminal that takes"
            " the clipboard from a program (OSC 52)."
        )
        findings.append(Finding("ssh", "ok", text))
    return findings


def _kind() -> Finding:
    term = os.environ.get("TERM", "")
    program = os.environ.get("TERM_PROGRAM", "")
    if term in ("", "dumb", "unknown"):
        return Finding(
            "terminal",
            "warning",
            _("TERM is {term}: this terminal cannot draw the app.").format(
                term=term or _("not set")
            ),
            _("Open a terminal window, or set TERM=xterm-256color in this one."),
        )
    text = _("Terminal: {name}").format(name=f"{program} {term}".strip())
    return Finding("terminal", "ok", text)


def _colours() -> Finding:
    """Judged as Rich does, on which Textual draws."""
    if "NO_COLOR" in os.environ:
        text = _("NO_COLOR is set, so the app is drawn without colours.")
        return Finding("colours", "warning", text, "unset NO_COLOR")
    if os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return Finding("colours", "ok", _("Colours: 16 million"))
    if os.environ.get("TERM", "").endswith(("256color", "kitty")):
        text = _("Colours: 256, so some shades differ.")
        return Finding("colours", "ok", text)
    return Finding(
        "colours",
        "warning",
        _("Colours: 16 or fewer, so the app looks plain."),
        _("Set TERM=xterm-256color, and COLORTERM=truecolor where it is true."),
    )


def _locale() -> Finding:
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "")
    if locale.lower().replace("-", "").endswith("utf8"):
        return Finding("locale", "ok", _("Locale: {locale}").format(locale=locale))
    return Finding(
        "locale",
        "warning",
        _("The locale is {locale}, not UTF-8: text may be garbled.").format(
            locale=locale or _("not set")
        ),
        "export LANG=en_US.UTF-8",
    )


def _size() -> Finding:
    size = _terminal_size()
    if size is None:
        return Finding(
            "size",
            "warning",
            _("There is no terminal here; the app needs one."),
            _("In scripts use `mlxtui run NAME PROMPT`."),
        )
    columns, lines = size
    text = _("Size: {columns} columns, {lines} lines").format(
        columns=columns, lines=lines
    )
    if columns >= _LEAST_COLUMNS and lines >= _LEAST_LINES:
        return Finding("size", "ok", text)
    fix = _("Make the window larger, at least {columns} columns and {lines} lines.")
    fix = fix.format(columns=_LEAST_COLUMNS, lines=_LEAST_LINES)
    return Finding("size", "warning", text, fix)


def _terminal_size() -> os.terminal_size | None:
    """Of whichever standard stream is a terminal; the output may go to a file."""
    for stream in (1, 2, 0):
        try:
            return os.get_terminal_size(stream)
        except OSError:
            continue
    return None


def _keys() -> Finding:
    """Not a fault either way: Ctrl+J is a line break in every terminal."""
    term = os.environ.get("TERM", "")
    program = os.environ.get("TERM_PROGRAM", "").lower()
    likely = (
        term.startswith(_KITTY_TERMS)
        or program in _KITTY_PROGRAMS
        or "KITTY_WINDOW_ID" in os.environ
    )
    hidden = ("TMUX", "STY", "TEXTUAL_DISABLE_KITTY_KEY")
    if likely and not any(os.environ.get(name) for name in hidden):
        text = _("Keys: Shift+Enter begins a new line, and so does Ctrl+J.")
    else:
        text = _(
            "Keys: Ctrl+J begins a new line; this terminal may not tell Shift+Enter"
            " from Enter."
        )
    return Finding("keys", "ok", text)
