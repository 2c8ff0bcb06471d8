"""Markdown to blocks, by markdown-it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim, unescapeAll
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from mlxtui.harmless import harmless
from mlxtui.ui.markdown.blocks import (
    Alignment,
    Block,
    Fence,
    Heading,
    Inline,
    Item,
    Paragraph,
    Plain,
    Quote,
    Rule,
    Table,
)
from mlxtui.ui.markdown.inline import InlineParser, References

_TASK_BOX = re.compile(r"\[([ xX])\](?=\s|$)\s*")
_BULLET = "•"


@dataclass(frozen=True, slots=True)
class Unit:
    """A block of the outermost level, with what it came from."""

    block: Block
    token: Token
    first_line: int
    end_line: int
    """The line after its last."""
    list_token: Token | None = None
    """What opened the list that the block is an item of."""
    number: int | None = None
    """An item's, in a numbered list."""


@dataclass(frozen=True, slots=True)
class ListContext:
    """Where in a list a text begins."""

    number: int | None
    """The number that its first item has; None in a list without numbers."""
    is_apart: bool
    """Whether a blank line stands before the first item."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says."""

    units: tuple[Unit, ...]
    references: References


class BlockParser:
    """Turns text into blocks."""

    def __init__(self) -> None:
        self._inline = InlineParser()

    def parse(
        self,
        source: str,
        references: References | None = None,
        within: ListContext | None = None,
    ) -> Parsed:
        """Parse a text that begins where a block begins.

        Args:
            source: Markdown; its newlines are `\\n`.
            references: Known from the text before it.
            within: When the text goes on with a list, where.
        """
        environment: dict[str, Any] = {"references": dict(references or {})}
        tokens = _block_markdown().parse(source, environment)
        reader = _Reader(source, self._inline, environment["references"])
        return Parsed(tuple(reader.units(tokens, within)), environment["references"])

    def read_ahead(self, row: str, references: References) -> None:
        """Parse the cells of a table's row, which are parsed again with the table."""
        for cell in escapedSplit(row):
            self._inline.parse(mdTrim(cell), references)


@cache
def _block_markdown() -> MarkdownIt:
    markdown = MarkdownIt("gfm-like")
    # The text of blocks is parsed by `InlineParser`, which need not do it again.
    markdown.core.ruler.enableOnly(["block"])
    return markdown


class _Reader:
    """Reads one sequence of tokens."""

    def __init__(
        self, source: str, inline: InlineParser, references: References
    ) -> None:
        self._lines = source.split("\n")
        self._parser = inline
        self._references = references

    def units(self, tokens: Sequence[Token], within: ListContext | None) -> list[Unit]:
        """The outermost blocks; a list gives one for each of its items."""
        units = []
        for first, last in _groups(tokens):
            token = tokens[first]
            if token.type in ("bullet_list_open", "ordered_list_open"):
                context = within if within and _lines_of(token)[0] == 0 else None
                units += self._items(tokens[first : last + 1], context)
            else:
                block = self._block(tokens[first : last + 1])
                units.append(Unit(block, token, *_lines_of(token)))
        return units

    def _blocks(self, tokens: Sequence[Token]) -> tuple[Block, ...]:
        return tuple(unit.block for unit in self.units(tokens, None))

    def _items(self, tokens: Sequence[Token], within: ListContext | None) -> list[Unit]:
        number: int | None = None
        if within is not None:
            number = within.number
        elif tokens[0].type == "ordered_list_open":
            number = int(tokens[0].attrs.get("start", 1))
        units: list[Unit] = []
        for first, last in _groups(tokens[1:-1]):
            token = tokens[first + 1]
            first_line, end_line = _lines_of(token)
            if units:
                is_apart = self._is_blank(first_line - 1)
            else:
                is_apart = within is None or within.is_apart
            marker = _BULLET if number is None else f"{number}."
            item = self._item(tokens[first + 2 : last + 1], marker, is_apart)
            units.append(Unit(item, token, first_line, end_line, tokens[0], number))
            number = None if number is None else number + 1
        return units

    def _item(self, tokens: Sequence[Token], marker: str, is_apart: bool) -> Item:
        is_done = None
        if tokens and tokens[0].type == "paragraph_open":
            text = tokens[1]
            if box := _TASK_BOX.match(text.content):
                is_done = box.group(1) != " "
                text.content = text.content[box.end() :]
        children = self.units(tokens, None)
        is_loose = any(self._is_blank(child.first_line - 1) for child in children[1:])
        blocks = tuple(child.block for child in children)
        return Item(marker, is_done, blocks, is_apart, is_loose)

    def _is_blank(self, line: int) -> bool:
        # A line of a quote is blank with its marks.
        return not self._lines[line].strip(" \t>")

    def _text(self, token: Token) -> Inline:
        return self._parser.parse(token.content, self._references)

    def _block(self, tokens: Sequence[Token]) -> Block:
        token = tokens[0]
        match token.type:
            case "paragraph_open":
                return Paragraph(self._text(tokens[1]))
            case "heading_open":
                return Heading(int(token.tag[1:]), self._text(tokens[1]))
            case "fence":
                return Fence(_language(token.info), token.content)
            case "code_block":
                return Fence("", _ended(token.content))
            case "blockquote_open":
                return Quote(self._blocks(tokens[1:-1]))
            case "table_open":
                return self._table(tokens)
            case "hr":
                return Rule()
            case _:
                return Plain(harmless(token.content.rstrip("\n")).expandtabs(4))

    def _table(self, tokens: Sequence[Token]) -> Table:
        alignments: list[Alignment] = []
        rows: list[tuple[Inline, ...]] = []
        cells: list[Inline] = []
        for token in tokens:
            match token.type:
                case "th_open":
                    alignments.append(_alignment(token))
                case "inline":
                    cells.append(self._text(token))
                case "tr_close":
                    rows.append(tuple(cells))
                    cells = []
                case _:
                    pass
        return Table(tuple(alignments), rows[0], tuple(rows[1:]))


def _groups(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The first and last token of each block of the outermost level."""
    groups = []
    depth = 0
    start = 0
    for index, token in enumerate(tokens):
        if depth == 0:
            start = index
        depth += token.nesting
        if depth == 0:
            groups.append((start, index))
    return groups


def _lines_of(token: Token) -> tuple[int, int]:
    assert token.map is not None
    return token.map[0], token.map[1]


def _language(info: str) -> str:
    words = unescapeAll(info).split(maxsplit=1)
    return words[0] if words else ""


def _ended(code: str) -> str:
    return code if code.endswith("\n") else code + "\n"


def _alignment(token: Token) -> Alignment:
    match str(token.attrs.get("style", "")).removeprefix("text-align:"):
        case "center":
            return "center"
        case "right":
            return "right"
        case _:
            return "left"
