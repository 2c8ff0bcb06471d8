"""Text within a block: emphasis, code, links and images become styled runs."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mlxtui.harmless import harmless
from mlxtui.ui.markdown.blocks import Inline, Run
from mlxtui.ui.markdown.kinsoku import BREAKS_AROUND, CLASSES

# Parsing grows with the length: a paragraph that does not end is parsed in pieces of
# this many characters, and the pieces before the last one are not parsed again.
_PIECE_CHARACTERS = 4000
_CACHED_TEXTS = 4096

# Without these there is neither Markdown in a text nor an address.
_SPECIAL = re.compile(r"[\\`*_~\[\]<>&!:@\n]|\.\w")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)

_STYLES = {
    "strong_open": "strong",
    "em_open": "emphasis",
    "s_open": "strike",
    "link_open": "link",
}

References = dict[str, Any]
"""What `[name]: address` lines said, as markdown-it keeps it."""


class InlineParser:
    """Parses texts of blocks; remembers the last ones, for a tail is parsed often."""

    def __init__(self) -> None:
        self._cache: dict[str, Inline] = {}
        self._cached_references: References = {}

    def parse(self, text: str, references: References) -> Inline:
        """The runs of a text."""
        if _SPECIAL.search(text) is None:
            return (Run(_shown(text)),) if text else ()
        if references != self._cached_references:
            self._cache.clear()
            self._cached_references = dict(references)
        runs: list[Run] = []
        for piece in _pieces(text):
            runs.extend(self._parse_piece(piece, references))
        return tuple(runs)

    def _parse_piece(self, text: str, references: References) -> Inline:
        cached = self._cache.pop(text, None)
        if cached is None:
            environment = {"references": dict(references)}
            tokens = _inline_markdown().parseInline(text, environment)
            cached = _joined(_runs(tokens[0].children or []))
            if len(self._cache) >= _CACHED_TEXTS:
                del self._cache[next(iter(self._cache))]
        self._cache[text] = cached
        return cached


@cache
def _inline_markdown() -> MarkdownIt:
    markdown = MarkdownIt("gfm-like")
    markdown.core.ruler.enableOnly(["block", "inline", "linkify", "text_join"])
    return markdown


def _pieces(text: str) -> Iterator[str]:
    while len(text) > _PIECE_CHARACTERS:
        # At the end of a line or a word, if there is one in the second half.
        end = -1
        for separator in ("\n", "。", " "):
            end = text.rfind(separator, _PIECE_CHARACTERS // 2, _PIECE_CHARACTERS) + 1
            if end:
                break
        end = end or _PIECE_CHARACTERS
        yield text[:end]
        text = text[end:]
    yield text


def _shown(text: str) -> str:
    return harmless(text).replace("\t", " ")


def _runs(tokens: list[Token]) -> Iterator[Run]:
    styles: list[str] = []
    hrefs: list[str] = []
    for index, token in enumerate(tokens):
        style = " ".join(styles)
        href = hrefs[-1] if hrefs else ""
        match token.type:
            case "text" | "text_special":
                yield Run(_shown(token.content), style, href)
            case "code_inline":
                yield Run(_shown(token.content), f"{style} code".strip(), href)
            case "softbreak":
                yield Run(_soft_break(tokens, index), style, href)
            case "hardbreak":
                yield Run("\n", style, href)
            case "html_inline" if _LINE_BREAK_TAG.fullmatch(token.content):
                yield Run("\n", style, href)
            case "html_inline":
                yield Run(_shown(token.content.replace("\n", " ")), style, href)
            case "image":
                source = str(token.attrs.get("src", ""))
                text = _shown(token.content) or _shown(source)
                yield Run(text, f"{style} link".strip(), href or source)
            case "link_open":
                hrefs.append(str(token.attrs.get("href", "")))
                styles.append("link")
            case "link_close":
                hrefs.pop()
                styles.remove("link")
            case opening if opening in _STYLES:
                styles.append(_STYLES[opening])
            case closing if closing.replace("_close", "_open") in _STYLES:
                styles.remove(_STYLES[closing.replace("_close", "_open")])
            case _:
                yield Run(_shown(token.content), style, href)


def _soft_break(tokens: list[Token], index: int) -> str:
    """A space; nothing between two characters of Japanese, which has no spaces."""
    before = tokens[index - 1].content if index else ""
    after = tokens[index + 1].content if index + 1 < len(tokens) else ""
    if not before or not after:
        return " "
    is_japanese = CLASSES[before[-1]] & CLASSES[after[0]] & BREAKS_AROUND
    return "" if is_japanese else " "


def _joined(runs: Iterator[Run]) -> Inline:
    """The runs, neighbours of one style in one."""
    joined: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if joined and joined[-1][1:] == run[1:]:
            joined[-1] = joined[-1]._replace(text=joined[-1].text + run.text)
        else:
            joined.append(run)
    return tuple(joined)
