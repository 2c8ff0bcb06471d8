"""A turn as lines of a width; a growing one keeps the lines that are finished."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.markdown.blocks import Fence, Run
from mlxtui.ui.markdown.line import BLANK, Line
from mlxtui.ui.markdown.lines import Colours, plain_lines
from mlxtui.ui.transcript.body import BodyLines
from mlxtui.ui.transcript.turns import AnswerTurn, QuestionTurn, Turn

# Below this width the whole statistics would take more lines than a short answer.
_SHORT_CELLS = 50


class TurnLayout(ABC):
    """The lines of a turn."""

    def __init__(self, turn: Turn, width: int) -> None:
        self.width = width
        self.lines: list[Line] = []
        self.fold_line: int | None = None
        """Which line folds and unfolds the reasoning."""
        self.head_count = 0
        """The lines before what was said."""
        self._turn = turn
        self._spans_of: list[Line] | None = None
        self._spans: list[tuple[int, int, Fence]] = []

    @abstractmethod
    def update(self, colours: Colours) -> int:
        """Bring the lines up to date; returns the first that changed."""

    def recolour(self, fence: Fence, colours: Colours) -> tuple[int, int]:
        """Draw a block of code again; returns the lines that changed: first and end."""
        return 0, 0

    def code_spans(self) -> list[tuple[int, int, Fence]]:
        """The blocks of code: the first line, the one after the last, the code."""
        if self._spans_of is self.lines:
            return self._spans
        spans: list[tuple[int, int, Fence]] = []
        for index, line in enumerate(self.lines):
            if line.code is None:
                continue
            if spans and spans[-1][1] == index and spans[-1][2] is line.code:
                spans[-1] = (spans[-1][0], index + 1, line.code)
            else:
                spans.append((index, index + 1, line.code))
        self._spans_of, self._spans = self.lines, spans
        return spans


def layout_of(turn: Turn, width: int) -> TurnLayout:
    """An empty layout of a turn, to be updated."""
    if isinstance(turn, AnswerTurn):
        return AnswerLayout(turn, width)
    assert isinstance(turn, QuestionTurn)
    return QuestionLayout(turn, width)


def _title(text: str, style: str) -> Line:
    return Line((Run(text, f"speaker {style}"),), is_title=True)


class QuestionLayout(TurnLayout):
    """A question as it was typed."""

    def update(self, colours: Colours) -> int:
        if not self.lines:
            texts = self._turn.text.split("\n")
            title = _title(_("You"), "user")
            self.lines = [BLANK, title, *plain_lines(texts, self.width)]
        return 0


class AnswerLayout(TurnLayout):
    """An answer: who speaks, what it thought, what it says, what it cost."""

    def __init__(self, turn: AnswerTurn, width: int) -> None:
        super().__init__(turn, width)
        self._answer = turn
        self._thought = ThoughtLines(width)
        self._body = BodyLines(width)
        self._head_of: object = None

    def update(self, colours: Colours) -> int:
        answer = self._answer
        # What the head says; the text of the reasoning is only added to.
        head_of = (
            answer.is_folded,
            answer.thinking_seconds,
            bool(answer.reasoning),
            answer.waits_for if answer.state == "waiting" else "",
            bool(answer.text) or answer.has_ended,
        )
        is_same_head = head_of == self._head_of
        self._head_of = head_of
        first_thought = self._thought.finished_count
        head = list(self._head())
        first = self._body.update(answer.document, colours)
        body = self._body.lines
        changed = 0
        if is_same_head:
            is_growing = len(head) != self.head_count or not body
            thought = (self.fold_line or 0) + 1 + first_thought
            changed = min(thought, len(head)) if is_growing else len(head) + first
        self.head_count = len(head)
        self.lines = head + body
        if answer.has_ended:
            self.lines += self._foot(has_text=bool(body))
        return changed

    def recolour(self, fence: Fence, colours: Colours) -> tuple[int, int]:
        first, end = self._body.recolour(fence, colours)
        head = self.head_count
        self.lines[head + first : head + end] = self._body.lines[first:end]
        return head + first, head + end

    def _head(self) -> Iterator[Line]:
        answer = self._answer
        yield BLANK
        yield _title(one_line(answer.model_name), "model")
        self.fold_line = None
        if answer.reasoning:
            self.fold_line = 2
            yield Line((Run(self._fold_text(), "fold"),))
            if not answer.is_folded:
                yield from self._thought.lines_of(answer.reasoning)
            if answer.text or answer.has_ended:
                yield BLANK
        if answer.state == "waiting" and answer.waits_for:
            yield from plain_lines(answer.waits_for.split("\n"), self.width, "muted")

    def _fold_text(self) -> str:
        mark = "▸" if self._answer.is_folded else "▾"
        seconds = self._answer.thinking_seconds
        if seconds is None:
            text = _("Thought") if self._answer.has_ended else _("Thinking…")
            return f"{mark} {text}"
        return f"{mark} " + _("Thought for {seconds} s").format(
            seconds=f"{seconds:.1f}"
        )

    def _foot(self, *, has_text: bool) -> Iterator[Line]:
        answer = self._answer
        is_short = self.width < _SHORT_CELLS
        statistics = answer.short_statistics if is_short else answer.statistics
        if not statistics:
            return
        style = {"failed": "error", "cancelled": "warning"}.get(answer.state, "muted")
        if has_text:
            yield BLANK
        yield from plain_lines(statistics.split("\n"), self.width, style)


class ThoughtLines:
    """The reasoning, beside a bar; only its last line is drawn again."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._finished: list[Line] = []
        self._finished_characters = 0

    @property
    def finished_count(self) -> int:
        """How many lines stay as they are."""
        return len(self._finished)

    def lines_of(self, reasoning: str) -> list[Line]:
        """All lines of a text that was only added to since the last time."""
        text = reasoning.lstrip("\n")
        end = text.rfind("\n") + 1
        if end > self._finished_characters:
            complete = text[self._finished_characters : end - 1]
            self._finished += self._barred(complete.split("\n"))
            self._finished_characters = end
        last = text[end:]
        return [*self._finished, *(self._barred([last]) if last else ())]

    def _barred(self, texts: list[str]) -> Iterator[Line]:
        bar = Run("▎ ", "bar") if self._width > 8 else Run("")
        for line in plain_lines(texts, self._width - len(bar.text), "muted"):
            yield line.prefixed(bar)
