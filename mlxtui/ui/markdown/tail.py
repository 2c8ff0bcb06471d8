"""The end of a text that is still written: what may be shown, what is finished."""

import re
from dataclasses import dataclass, field

from markdown_it.token import Token

from mlxtui.ui.markdown.blocks import Fence, Item, Paragraph, Table
from mlxtui.ui.markdown.parse import Unit

# A last line of nothing but such marks may become a fence, a rule, an underline, a
# bullet, a task's box or a table's delimiters: until it is known, it is not shown.
_MARKS = re.compile(
    r"[ \t>]*(?:[-+*=_`~#|: \t]*|(?:[-+*]|\d{1,9}[.)]?)(?:[ \t]+\[?[ xX]?\]?)?)"
)
_FENCE_OPENING = re.compile(r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*(?:`{3}|~{3})")
_TABLE_ROW = re.compile(r"[ \t>]*\|")
_FENCE_LINE = re.compile(r" {0,3}(`+|~+)[ \t]*")


def shown_length(text: str, *, is_in_fence: bool = False) -> int:
    """How much of a text may be shown while its last line is still written.

    Args:
        text: Begins where a line begins.
        is_in_fence: Lines of code; only a closing marker is not shown.
    """
    line_start = text.rfind("\n") + 1
    line = text[line_start:]
    if is_in_fence:
        return line_start if _FENCE_LINE.fullmatch(line) else len(text)
    if line and not _MARKS.fullmatch(line) and not _is_table_start(line):
        if not _FENCE_OPENING.match(line):
            return len(text)
    # What the line above is, the held line decides: a table's header, or a paragraph.
    if line_start:
        above_start = text.rfind("\n", 0, line_start - 1) + 1
        above = text[above_start : line_start - 1]
        before = text[:above_start].rstrip(" \t").endswith("\n\n") or not above_start
        if before and _TABLE_ROW.match(above) and _may_delimit(line):
            return above_start
    return line_start


def _is_table_start(line: str) -> bool:
    return _TABLE_ROW.match(line) is not None


def _may_delimit(line: str) -> bool:
    return not line.strip("|:- \t")


@dataclass(slots=True)
class OpenLines:
    """A fence or a table that is still written, as plain lines; more are added."""

    kind: str
    """"fence" or "table"."""
    language: str = ""
    lines: list[str] = field(default_factory=list)
    """The lines that are complete, without their newlines; harmless they are not."""
    partial: str = ""
    """What may be shown of the line that is still written."""
    source: list[str] = field(default_factory=list)
    """The lines as written, the opening one first, each with its newline."""
    indent: int = 0
    """Spaces taken from the start of each line."""
    marker: str = ""
    """What opened the fence."""

    def add(self, line: str) -> bool:
        """Take a complete line; returns False for one that ends these lines.

        The closing line of a fence belongs to it; a table ends before the line.
        """
        if self.kind == "table":
            if "|" not in line or _FENCE_OPENING.match(line):
                return False
            self.source.append(line + "\n")
            self.lines.append(line)
            return True
        self.source.append(line + "\n")
        if closes_fence(line, self.marker):
            return False
        cut = min(self.indent, len(line) - len(line.lstrip(" ")))
        self.lines.append(line[cut:])
        return True


def closes_fence(line: str, marker: str) -> bool:
    """Whether a line ends the fence that the marker opened."""
    match = _FENCE_LINE.fullmatch(line)
    return (
        match is not None
        and match.group(1)[0] == marker[0]
        and len(match.group(1)) >= len(marker)
    )


def open_lines(unit: Unit, lines: list[str]) -> OpenLines | None:
    """The plain lines of a last block that goes on; None for other blocks.

    Args:
        unit: The last block.
        lines: The text that it was parsed from. The last one is not complete.
    """
    first, end = unit.first_line, len(lines) - 1
    if first >= end:
        return None
    source = [line + "\n" for line in lines[first:end]]
    match unit.block:
        case Fence() if unit.token.type == "fence":
            opening = lines[first]
            found = OpenLines(
                "fence",
                unit.block.language,
                indent=len(opening) - len(opening.lstrip(" ")),
                marker=unit.token.markup,
                source=source[:1],
            )
            for line in lines[first + 1 : end]:
                if not found.add(line):
                    return None
            return found
        case Table() if end - first >= 2 and all("|" in line for line in source):
            return OpenLines("table", lines=lines[first:end], source=source)
        case _:
            return None


def is_closed(unit: Unit, lines: list[str]) -> bool:
    """Whether nothing that follows can change the last block of a text.

    Args:
        unit: The last block.
        lines: The text that it was parsed from. The last one is not complete.
    """
    complete = len(lines) - 1
    if unit.end_line > complete or isinstance(unit.block, Item):
        return False
    token: Token = unit.token
    if token.type == "fence":
        last = lines[unit.end_line - 1]
        is_one_line = unit.end_line - unit.first_line < 2
        return not is_one_line and closes_fence(last, token.markup)
    if token.type in ("heading_open", "hr"):
        return True
    if isinstance(unit.block, Paragraph | Table) and unit.end_line < complete:
        return not lines[unit.end_line].strip()
    return False
