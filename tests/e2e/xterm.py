"""What xterm answers when a program asks: an app may wait for it."""

import re
from collections.abc import Collection, Iterator

_QUESTION = re.compile(
    r"\x1b\[\?(?P<mode>\d+)\$p"  # DECRQM: is this mode known, is it on?
    r"|\x1b\[(?P<status>[56])n"  # DSR: are you well, where is the cursor?
    r"|\x1b\[(?P<kind>>?)0?c"  # DA1, DA2: what are you?
    r"|\x1b\[>0?(?P<version>q)"  # XTVERSION
    r"|\x1b\](?P<colour>1[012]|4;\d+);\?(?P<end>\x07|\x1b\\)"
)

# xterm 390; 2048, the report of sizes within the text, it does not know.
_KNOWN_MODES = {
    "1", "7", "25", "1000", "1002", "1003", "1004", "1006", "1015", "1016", "1049",
    "2004", "2026",
}  # fmt: skip
_COLOURS = {"10": "d4d4/d4d4/d4d4", "11": "1e1e/1e1e/1e1e", "12": "d4d4/d4d4/d4d4"}


def answers(
    output: str, *, modes: Collection[str], cursor: tuple[int, int]
) -> Iterator[str]:
    """The answers to the questions in a program's output, in their order.

    Args:
        output: Whole sequences; one that is cut in two is not seen.
        modes: The private modes that are on.
        cursor: Row and column, from 0.
    """
    for question in _QUESTION.finditer(output):
        if mode := question["mode"]:
            state = 0 if mode not in _KNOWN_MODES else 1 if mode in modes else 2
            yield f"\x1b[?{mode};{state}$y"
        elif question["status"] == "6":
            yield f"\x1b[{cursor[0] + 1};{cursor[1] + 1}R"
        elif question["status"]:
            yield "\x1b[0n"
        elif question["version"]:
            yield "\x1bP>|XTerm(390)\x1b\\"
        elif name := question["colour"]:
            colour = _COLOURS.get(name, "8080/8080/8080")
            yield f"\x1b]{name};rgb:{colour}{question['end']}"
        else:
            yield "\x1b[>41;390;0c" if question["kind"] else "\x1b[?64;1;2;6;22c"
