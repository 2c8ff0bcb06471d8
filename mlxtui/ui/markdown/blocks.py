"""Markdown as data: runs of styled text, and the blocks that hold them.

Styles are names, several in one string ("strong link"); what they look like is the
theme's business. All text in here is harmless, but for the code of a fence and the
address of a link, which are as the model wrote them.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Run(NamedTuple):
    """Text in one style."""

    text: str
    style: str = ""
    """Names of styles, separated by spaces; empty for plain text."""
    href: str = ""
    """Where a link leads, as written: to be checked before it is opened."""


Inline = tuple[Run, ...]
"""A text; a newline in it is a hard break."""

Alignment = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Inline


@dataclass(frozen=True, slots=True)
class Heading:
    """A title."""

    level: int
    """1 for the highest, up to 6."""
    text: Inline


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code."""

    language: str
    """The first word after the opening marker, as written; empty when there is none."""
    code: str
    """Exactly as the model wrote it, with a newline at the end of each line."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as there are alignments."""

    alignments: tuple[Alignment, ...]
    header: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What someone else said."""

    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list. A list is the items that follow each other."""

    marker: str
    """`•`, or the number with its point."""
    is_done: bool | None
    """Whether the box of a task is ticked; None without a box."""
    blocks: tuple["Block", ...]
    is_apart: bool
    """A blank line stands before it, or it is the first of its list."""
    is_loose: bool
    """Blank lines stand between its own blocks."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Lines shown as they were written: HTML, and what no parser could read."""

    text: str


Block = Paragraph | Heading | Fence | Table | Quote | Item | Rule | Plain
