"""Terminals that are odd, tiny or rough: the app bears them."""

import random
import re
import signal
from collections.abc import Iterator

import pytest

from mlxtui import paths
from tests.e2e import recorded_app
from tests.e2e.conftest import OpenTerminal
from tests.e2e.recorded_app import answer_to
from tests.e2e.terminal import Terminal

CTRL_Q, CTRL_O, CTRL_S, ESCAPE = "\x11", "\x0f", "\x13", "\x1b"
END_OF_LINE, CLEAR_LINE, SELECT_ALL, F2 = "\x05", "\x15", "\x1b[17~", "\x1bOQ"
PAGE_UP = "\x1b[5~"
PASTE, END_OF_PASTE = "\x1b[200~", "\x1b[201~"

_COLOUR = re.compile(r"\x1b\[(?:[\d;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[\d;:]*m")

_KEYS = 10_000
_KEYS_AT_ONCE = 100
_PAUSE_SECONDS = 0.02
# Escape alone is known by what does not follow it.
_LONG_PAUSE_SECONDS = 0.2
# The last of the keys have been looked at.
_SURE_PAUSE_SECONDS = 1.5
_ATTEMPTS = 8
_SMALLEST, _LARGEST = (5, 20), (60, 200)

# With their weights.
_ALPHABET: dict[tuple[str, ...], int] = {
    tuple(map(chr, range(32, 127))): 30,
    tuple("日本語のひらがなカタカナ、。「」①…가é\u0301👩🏽\u200d🚀"): 10,
    ("\r", "\t", ESCAPE, "\x7f", "\x1b[Z", "\x1b[3~", "/", "?"): 16,
    tuple(f"\x1b[{end}" for end in "ABCDHF") + ("\x1b[5~", "\x1b[6~"): 14,
    tuple(f"\x1b[1;{shift}{end}" for shift in range(2, 9) for end in "ABCDHF"): 5,
    tuple(chr(code) for code in range(1, 27) if chr(code) != CTRL_Q): 10,
    tuple(f"\x1b{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"): 2,
    tuple(f"\x1bO{end}" for end in "PQRS"): 3,
    tuple(f"\x1b[{code}~" for code in (15, 17, 18, 19, 20, 21, 23, 24)): 4,
    (
        "\x1b[13;2u",
        "\x1b[97;5u",
        "\x1b[27u",
        "\x1b[I",
        "\x1b[O",
        "\x1b[999;9~",
        "\0",
    ): 2,
    (f"{PASTE}two\rlines{END_OF_PASTE}", f"{PASTE}{END_OF_PASTE}"): 1,
}
_MOUSE_WEIGHT = 12
_LEFT, _RIGHT, _DRAG, _MOVE, _WHEEL_UP, _WHEEL_DOWN = 0, 2, 32, 35, 64, 65


@pytest.fixture(autouse=True)
def set_up() -> None:
    """The questions of the first start were answered."""
    paths.write_atomically(paths.settings_file(), "setup_done = true\n")


def assert_leaves_in_order(terminal: Terminal) -> None:
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert terminal.modes == {"7", "25"}
    assert "Traceback" not in paths.log_file().read_text()


@pytest.mark.parametrize("name", ["unknown-terminal", "dumb", ""])
def test_any_name_of_the_terminal_will_do(
    name: str, open_terminal: OpenTerminal, command_environment: dict[str, str]
) -> None:
    command_environment["TERM"] = name
    terminal = open_terminal("--no-model")
    terminal.until_shown("Ask a question")
    terminal.press("hello")
    terminal.until_shown("│ hello")
    assert_leaves_in_order(terminal)


def test_no_colour_is_sent_to_who_wants_none(
    open_terminal: OpenTerminal, command_environment: dict[str, str]
) -> None:
    command_environment["NO_COLOR"] = "1"
    terminal = open_terminal(script=recorded_app.RUN)
    terminal.until_shown("Ask a question")
    terminal.press("in black and white\r")
    terminal.until_shown(answer_to("in black and white"))
    assert _COLOUR.findall(terminal.output) == []


