"""Which words of code have which colour, by Pygments."""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Error,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
)
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

_log = logging.getLogger(__name__)

CodeRuns = tuple[tuple[str, str], ...]
"""A line of code: pieces of text, each with its style's name."""

TokenType = Any
"""Pygments' kinds of words; it carries no types."""

# Beyond these the colours are not worth the time.
_MOST_CHARACTERS = 200_000
_LONGEST_LINE = 2000

# The loop gets the interpreter's lock back after each slice of another thread.
_SLICE_SECONDS = 0.002
_REST_SECONDS = 0.001

# The first type that a token's type belongs to.
_STYLES: tuple[tuple[TokenType, str], ...] = (
    (Comment, "comment"),
    (Keyword.Constant, "constant"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Literal, "number"),
    (Name.Builtin.Pseudo, "constant"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Decorator, "decorator"),
    (Name.Builtin, "builtin"),
    (Name.Tag, "keyword"),
    (Name.Attribute, "name"),
    (Generic.Deleted, "deleted"),
    (Generic.Inserted, "inserted"),
    (Generic.Heading, "name"),
    (Generic.Subheading, "name"),
    (Error, ""),
)


@cache
def _style_of(token_type: TokenType) -> str:
    return next((name for kind, name in _STYLES if token_type in kind), "")


@cache
def _lexer_of(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None


def highlight(
    language: str, code: str, is_cancelled: Callable[[], bool] = lambda: False
) -> tuple[CodeRuns, ...] | None:
    """Colour code, in another thread than the loop: it rests after each slice.

    Args:
        language: A name that Pygments knows, in any case.
        code: With `\\n` at the end of each line.
        is_cancelled: Asked after each slice.

    Returns:
        The lines, or None when there is nothing to colour: an unknown language, code
        that is too long, or when it was cancelled.
    """
    if not language or len(code) > _MOST_CHARACTERS:
        return None
    if max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return None
    lexer = _lexer_of(language.lower())
    if lexer is None:
        return None
    lines: list[list[tuple[str, str]]] = [[]]
    slice_end = time.monotonic() + _SLICE_SECONDS
    try:
        for _index, token_type, text in lexer.get_tokens_unprocessed(code):
            _add(lines, text, _style_of(token_type))
            if time.monotonic() >= slice_end:
                if is_cancelled():
                    return None
                time.sleep(_REST_SECONDS)
                slice_end = time.monotonic() + _SLICE_SECONDS
    except Exception:
        # The lexer is another's and the code is a stranger's.
        _log.exception("Code that no lexer reads")
        return None
    if not lines[-1]:
        lines.pop()
    return tuple(tuple(line) for line in lines)


def _add(lines: list[list[tuple[str, str]]], text: str, style: str) -> None:
    first, *others = text.split("\n")
    if first:
        _join(lines[-1], first, style)
    for other in others:
        lines.append([])
        if other:
            _join(lines[-1], other, style)


def _join(line: list[tuple[str, str]], text: str, style: str) -> None:
    if line and line[-1][1] == style:
        line[-1] = (line[-1][0] + text, style)
    else:
        line.append((text, style))
