"""The line that is always in sight: model, memory, context, jobs, speed."""

from dataclasses import dataclass
from typing import Literal

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.widgets.line_widget import LineWidget

Pressure = Literal["normal", "warning", "critical"]

_PRESSURE_MARKS = {"normal": "", "warning": "▲ ", "critical": "▲▲ "}
_BAR_CELLS = 8


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """The machine's memory as models see it."""

    used: str
    """Held by models, as shown."""
    free: str
    """What models may still take, as shown."""
    pressure: Pressure


@dataclass(frozen=True, slots=True)
class ContextFill:
    """How much of the model's context the conversation takes."""

    used_tokens: int
    total_tokens: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(self.used_tokens / self.total_tokens, 1) if self.total_tokens else 0


class Meter(LineWidget):
    """Drawn again only when a text changed: a repaint moves an input method's
    window."""

    PREFIX = "meter"
    COMPONENT_CLASSES = {
        "meter--ready", "meter--busy", "meter--failed",
        "meter--warning", "meter--critical", "meter--bar", "meter--jobs",
    }  # fmt: skip

    model_state: reactive[ModelState] = reactive(ModelState())
    memory: reactive[MemoryFigures | None] = reactive(None)
    context: reactive[ContextFill | None] = reactive(None)
    activity: reactive[str] = reactive("")
    """Prompt reading in %, tokens per second; empty when idle."""
    jobs: reactive[str] = reactive("")
    """How far the running jobs are; empty when none runs."""

    def render(self) -> Content:
        """The model at the left, figures at the right; the least wanted go first."""
        width = self.content_size.width
        figures = [
            part
            for part in (
                self._memory_figure(),
                self._context_figure(),
                self._jobs_figure(),
                self._activity_figure(),
            )
            if part
        ]
        model = self._model_part()
        room = width - min(model.cell_length, max(width // 3, 16))
        while figures and _length(figures) > room:
            figures.pop(0)
        right = Content("   ").join(figures)
        model = model.truncate(max(width - right.cell_length - 2, 0), ellipsis=True)
        gap = " " * max(width - model.cell_length - right.cell_length, 0)
        return Content.assemble(model, gap, right)

    def _model_part(self) -> Content:
        part, text = _model_text(self.model_state)
        return Content.styled(one_line(text), self.part_style(part))

    def _memory_figure(self) -> Content | None:
        if self.memory is None:
            return None
        pressure = self.memory.pressure
        text = _PRESSURE_MARKS[pressure] + _("memory {used}, {free} free").format(
            used=self.memory.used,
            free=self.memory.free,
        )
        if pressure == "normal":
            return Content(text)
        return Content.styled(text, self.part_style(pressure))

    def _context_figure(self) -> Content | None:
        if self.context is None:
            return None
        share = self.context.share
        filled = round(share * _BAR_CELLS)
        bar = Content.styled("━" * filled, self.part_style("bar"))
        rest = "─" * (_BAR_CELLS - filled)
        label = _("context {percent} %").format(percent=f"{share * 100:.0f}")
        return Content.assemble(bar, rest, " ", label)

    def _jobs_figure(self) -> Content | None:
        if not self.jobs:
            return None
        opens = Style.from_meta({"@click": "app.perform('app.jobs')"})
        return Content.styled(self.jobs, self.part_style("jobs")).stylize(opens)

    def _activity_figure(self) -> Content | None:
        return Content(one_line(self.activity)) if self.activity else None


def _length(parts: list[Content]) -> int:
    return sum(part.cell_length + 3 for part in parts)


def _model_text(state: ModelState) -> tuple[str, str]:
    """The part's name and the words for the model's state."""
    match state.phase:
        case "none":
            return "busy", "○ " + _("no model – Ctrl+O chooses one")
        case "failed":
            return "failed", "✗ " + state.message
        case "loading":
            return "busy", "◌ " + _loading_text(state)
        case "ready":
            assert state.loaded is not None
            return "ready", f"● {state.name}"


def _loading_text(state: ModelState) -> str:
    if not state.name:
        return _("Looking for the model…")
    if state.loading_share is None:
        return _("{name} is starting…").format(name=state.name)
    return _("{name} is loading, {percent} %").format(
        name=state.name, percent=f"{state.loading_share * 100:.0f}"
    )
