"""The conversation on the screen, with what can be done to its parts."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.actions import bindings
from mlxtui.ui.markdown.code import highlight
from mlxtui.ui.markdown.line import Line
from mlxtui.ui.markdown.lines import shown_code
from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.transcript.messages import LinkClicked
from mlxtui.ui.transcript.part_actions import PART_ACTIONS
from mlxtui.ui.transcript.parts import Part, links_of, next_part, part_at, previous_part
from mlxtui.ui.transcript.selectable import Hit, SelectableTurns
from mlxtui.ui.transcript.stack import TurnStack
from mlxtui.ui.transcript.turns import AnswerTurn, QuestionTurn, Turn

# Links of models' texts open in the browser only with these schemes.
_SAFE_LINKS = ("https://", "http://", "mailto:")

_CURSOR = "▌"


class Transcript(SelectableTurns, can_focus=True, inherit_bindings=False):
    """Questions and answers, which stream, are read, selected and copied."""

    # Typing goes on in the prompt when something is clicked.
    FOCUS_ON_CLICK = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", show=False, id="transcript.line_up"),
        Binding("down", "scroll_lines(1)", show=False, id="transcript.line_down"),
        Binding("pageup", "page_up", show=False, id="transcript.page_up"),
        Binding("pagedown", "page_down", show=False, id="transcript.page_down"),
        Binding("home", "scroll_home", show=False, id="transcript.home"),
        Binding("end", "follow", show=False, id="transcript.end"),
        *bindings(PART_ACTIONS),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor: Part | None = None
        self._opened: tuple[Part, str] | None = None
        """The link that was opened last by its key, and where it stands."""
        self._is_gone = False
        self._is_colouring = False

    def on_unmount(self) -> None:
        """The thread that colours code is told to end."""
        self._is_gone = True

    @property
    def turns(self) -> Sequence[Turn]:
        """All turns, the oldest first."""
        return self._stack.turns

    @property
    def plain_text(self) -> str:
        """All lines as they are drawn, without the room around them."""
        count = len(self._stack.turns)
        return "\n".join(
            line.copied for index in range(count) for line in self._stack.lines(index)
        )

    def add_question(self, text: str) -> QuestionTurn:
        """Add what the user said, and go to it."""
        turn = QuestionTurn(text)
        self.add_turns([turn])
        return turn

    def add_answer(
        self, model_name: str, *, reasoning_folded: bool = True
    ) -> AnswerTurn:
        """Add an answer that is yet to come, and go to it."""
        turn = AnswerTurn(model_name, is_folded=reasoning_folded)
        self.add_turns([turn])
        return turn

    def add_turns(self, turns: Iterable[Turn]) -> None:
        """Add turns and go to the end; those out of sight are not even parsed."""
        for turn in turns:
            turn.changed = self._turn_changed
            self._stack.add(turn)
        self.follow()
        self.refresh()

    def remove_turn(self, turn: Turn) -> None:
        """Take a turn out."""
        turn.changed = _unheard
        self._stack.remove(turn)
        self._forget(turn)
        self._settle()
        self.refresh()

    def clear(self) -> None:
        """Take all turns out."""
        for turn in self._stack.turns:
            turn.changed = _unheard
        self._stack.clear()
        self._waiting.clear()
        self._cursor = self._place = None
        self.follow()
        self.refresh()

    def _forget(self, turn: Turn) -> None:
        self._waiting.pop(turn, None)
        if self._cursor is not None and self._cursor.turn is turn:
            self._cursor = None
        if self._place is not None and self._place.turn is turn:
            self._place = None

    def fold_reasoning(self, folded: bool) -> None:
        """Fold or unfold the reasoning of all answers."""
        for turn in self._stack.turns:
            if isinstance(turn, AnswerTurn):
                self._fold(turn, folded)

    def _fold(self, turn: AnswerTurn, folded: bool) -> None:
        if turn.is_folded != folded:
            turn.is_folded = folded
            self._turn_folded(turn)

    def _settle(self) -> None:
        super()._settle()
        if self._stack.colours.wanted and not self._is_colouring:
            self._is_colouring = True
            self.run_worker(self._colour_code())

    async def _colour_code(self) -> None:
        """Find the colours of the code in view, in another thread."""
        wanted = self._stack.colours.wanted
        while wanted:
            fence, _nothing = wanted.popitem()
            code = shown_code(fence)
            text = "\n".join([*code, ""])
            colours = await asyncio.to_thread(
                highlight, fence.language, text, lambda: self._is_gone
            )
            if colours is not None and len(colours) != len(code):
                colours = None
            self._stack.colours.keep(fence, colours)
            if colours is not None:
                for first, end in self._stack.recolour(fence):
                    self.refresh_lines(first, end - first)
        self._is_colouring = False

    def on_click(self, event: events.Click) -> None:
        """Follow a link, copy code, fold; two clicks select a word, three a line."""
        # Textual would select all, or do what a style's meta says.
        event.prevent_default()
        hit = self.hit(event.x, event.y)
        if hit is None or event.button != 1:
            return
        if event.chain > 1:
            # The screen would select everything.
            event.stop()
            if event.chain == 2:
                self.select_word(hit)
            else:
                self.select_line(hit)
        elif self.text_selection is None:
            self._use(hit)

    def _use(self, hit: Hit) -> None:
        if hit.run is None:
            return
        styles = hit.run.style.split()
        if hit.run.href:
            self.post_message(LinkClicked(hit.run.href))
        elif "copy" in styles and hit.line.code is not None:
            index = self._stack.index_of(hit.turn)
            self._copy(part_at(self._stack, index, hit.number))
        elif "fold" in styles and isinstance(hit.turn, AnswerTurn):
            self._fold(hit.turn, not hit.turn.is_folded)

    def on_link_clicked(self, message: LinkClicked) -> None:
        """Open an address in the browser; other programs are not started."""
        message.stop()
        if message.href.lower().startswith(_SAFE_LINKS):
            self.app.open_url(message.href)
        else:
            self.app.notify(
                _("This link is not opened: {link}").format(
                    link=one_line(message.href)
                ),
                severity="warning",
                markup=False,
            )

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=lines)

    def action_follow(self) -> None:
        """Go to the newest text and stay there."""
        self.follow()

    def action_next_part(self) -> None:
        """Move the cursor to the next turn or block of code."""
        self._move_cursor(next_part)

    def action_previous_part(self) -> None:
        """Move the cursor to the turn or block of code before."""
        self._move_cursor(previous_part)

    def _move_cursor(self, step: Callable[[TurnStack, Part], Part]) -> None:
        stack = self._stack
        if not stack.turns or not self._is_laid_out():
            return
        if self._cursor is not None:
            self._cursor = step(stack, self._cursor)
        else:
            # It begins at the edge of the view that it comes from.
            first = self.scroll_offset.y
            last = max(min(first + self.size.height, stack.height), 1) - 1
            self._cursor = part_at(
                stack, *stack.find(first if step is next_part else last)
            )
        self._bring_into_view(self._cursor)
        self.refresh()

    def _bring_into_view(self, part: Part) -> None:
        index = self._stack.index_of(part.turn)
        first, end = part.lines_in(self._stack.layout(index))
        self._set_height(self._stack.height)
        top, bottom = self._stack.top(index) + first, self._stack.top(index) + end
        height, view = self.size.height, self.scroll_offset.y
        if top < view or bottom - top >= height:
            self.scroll_to(y=top)
        elif bottom > view + height:
            self.scroll_to(y=bottom - height)

    def action_copy_part(self) -> None:
        """Copy the part at the cursor, as it was written."""
        if self._cursor is not None:
            self._copy(self._cursor)

    def _copy(self, part: Part) -> None:
        self.post_message(CopyRequested(*part.copied()))

    def action_open_link(self) -> None:
        """Open a link of the part at the cursor, or of the newest turn."""
        if not self._stack.turns:
            return
        part = self._cursor or Part(self._stack.turns[-1])
        hrefs = links_of(self._stack, part)
        if not hrefs:
            self.app.notify(_("There is no link in this part."))
            return
        before = self._opened[1] if self._opened and self._opened[0] == part else None
        number = hrefs.index(before) + 1 if before in hrefs else 0
        href = hrefs[number % len(hrefs)]
        self._opened = (part, href)
        self.post_message(LinkClicked(href))

    def action_fold(self) -> None:
        """Fold or unfold the reasoning of the turn at the cursor."""
        if self._cursor is not None and isinstance(self._cursor.turn, AnswerTurn):
            turn = self._cursor.turn
            self._fold(turn, not turn.is_folded)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def _marked(self, strip: Strip, turn: Turn, number: int, line: Line) -> Strip:
        strip = super()._marked(strip, turn, number, line)
        cursor = self._cursor
        if cursor is None or cursor.turn is not turn or not self.has_focus:
            return strip
        layout = self._stack.layout(self._stack.index_of(turn))
        first, end = cursor.lines_in(layout)
        if not first <= number < end:
            return strip
        place = max(self._drawing.title_room - 2, 0)
        bar = Strip([Segment(_CURSOR, self._drawing.style("cursor"))], 1)
        return Strip.join([strip.crop(0, place), bar, strip.crop(place + 1)])


def _unheard(_turn: Turn) -> None:
    """Nobody shows the turn any more."""
