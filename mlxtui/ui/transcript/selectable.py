"""Turns whose text is selected with the mouse, and what lies under the mouse."""

from itertools import accumulate
from typing import NamedTuple

from rich.cells import get_character_cell_size
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from mlxtui.ui.markdown.blocks import Run
from mlxtui.ui.markdown.line import Line
from mlxtui.ui.transcript.drawing import restyled
from mlxtui.ui.transcript.selecting import characters_in, line_key, line_of, word_at
from mlxtui.ui.transcript.turns import Turn
from mlxtui.ui.transcript.view import TurnView


class Hit(NamedTuple):
    """What lies under the mouse."""

    turn: Turn
    number: int
    """Which line of the turn."""
    line: Line
    character: int
    """Which one of the drawn line, the room before it included."""
    run: Run | None
    """The piece of text; None beside the text."""


class SelectableTurns(TurnView):
    """Selections hold while text is added and while the view scrolls."""

    ALLOW_SELECT = True

    def hit(self, x: int, y: int) -> Hit | None:
        """What lies at a cell of the widget."""
        number = self.scroll_offset.y + y
        if not 0 <= number < self._stack.height:
            return None
        index, inside = self._stack.find(number)
        lines = self._stack.lines(index)
        if inside >= len(lines):
            return None
        line = lines[inside]
        text = " " * self._drawing.room_before(line) + line.text
        ends = accumulate(get_character_cell_size(character) for character in text)
        character = next((at for at, end in enumerate(ends) if end > x), len(text))
        run = self._run_at(line, character)
        return Hit(self._stack.turns[index], inside, line, character, run)

    def _run_at(self, line: Line, character: int) -> Run | None:
        position = self._drawing.room_before(line)
        if character < position:
            return None
        for run in line.runs:
            position += len(run.text)
            if character < position:
                return run
        return None

    def select_word(self, hit: Hit) -> None:
        """Select the word that was hit."""
        text = " " * self._drawing.room_before(hit.line) + hit.line.text
        self._select(hit, *word_at(text, hit.character))

    def select_line(self, hit: Hit) -> None:
        """Select the line that was hit."""
        room = self._drawing.room_before(hit.line)
        self._select(hit, room + hit.line.indent, room + len(hit.line.text.rstrip()))

    def _select(self, hit: Hit, start: int, end: int) -> None:
        if start < end:
            key = line_key(hit.turn.ordinal, hit.number)
            selection = Selection(Offset(start, key), Offset(end, key))
            self.screen.selections = {self: selection}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it is drawn, without the room at the left."""
        stack = self._stack
        if not stack.turns:
            return None
        start, end = selection
        first, first_line = (0, 0) if start is None else self._index_of(start.y)
        last, _last_line = self._index_of(end.y) if end else (len(stack.turns) - 1, 0)
        texts = []
        for index in range(first, min(last, len(stack.turns) - 1) + 1):
            ordinal = stack.turns[index].ordinal
            for number, line in enumerate(stack.lines(index)):
                key = line_key(ordinal, number)
                if start is not None and key < start.y or end and key > end.y:
                    continue
                chosen = self._chosen(selection, line, key)
                texts.append(self._whole(line)[slice(*chosen)].rstrip())
        return "\n".join(texts), "\n"

    def _index_of(self, key: int) -> tuple[int, int]:
        ordinal, line = line_of(key)
        return self._stack.index_at(ordinal), line

    def _whole(self, line: Line) -> str:
        return " " * self._drawing.room_before(line) + line.text

    def _chosen(self, selection: Selection, line: Line, key: int) -> tuple[int, int]:
        """The characters of a drawn line that are selected; the room is not."""
        start, end = characters_in(*selection, key, len(self._whole(line)))
        room = self._drawing.room_before(line) + line.indent
        return max(start, room), max(end, room)

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.refresh()

    def _marked(self, strip: Strip, turn: Turn, number: int, line: Line) -> Strip:
        selection = self.text_selection
        if selection is None:
            return strip
        key = line_key(turn.ordinal, number)
        start, end = self._chosen(selection, line, key)
        if start >= end:
            return strip
        style = self.screen.get_component_rich_style("screen--selection")
        return restyled(strip, start, end, style)
