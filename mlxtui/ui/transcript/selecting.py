"""What of the lines is selected, and which word a click is in."""

import re

from textual.geometry import Offset

# A selection names lines by their turn's ordinal and their place in it, in one number:
# so it stays where it is when turns above it are found to be higher than was thought.
_LINES_OF_TURN = 1 << 24

# A double click takes a word; Japanese has none between spaces, so what is written in
# one script is taken.
_WORD = re.compile(
    r"[一-鿿々〆ヶ]+|[ぁ-ゖー]+|[ァ-ヺー]+|[A-Za-z0-9_À-ɏ]+(?:['’.-][A-Za-z0-9_À-ɏ]+)*|\w+"
)


def line_key(ordinal: int, line: int) -> int:
    """The number of a line in selections."""
    return ordinal * _LINES_OF_TURN + line


def line_of(key: int) -> tuple[int, int]:
    """The turn's ordinal and its line that a number stands for."""
    return divmod(key, _LINES_OF_TURN)


def word_at(text: str, index: int) -> tuple[int, int]:
    """The word that a character is in: its start and end; empty between words."""
    for match in _WORD.finditer(text):
        if match.start() <= index < match.end():
            return match.span()
    return index, index


def characters_in(
    start: Offset | None, end: Offset | None, key: int, length: int
) -> tuple[int, int]:
    """Which characters of a line lie in a selection: the first, and the one after.

    Args:
        start: Where it begins: a character and a line's number; None for the start.
        end: Where it ends, before that character; None for the end.
        key: The line's number.
        length: How many characters it has.
    """
    first = (
        0 if start is None or start.y < key else start.x if start.y == key else length
    )
    last = length if end is None or end.y > key else end.x if end.y == key else 0
    return min(first, length), min(last, length)
