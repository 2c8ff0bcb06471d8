"""The turns of a conversation as widgets: a question, and an answer that streams."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Collapsible, Markdown, Static
from textual.widgets._collapsible import CollapsibleTitle
from textual.widgets.markdown import MarkdownStream

from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.types import FinishReason, GenerationStats, TextKind
from mlxtui.ui.widgets.model_markdown import ModelMarkdown
from mlxtui.ui.widgets.statistics import statistics_text


class QuestionTurn(Vertical):
    """What the user said, as typed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield Static(_("You"), classes="speaker", markup=False)
        yield Static(harmless(self.text), classes="question", markup=False)


class AnswerTurn(Vertical):
    """What the model says: reasoning folded, the answer as Markdown, statistics."""

    DEFAULT_CLASSES: ClassVar[str] = "-waiting"

    def __init__(self, model_name: str, *, reasoning_folded: bool = True) -> None:
        super().__init__()
        self.model_name = model_name
        self._reasoning_folded = reasoning_folded
        self.text = ""
        """The answer so far, as the model wrote it."""
        self.reasoning = ""
        self._reasoning_started = 0.0
        self._stream: MarkdownStream | None = None

    def compose(self) -> ComposeResult:
        yield Static(one_line(self.model_name), classes="speaker", markup=False)
        with Collapsible(
            title=_("Thinking…"),
            collapsed=self._reasoning_folded,
            classes="reasoning",
        ):
            yield Static("", markup=False)
        yield Static("", classes="state", markup=False)
        yield ModelMarkdown()
        yield Static("", classes="statistics", markup=False)

    def on_mount(self) -> None:
        """Keep the focus in the prompt when the reasoning is clicked on."""
        self.query_one(CollapsibleTitle).can_focus = False

    def show_state(self, text: str) -> None:
        """Say what the answer waits for."""
        self.query_one(".state", Static).update(text)

    async def add(self, kind: TextKind, text: str) -> None:
        """Add a piece of text as it comes from the model."""
        self.remove_class("-waiting")
        self.add_class("-streaming")
        if kind == "reasoning":
            self._add_reasoning(text)
            return
        if self.reasoning and not self.text:
            self._end_reasoning()
        self.text += text
        shown = harmless(text)
        if not shown:
            return  # a stream that was never written to does not end
        if self._stream is None:
            self._stream = Markdown.get_stream(self.query_one(Markdown))
        await self._stream.write(shown)

    async def finish(self, reason: FinishReason, stats: GenerationStats) -> None:
        """Show the statistics; nothing more comes."""
        if self.reasoning and not self.text:
            self._end_reasoning()
        if reason == "cancelled":
            self.add_class("-cancelled")
        self.query_one(".statistics", Static).update(statistics_text(stats, reason))
        await self._end()

    async def fail(self, message: str, hint: str) -> None:
        """Show why there is no answer, under what there is of it."""
        self.add_class("-failed")
        self.query_one(".statistics", Static).update(
            harmless(f"{message}\n{hint}".strip())
        )
        await self._end()

    async def on_unmount(self) -> None:
        """A new chat ends the stream of an answer that is still written."""
        await self._end()

    async def _end(self) -> None:
        # All that is seen changes at once; then the stream draws what it still has.
        self.remove_class("-waiting", "-streaming")
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.stop()

    def _add_reasoning(self, text: str) -> None:
        if not self.reasoning:
            self._reasoning_started = time.monotonic()
            self.add_class("-reasoned")
        self.reasoning += text
        fold = self.query_one(Collapsible)
        if not fold.collapsed:
            self._show_reasoning()

    def _end_reasoning(self) -> None:
        seconds = time.monotonic() - self._reasoning_started
        fold = self.query_one(Collapsible)
        fold.title = _("Thought for {seconds} s").format(seconds=f"{seconds:.1f}")
        self._show_reasoning()

    def _show_reasoning(self) -> None:
        fold = self.query_one(Collapsible)
        fold.query_one("Contents Static", Static).update(harmless(self.reasoning))

    def on_collapsible_expanded(self, event: Collapsible.Expanded) -> None:
        """Draw the reasoning when it becomes visible, not at each token."""
        event.stop()
        self._show_reasoning()

    def toggle_reasoning(self, collapsed: bool) -> None:
        """Fold or unfold the reasoning."""
        self.query_one(Collapsible).collapsed = collapsed
