"""Notices that a terminal shows outside its window, where it can."""

from collections.abc import Mapping

from mlxtui.harmless import one_line

_MAX_LETTERS = 200
_END = "\x1b\\"


def notice_sequence(
    environment: Mapping[str, str], title: str, text: str
) -> str | None:
    """What makes the terminal tell something; None where it is not known to be able to.

    Inside tmux the outer terminal is known by the variables that it left; tmux passes
    the sequence on where its option allow-passthrough is set, and drops it elsewhere.

    Args:
        environment: The variables of this process.
        title: Who tells it.
        text: What is told; may come from anywhere.
    """
    title, text = _field(title), _field(text)
    if _is_kitty(environment):
        # d=0: more follows; o=unfocused: not while someone looks at the window
        sequence = (
            f"\x1b]99;i=mlxtui:d=0:o=unfocused;{title}{_END}"
            f"\x1b]99;i=mlxtui:p=body;{text}{_END}"
        )
    elif _takes_osc_777(environment):
        sequence = f"\x1b]777;notify;{title};{text}{_END}"
    elif _takes_osc_9(environment):
        sequence = f"\x1b]9;{title}: {text}{_END}"
    else:
        return None
    if "TMUX" in environment:
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}{_END}"
    # GNU screen would take it for itself.
    return None if "STY" in environment else sequence


def _field(text: str) -> str:
    """Text that cannot end a field or the sequence."""
    return one_line(text).replace(";", ",")[:_MAX_LETTERS]


def _is_kitty(environment: Mapping[str, str]) -> bool:
    return "KITTY_WINDOW_ID" in environment or _term(environment) == "xterm-kitty"


def _takes_osc_777(environment: Mapping[str, str]) -> bool:
    if environment.get("TERM_PROGRAM") in ("ghostty", "WezTerm", "WarpTerminal"):
        return True
    if "GHOSTTY_RESOURCES_DIR" in environment or "WEZTERM_PANE" in environment:
        return True
    return _term(environment).startswith(("foot", "rxvt-unicode", "xterm-ghostty"))


def _takes_osc_9(environment: Mapping[str, str]) -> bool:
    return (
        environment.get("TERM_PROGRAM") == "iTerm.app"
        or environment.get("LC_TERMINAL") == "iTerm2"
    )


def _term(environment: Mapping[str, str]) -> str:
    return environment.get("TERM", "")
