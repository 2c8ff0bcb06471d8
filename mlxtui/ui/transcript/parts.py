"""The parts that the cursor goes over: turns, and the blocks of code in them."""

from dataclasses import dataclass

from mlxtui.i18n import _
from mlxtui.ui.transcript.layout import TurnLayout
from mlxtui.ui.transcript.stack import TurnStack
from mlxtui.ui.transcript.turns import AnswerTurn, Turn


@dataclass(frozen=True, slots=True)
class Part:
    """A turn as a whole, or one of its blocks of code."""

    turn: Turn
    code: int | None = None
    """Which block of code of the turn; None for the whole turn."""

    def lines_in(self, layout: TurnLayout) -> tuple[int, int]:
        """Its lines in its turn's layout: the first, and the one after the last."""
        if self.code is not None:
            spans = layout.code_spans()
            if self.code < len(spans):
                return spans[self.code][:2]
        return 1, len(layout.lines)

    def copied(self) -> tuple[str, str]:
        """What is copied of it, as it was written, and what that is for a notice."""
        if self.code is not None:
            blocks = self.turn.code_blocks
            if self.code < len(blocks):
                return blocks[self.code].code, _("the code block")
        is_answer = isinstance(self.turn, AnswerTurn)
        return self.turn.text, _("the answer") if is_answer else _("the question")


def _parts_of(stack: TurnStack, index: int) -> list[Part]:
    turn = stack.turns[index]
    count = len(stack.layout(index).code_spans())
    return [Part(turn), *(Part(turn, code) for code in range(count))]


def next_part(stack: TurnStack, part: Part) -> Part:
    """The part after this one; the last one is its own next."""
    index = stack.index_of(part.turn)
    parts = _parts_of(stack, index)
    following = parts.index(part) + 1 if part in parts else len(parts)
    if following < len(parts):
        return parts[following]
    if index + 1 < len(stack.turns):
        return Part(stack.turns[index + 1])
    return part


def previous_part(stack: TurnStack, part: Part) -> Part:
    """The part before this one; the first one is its own previous."""
    index = stack.index_of(part.turn)
    parts = _parts_of(stack, index)
    place = parts.index(part) if part in parts else len(parts)
    if place > 0:
        return parts[place - 1]
    if index > 0:
        return _parts_of(stack, index - 1)[-1]
    return part


def links_of(stack: TurnStack, part: Part) -> list[str]:
    """The addresses that a part links to, each once."""
    layout = stack.layout(stack.index_of(part.turn))
    first, end = part.lines_in(layout)
    hrefs = (run.href for line in layout.lines[first:end] for run in line.runs)
    return list(dict.fromkeys(filter(None, hrefs)))


def part_at(stack: TurnStack, index: int, line: int) -> Part:
    """The smallest part that a line of a turn is in."""
    for part in reversed(_parts_of(stack, index)):
        first, end = part.lines_in(stack.layout(index))
        if first <= line < end:
            return part
    return Part(stack.turns[index])