def test_a_window_of_ten_rows_is_enough_to_ask(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(script=recorded_app.RUN, rows=10, columns=40)
    terminal.until(lambda: "●" in terminal.shown)
    terminal.press("short\r")
    terminal.until_shown("finished")
    terminal.press(PAGE_UP)
    for part in answer_to("short").split(": "):
        terminal.until_shown(part)
    terminal.press("and then")
    terminal.until_shown("│ and then")


def test_keys_in_one_burst_keep_their_order(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(script=recorded_app.RUN)
    terminal.until_shown("Ask a question")
    terminal.press("ab\x7fcd\x1b[D\x1b[D\x15ef\r")  # Backspace, two left, Ctrl+U
    terminal.until_shown(answer_to("efcd"))


def test_a_megabyte_is_pasted_and_sent_whole(open_terminal: OpenTerminal) -> None:
    line = "The quick brown fox jumps over the lazy dog; 素早い狐。"
    lines = [f"{number} {line}" for number in range(20_000)]
    text = "\n".join(lines)
    assert len(text.encode()) > 1_000_000
    terminal = open_terminal(script=recorded_app.RUN)
    terminal.until_shown("Ask a question")
    terminal.press(f"{PASTE}{text}{END_OF_PASTE}")
    terminal.until_shown(f"│ {lines[-1]}"[:40])
    terminal.press("!\r")
    terminal.until_shown(answer_to(f"{text}!"))
    terminal.press("still there?\r")
    terminal.until_shown(answer_to("still there?"))


def test_ten_thousand_random_keys_and_resizes(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(script=recorded_app.RUN)
    terminal.until_shown("Ask a question")
    for keys, size in bursts(random.Random(1)):
        terminal.resize(*size)
        terminal.press(keys)
        terminal.until_pause(_PAUSE_SECONDS, draws=False)
    assert_still_answers(terminal)
    terminal.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 143
    assert "Traceback" not in paths.log_file().read_text()


def assert_still_answers(terminal: Terminal) -> None:
    """Whatever is open, chosen or typed now: the way back to an answer is short."""
    question = "the storm is over"
    way = (
        *(ESCAPE, ESCAPE, ESCAPE, F2),
        *(CTRL_O, f"{END_OF_LINE}{CLEAR_LINE}guide", "\r"),
        *(F2, f"{SELECT_ALL}{question}", "\r"),
        CTRL_S,  # if that has become the key that sends
    )
    for attempt in range(_ATTEMPTS):
        terminal.until_pause(_SURE_PAUSE_SECONDS, draws=False)
        for keys in way:
            terminal.press(keys)
            terminal.until_pause(_LONG_PAUSE_SECONDS, draws=False)
        terminal.resize(40, 160 + attempt)
        terminal.until_pause(_LONG_PAUSE_SECONDS)
        if answer_to(question) in terminal.shown:
            return
    pytest.fail(terminal.shown)


def bursts(choice: random.Random) -> Iterator[tuple[str, tuple[int, int]]]:
    """Keys that arrive together, and the window's rows and columns meanwhile."""
    left = _KEYS
    while left:
        count = min(choice.randint(1, _KEYS_AT_ONCE), left)
        left -= count
        size = tuple(map(choice.randint, _SMALLEST, _LARGEST))
        assert len(size) == 2
        yield "".join(key(choice, size) for _number in range(count)), size


def key(choice: random.Random, size: tuple[int, int]) -> str:
    """What one key sends, or one use of the mouse."""
    kinds = [*_ALPHABET, ()]
    kind = choice.choices(kinds, [*_ALPHABET.values(), _MOUSE_WEIGHT])[0]
    if kind:
        return choice.choice(kind)
    row, column = (choice.randint(1, most) for most in size)
    button = choice.choice((_LEFT, _RIGHT, _DRAG, _MOVE, _WHEEL_UP, _WHEEL_DOWN))
    at = f"\x1b[<{button};{column};{row}"
    return f"{at}M{at}m" if button in (_LEFT, _RIGHT) else f"{at}M"
