"""Turns drawn line by line: what is in view, where it stands, what moves it."""

import time
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from mlxtui.ui.markdown.line import Line
from mlxtui.ui.transcript.drawing import STYLE_NAMES, Drawing
from mlxtui.ui.transcript.place import Place
from mlxtui.ui.transcript.selecting import line_key
from mlxtui.ui.transcript.stack import TurnStack
from mlxtui.ui.transcript.turns import Turn

# A line is read well up to about 100 characters.
_COLUMN_CELLS = 104
_MARGIN_CELLS = 2
_INDENT_CELLS = 2
# A window narrower than this has no cells to spare for margins.
_NARROW_CELLS = 24

# Fewer are not worth a page of their own.
_LEFT_OVER_LINES = 2

# A turn that takes long to lay out rests so many times as long before the next time.
_REST_FACTOR = 4


class TurnView(ScrollView):
    """Shows turns one under the other, and stays at the end until it is scrolled away.

    Only what is in view, and a screen above and below it, is laid out exactly; turns
    that were never near have estimated heights, which are corrected out of sight.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"transcript--{name}" for name in STYLE_NAMES
    }

    is_following: reactive[bool] = reactive(True, init=False)
    """The view stays at the newest text."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._stack = TurnStack()
        self._drawing = Drawing(self._style_of)
        self._place: Place | None = None
        self._laid_out_size = Size(0, 0)
        self._is_moving = False
        self._is_painting = False
        self._rests_until = 0.0
        self._last_cost_seconds = 0.0
        self._waiting: dict[Turn, None] = {}
        self._wake: Timer | None = None

    def _style_of(self, names: tuple[str, ...]) -> Style:
        classes = [f"transcript--{name}" for name in names]
        return self.get_visual_style(*classes).rich_style

    def notify_style_update(self) -> None:
        """The theme has changed."""
        super().notify_style_update()
        self._drawing.forget()

    def follow(self) -> None:
        """Go to the newest text and stay there."""
        self.is_following = True
        self._settle()

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines for the new width; what is read stays in view."""
        self._fit()
        self._show_waiting()

    def on_show(self) -> None:
        """Show what came while it was hidden."""
        self._fit()
        self._show_waiting()
        self._settle()
        self.refresh()

    def _fit(self) -> None:
        size = self._text_size
        width = size.width
        if size == self._laid_out_size or not width or not size.height:
            return
        is_narrow = width < _NARROW_CELLS
        margin = 0 if is_narrow else _MARGIN_CELLS
        indent = 0 if is_narrow else _INDENT_CELLS
        column = min(_COLUMN_CELLS, width - 2 * margin)
        left = (width - column) // 2 + indent
        if width != self._laid_out_size.width:
            if self._place is not None:
                self._place = self._place.unknown()
            self._drawing.place(left, column - indent, width)
            self._stack.set_width(column - indent)
            if self.text_selection:
                # Its lines are other lines now.
                self.screen.clear_selection()
        self._laid_out_size = size
        self._settle()
        self.refresh()

    def retranslate(self) -> None:
        """Show the words around the texts in the language in use."""
        if self._place is not None:
            self._place = self._place.unknown()
        self._stack.forget_layouts()
        self._settle()
        self.refresh()

    @property
    def _text_size(self) -> Size:
        """The room for lines: the scrollbar's is not part of it."""
        return self.scrollable_content_region.size

    def _is_laid_out(self) -> bool:
        # What is hidden has no size; it is laid out for the one that it had.
        size = self._text_size or self._laid_out_size
        return bool(size) and size == self._laid_out_size

    def _settle(self) -> None:
        """Lay out what is in view, and bring it to where it belongs."""
        if not self._is_laid_out():
            return
        stack = self._stack
        place = self._place
        height = self._laid_out_size.height
        if self.is_following or place is None or not stack.turns:
            self._lay_out_above(len(stack.turns), 2 * height)
            self._set_height(stack.height)
            self._move_to(self.max_scroll_y)
            stack.forget_far_from(len(stack.turns))
            return
        index = min(stack.index_of(place.turn), len(stack.turns) - 1)
        line = place.line_in(stack.layout(index))
        self._lay_out_below(index, line + 2 * height)
        self._lay_out_above(index, height)
        self._set_height(stack.height)
        self._move_to(stack.top(index) + line)
        if self.scroll_y >= self.max_scroll_y:
            self.is_following = True
        stack.forget_far_from(index)

    def _lay_out_below(self, index: int, wanted: int) -> None:
        while wanted > 0 and index < len(self._stack.turns):
            wanted -= len(self._stack.lines(index))
            index += 1

    def _lay_out_above(self, index: int, wanted: int) -> None:
        while wanted > 0 and index > 0:
            index -= 1
            wanted -= len(self._stack.lines(index))

    def _set_height(self, height: int) -> None:
        size = Size(self._laid_out_size.width, height)
        if size != self.virtual_size:
            # Set in the usual way, it would lay out the whole screen for each line.
            self.set_reactive(Widget.virtual_size, size)
            self._is_moving = True
            self._scroll_update(size)
            self._is_moving = False

    def _move_to(self, line: int) -> None:
        self._is_moving = True
        self.scroll_target_y = self.scroll_y = line
        self._is_moving = False

    def scroll_to(self, *arguments: Any, **options: Any) -> None:
        """Scroll at once: text that glides is not read sooner."""
        super().scroll_to(*arguments, **{**options, "animate": False})

    def scroll_page_down(self, **options: Any) -> None:
        """Scroll by a page; the last lines come along when few would be left over."""
        target = self.scroll_y + self._laid_out_size.height
        if target >= self.max_scroll_y - _LEFT_OVER_LINES:
            self.follow()
        else:
            super().scroll_page_down(**options)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember what is read, when someone else than this view has scrolled."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_moving or not self._is_laid_out() or not self._stack.turns:
            return
        line = round(new_value)
        self.is_following = line >= self.max_scroll_y
        self._remember(min(line, self._stack.height - 1))
        self._settle()

    def _remember(self, line: int) -> None:
        index, inside = self._stack.find(line)
        if not self._stack.is_laid_out(index):
            # Its height was an estimate: the same part of it is shown.
            estimated = self._stack.height_of(index)
            inside = inside * len(self._stack.lines(index)) // estimated
        layout = self._stack.layout(index)
        self._place = Place.at(self._stack.turns[index], inside, layout)

    def _turn_changed(self, turn: Turn) -> None:
        """Show what is new in a turn, now or when the last time is long enough ago."""
        self._waiting[turn] = None
        rest = self._rests_until - time.monotonic()
        if rest <= 0 or turn.has_ended:
            self._show_waiting()
        elif self._wake is None:
            self._wake = self.set_timer(rest, self._show_waiting)

    def _show_waiting(self) -> None:
        if self._wake is not None:
            self._wake.stop()
            self._wake = None
        if not self._is_laid_out():
            return  # the new size comes, and brings us back here
        started = time.monotonic()
        for turn in self._waiting:
            self._show_turn(turn)
        self._waiting.clear()
        ended = time.monotonic()
        # Once may be chance: the first time, or another process.
        cost = min(ended - started, self._last_cost_seconds)
        self._last_cost_seconds = ended - started
        self._rests_until = ended + _REST_FACTOR * cost

    def _show_turn(self, turn: Turn) -> None:
        stack = self._stack
        before = self.scroll_offset.y
        first = stack.update(turn)
        place = self._place
        if place and place.turn is turn and first is not None and first < place.line:
            self._place = place.unknown()
        self._settle()
        if first is not None and self.scroll_offset.y == before:
            self._refresh_from(stack.top(stack.index_of(turn)) + first)

    def _turn_folded(self, turn: Turn) -> None:
        """Show a turn whose reasoning was folded; what stands under it stays."""
        index = self._stack.index_of(turn)
        if not self._stack.is_laid_out(index):
            return
        if self.text_selection:
            # Its lines have moved.
            self.screen.clear_selection()
        place = self._place
        if place is not None and place.turn is turn:
            layout = self._stack.layout(index)
            from_end = len(layout.lines) - place.line
            is_below = place.line >= layout.head_count
            self._stack.update(turn)
            if is_below:
                line = len(layout.lines) - from_end
            else:
                line = min(place.line, layout.fold_line or 0)
            self._place = Place.at(turn, max(line, 0), layout)
        if self._is_laid_out():
            self._show_turn(turn)
        else:
            self._waiting[turn] = None
        self.refresh()

    def _refresh_from(self, line: int) -> None:
        """Draw a line and all below it again."""
        first = max(line - self.scroll_offset.y, 0)
        width, height = self.size
        if first < height:
            self.refresh(Region(0, first, width, height - first))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        number = self.scroll_offset.y + y
        if not self._is_laid_out() or number >= self._stack.height:
            return Strip.blank(self.size.width, self._drawing.style(""))
        index, inside = self._stack.find(number)
        lines = self._stack.lines(index)
        if inside >= len(lines):
            return Strip.blank(self.size.width, self._drawing.style(""))
        turn = self._stack.turns[index]
        strip = self._drawing.strip(lines[inside])
        strip = self._marked(strip, turn, inside, lines[inside])
        if self._is_painting:
            return strip
        return strip.apply_offsets(0, line_key(turn.ordinal, inside))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines of the screen.

        Where a selection begins is asked for with `render_line`; in what is painted
        its marks would make a style of its own of each piece of text.
        """
        self._is_painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._is_painting = False

    def _marked(self, strip: Strip, turn: Turn, number: int, line: Line) -> Strip:
        """The line with what lies over it: a selection, a cursor."""
        return strip
