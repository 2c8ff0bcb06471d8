"""The turns of a conversation as data: a question, and an answer that is written."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from mlxtui.types import FinishReason, GenerationStats, TextKind
from mlxtui.ui.markdown.blocks import Block, Fence, Item, Quote
from mlxtui.ui.markdown.document import Document
from mlxtui.ui.widgets.statistics import statistics_text

AnswerState = Literal["waiting", "streaming", "finished", "failed", "cancelled"]

Changed = Callable[["Turn"], None]
"""Told when what a turn says has changed."""


class Turn(ABC):
    """What one of the two said."""

    def __init__(self) -> None:
        self.changed: Changed = lambda _turn: None
        self.ordinal = 0
        """Grows from each turn to the next, and stays when others are removed."""
        self.has_ended = True
        """Nothing more comes."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What was said, as it was written."""

    @property
    def code_blocks(self) -> tuple[Fence, ...]:
        """The blocks of code in it."""
        return ()

    def line_estimate(self, width: int) -> int:
        """About how many lines its text takes."""
        text = self.text
        return len(text) // width + text.count("\n") + 1


class QuestionTurn(Turn):
    """What the user said, as typed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    @property
    def text(self) -> str:
        return self._text


class AnswerTurn(Turn):
    """What the model says: reasoning folded, the answer as Markdown, statistics."""

    def __init__(self, model_name: str, *, is_folded: bool = True) -> None:
        super().__init__()
        self.model_name = model_name
        self.is_folded = is_folded
        self.has_ended = False
        self.state: AnswerState = "waiting"
        self.waits_for = ""
        """What it waits for, until its first text comes."""
        self._outcome: tuple[GenerationStats, FinishReason] | None = None
        self._failure = ""
        """The line under it; the error under one that failed."""
        self.thinking_seconds: float | None = None
        """How long it thought; None while it does."""
        self._pieces: list[str] = []
        self._reasoning_pieces: list[str] = []
        self._reasoning_started = 0.0
        self._document: Document | None = None
        self._pending: list[str] = []

    @classmethod
    def stored(cls, model_name: str, text: str, reasoning: str = "") -> "AnswerTurn":
        """An answer of an earlier day; it is parsed when it is first seen."""
        turn = cls(model_name)
        turn._pieces = [text]
        turn._reasoning_pieces = [reasoning] if reasoning else []
        turn.state = "finished"
        turn.has_ended = True
        return turn

    @property
    def text(self) -> str:
        """The answer so far, as the model wrote it."""
        return _joined(self._pieces)

    @property
    def reasoning(self) -> str:
        """What it thought so far, as the model wrote it."""
        return _joined(self._reasoning_pieces)

    @property
    def document(self) -> Document:
        """The answer as blocks, with all text that came."""
        if self._document is None:
            self._document = Document.of(self.text) if self.has_ended else Document()
        if self._pending:
            text = "".join(self._pending)
            self._pending.clear()
            self._document.append(text)
        return self._document

    @property
    def code_blocks(self) -> tuple[Fence, ...]:
        return tuple(_fences(self.document.all_blocks))

    def forget(self) -> None:
        """Give up what can be made again from the text."""
        if self.has_ended:
            self._document = None

    def show_state(self, text: str) -> None:
        """Say what the answer waits for."""
        self.waits_for = text
        self.changed(self)

    def add(self, kind: TextKind, text: str) -> None:
        """Add a piece of text as it comes from the model."""
        self.state = "streaming"
        if kind == "reasoning":
            if not self._reasoning_pieces:
                self._reasoning_started = time.monotonic()
            self._reasoning_pieces.append(text)
        else:
            self._end_thinking()
            self._pieces.append(text)
            self._pending.append(text)
        self.changed(self)

    @property
    def statistics(self) -> str:
        """What it cost, or why it failed; empty before its end."""
        return statistics_text(*self._outcome) if self._outcome else self._failure

    @property
    def short_statistics(self) -> str:
        """The same for a screen without the room for all of it."""
        if self._outcome is None:
            return self._failure
        return statistics_text(*self._outcome, is_short=True)

    def finish(self, reason: FinishReason, stats: GenerationStats) -> None:
        """Show the statistics; nothing more comes."""
        self._outcome = (stats, reason)
        self._end("cancelled" if reason == "cancelled" else "finished")

    def fail(self, message: str, hint: str) -> None:
        """Show why there is no answer, under what there is of it."""
        self._failure = f"{message}\n{hint}".strip()
        self._end("failed")

    def _end(self, state: AnswerState) -> None:
        self._end_thinking()
        self.document.finish()
        self.state = state
        self.has_ended = True
        self.changed(self)

    def _end_thinking(self) -> None:
        if self._reasoning_pieces and self.thinking_seconds is None:
            self.thinking_seconds = time.monotonic() - self._reasoning_started


def _joined(pieces: list[str]) -> str:
    """The pieces in one, which takes their place: a text is asked for often."""
    if len(pieces) > 1:
        pieces[:] = ["".join(pieces)]
    return pieces[0] if pieces else ""


def _fences(blocks: Iterable[Block]) -> Iterator[Fence]:
    for block in blocks:
        match block:
            case Fence():
                yield block
            case Item(blocks=inner) | Quote(blocks=inner):
                yield from _fences(inner)
            case _:
                pass
