"""Where a text is broken into lines of so many cells."""

import re
from bisect import bisect_right
from itertools import accumulate

from rich.cells import get_character_cell_size, split_graphemes

from mlxtui.ui.markdown.kinsoku import (
    BREAKS_AROUND,
    CLASSES,
    NO_END,
    NO_LINE_END,
    NO_LINE_START,
    NO_START,
    SPACE,
)

Span = tuple[int, int]
"""The first character of a line and the one after its last."""

_WORD = re.compile("[^ ]+")

# How well a line may end before a character: at a word's end, inside of a word when
# there is no other way, and where kinsoku forbids it.
_GOOD, _IN_WORD, _FORBIDDEN = 0, 1, 2


def wrap(text: str, width: int) -> list[Span]:
    """Break a text without newlines into lines.

    Lines break at spaces, which vanish there, and around Japanese and Chinese
    characters; words are cut only when one alone is too wide. Kinsoku is kept (see
    `kinsoku`) unless a line then had no place to end. A closing mark of ASCII that
    begins a word (`.gitignore`) may begin a line.

    Args:
        width: Cells of a line, at least 1. A wide character at width 1 stands alone
            on its line, too wide.

    Returns:
        At least one span. They are in order, none but a lone one is empty, and only
        spaces lie between them.
    """
    if text.isascii():
        if len(text) <= width:
            return [(0, len(text))]
        spans = _wrap_ascii(text, width)
        if spans is not None:
            return spans
    return _wrap_any(text, max(width, 1))


def _wrap_ascii(text: str, width: int) -> list[Span] | None:
    """The usual case: no word is too wide, and none is a lone punctuation mark."""
    spans = []
    start = -1
    end = 0
    for match in _WORD.finditer(text):
        word_start, word_end = match.span()
        if start < 0:
            # Spaces before the first word are the author's.
            start = 0 if word_end <= width else word_start
        elif word_end - start > width:
            if text[end - 1] in NO_LINE_END or _is_closing(text, word_start, word_end):
                return None
            spans.append((start, end))
            start = word_start
        if word_end - start > width:
            return None
        end = word_end
    spans.append((max(start, 0), end))
    return spans


def _is_closing(text: str, start: int, end: int) -> bool:
    return text[start] in NO_LINE_START and not any(
        character.isalnum() for character in text[start:end]
    )


def _graphemes(text: str) -> tuple[list[int], list[int]]:
    """Where each character that is seen as one begins, and its cells."""
    if "\u200d" in text or "\ufe0f" in text:
        parts, _cells = split_graphemes(text)
        return [part[0] for part in parts], [part[2] for part in parts]
    widths = [get_character_cell_size(character) for character in text]
    if 0 not in widths:
        return list(range(len(text))), widths
    starts = [0]
    joined = [widths[0]]
    for index in range(1, len(text)):
        if widths[index] or CLASSES[text[index]] & SPACE:
            starts.append(index)
            joined.append(widths[index])
    return starts, joined


def _classes(text: str, starts: list[int]) -> list[int]:
    """The class of each grapheme; a space with a mark on it is none."""
    classes = [CLASSES[text[start]] for start in starts]
    ends = [*starts[1:], len(text)]
    for index, kinds in enumerate(classes):
        if kinds & SPACE and ends[index] - starts[index] > 1:
            classes[index] = 0
    return classes


def _break_kinds(text: str, starts: list[int], classes: list[int]) -> list[int]:
    """How well a line may end before each grapheme."""
    kinds = []
    before = 0
    words = {match.start(): match.end() for match in _WORD.finditer(text)}
    is_after_opening = False
    for index, after in enumerate(classes):
        if after & SPACE:
            if not before & SPACE:
                is_after_opening = bool(before & NO_END)
            kinds.append(_FORBIDDEN if is_after_opening else _GOOD)
        elif before & SPACE:
            closes = after & NO_START and _closes(text, starts[index], words)
            if closes:
                # The spaces before it are no place to end, either.
                back = index
                while back and classes[back - 1] & SPACE:
                    back -= 1
                    kinds[back] = _FORBIDDEN
            kinds.append(_FORBIDDEN if closes or is_after_opening else _GOOD)
        elif after & NO_START or before & NO_END:
            kinds.append(_FORBIDDEN)
        elif (after | before) & BREAKS_AROUND:
            kinds.append(_GOOD)
        else:
            kinds.append(_IN_WORD)
        before = after
    return kinds


def _closes(text: str, start: int, words: dict[int, int]) -> bool:
    """Whether a mark that may not begin a line begins no word, as in `.gitignore`."""
    return not text[start].isascii() or _is_closing(
        text, start, words.get(start, start + 1)
    )


def _wrap_any(text: str, width: int) -> list[Span]:
    starts, widths = _graphemes(text) if text else ([], [])
    cells = list(accumulate(widths, initial=0))
    count = len(starts)
    if cells[-1] <= width:
        return [(0, len(text))]
    classes = _classes(text, starts)
    kinds = _break_kinds(text, starts, classes)
    starts.append(len(text))
    spans = []
    first = 0
    while first < count:
        fitting = max(bisect_right(cells, cells[first] + width) - 1, first + 1)
        last = count if fitting >= count else _line_end(kinds, first, fitting)
        end = last
        while end > first and classes[end - 1] & SPACE:
            end -= 1
        if end > first:
            spans.append((starts[first], starts[end]))
        first = last
        while first < count and classes[first] & SPACE:
            first += 1
    return spans or [(0, 0)]


def _line_end(kinds: list[int], first: int, fitting: int) -> int:
    for worst in (_GOOD, _IN_WORD):
        for index in range(fitting, first, -1):
            if kinds[index] == worst:
                return index
    return fitting
