"""A Markdown text that is written bit by bit; only its open end is parsed again."""

import logging
from collections.abc import Sequence

from markdown_it.token import Token

from mlxtui.harmless import harmless
from mlxtui.ui.markdown.blocks import Block, Fence, Item, Plain
from mlxtui.ui.markdown.inline import References
from mlxtui.ui.markdown.parse import BlockParser, ListContext, Parsed, Unit
from mlxtui.ui.markdown.tail import OpenLines, is_closed, open_lines, shown_length

_log = logging.getLogger(__name__)


class Document:
    """Text that becomes blocks while it is written.

    `blocks` are finished: they are only added to, but for `finish` when an address
    (`[name]: address`) came after it was used; then `revision` grows. What follows
    them is still written and is either `tail` or `open_lines`. A last line that may
    become a marker is in neither until more of it is known, or until `finish`.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.revision = 0
        """Grows when earlier blocks changed."""
        self.tail: tuple[Block, ...] = ()
        self.open_lines: OpenLines | None = None
        self._parser = BlockParser()
        self._finished_pieces: list[str] = []
        self._rest = ""
        self._references: References = {}
        self._within: ListContext | None = None

    @classmethod
    def of(cls, text: str) -> "Document":
        """The document of a text that is complete."""
        document = cls()
        document._rest = text.replace("\r", "")
        document.finish()
        return document

    @property
    def all_blocks(self) -> list[Block]:
        """The finished blocks and what there is of those that are still written."""
        opened = self.open_lines
        if opened is None or opened.kind != "fence":
            return [*self.blocks, *self.tail]
        code = "".join(line + "\n" for line in opened.lines) + opened.partial
        return [*self.blocks, Fence(opened.language, code)]

    def append(self, text: str) -> None:
        """Add a piece of text."""
        # A terminal's line ends are none of Markdown's business.
        self._rest += text.replace("\r", "")
        if self.open_lines is None or self._read_open_lines(self.open_lines):
            self._parse_rest()

    def finish(self) -> None:
        """Show everything: no more text comes."""
        source = "".join([*self._finished_pieces, *self._open_source(), self._rest])
        has_earlier = bool(self._finished_pieces)
        rest = "".join([*self._open_source(), self._rest])
        self.open_lines = None
        parsed = self._parsed(rest, self._within)
        if has_earlier and (parsed.references or self._references):
            parsed = self._parsed(source, None)
            self.blocks = []
            self.revision += 1
        self.blocks += [unit.block for unit in parsed.units]
        self.tail = ()
        self._rest = ""
        # What helped to parse it piece by piece is not needed any more.
        self._finished_pieces.clear()
        self._parser = BlockParser()

    def _open_source(self) -> Sequence[str]:
        return self.open_lines.source if self.open_lines else ()

    def _parsed(self, source: str, within: ListContext | None) -> Parsed:
        try:
            return self._parser.parse(source, self._references, within)
        except Exception:
            # The parser is another's and the text is a stranger's.
            _log.exception("Markdown that no parser reads")
            return Parsed(_plain_units(source), {})

    def _read_open_lines(self, opened: OpenLines) -> bool:
        """Take the lines that are complete; True when the block has ended."""
        *complete, last = self._rest.split("\n")
        for index, line in enumerate(complete):
            if not opened.add(line):
                taken = index + (opened.kind == "fence")
                rest = "\n".join([*complete[taken:], last])
                self._rest = "".join(opened.source) + rest
                self.open_lines = None
                return True
            if opened.kind == "table":
                self._parser.read_ahead(line, self._references)
        is_fence = opened.kind == "fence"
        opened.partial = last[: shown_length(last, is_in_fence=is_fence)]
        self._rest = last
        return False

    def _parse_rest(self) -> None:
        """Parse what is not finished, and find out what of it now is."""
        shown = self._rest[: shown_length(self._rest)]
        lines = shown.split("\n")
        parsed = self._parsed(shown, self._within)
        units = parsed.units
        self._keep_references(parsed.references, len(lines) - 1)
        kept = _kept_from(units, lines)
        finished, pending = units[:kept], units[kept:]
        self.tail = tuple(unit.block for unit in pending)
        end_line = 0
        if finished:
            end_line = pending[0].first_line if pending else finished[-1].end_line
            self._finish_lines(finished, lines[:end_line])
            self._within = _list_context(finished[-1], pending)
        if len(pending) == 1:
            self._open(pending[0], lines, end_line)

    def _finish_lines(self, finished: Sequence[Unit], lines: list[str]) -> None:
        self.blocks += [unit.block for unit in finished]
        source = "".join(line + "\n" for line in lines)
        self._finished_pieces.append(source)
        self._rest = self._rest[len(source) :]

    def _open(self, unit: Unit, lines: list[str], end_line: int) -> None:
        """Go on line by line when the last block is a fence or a table."""
        opened = open_lines(unit, lines)
        if opened is None:
            return
        # The lines before the block, if any, are blank.
        blank = "".join(line + "\n" for line in lines[end_line : unit.first_line])
        if blank:
            self._finished_pieces.append(blank)
        self._rest = self._rest[len(blank) + len("".join(opened.source)) :]
        self.open_lines = opened
        self.tail = ()
        self._read_open_lines(opened)

    def _keep_references(self, references: References, complete_lines: int) -> None:
        """Keep the addresses that are complete: the first one of a name holds."""
        for name, reference in references.items():
            if reference["map"][1] < complete_lines:
                self._references.setdefault(name, {**reference, "map": [0, 0]})


def _kept_from(units: Sequence[Unit], lines: list[str]) -> int:
    """The first unit that may still change.

    A line that is not complete proves nothing: `10.` is a list's item, `10.5` is not.
    """
    complete = len(lines) - 1
    kept = max(len(units) - 1, 0)
    while kept > 0 and units[kept].first_line >= complete:
        kept -= 1
    while kept < len(units) and is_closed(units[kept], lines):
        kept += 1
    return kept


def _list_context(finished: Unit, pending: Sequence[Unit]) -> ListContext | None:
    """Where in a list the pending blocks begin, if they go on with the finished one."""
    if not pending or pending[0].list_token is not finished.list_token:
        return None
    item = pending[0].block
    return (
        ListContext(pending[0].number, item.is_apart)
        if isinstance(item, Item)
        else None
    )


def _plain_units(source: str) -> tuple[Unit, ...]:
    if not source.strip():
        return ()
    lines = source.count("\n") + 1
    block = Plain(harmless(source).strip("\n").expandtabs(4))
    return (Unit(block, Token("plain", "", 0), 0, lines),)
