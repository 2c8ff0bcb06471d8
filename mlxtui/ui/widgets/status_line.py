"""The line that says which model answers and what it is doing."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Static

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.model_state import ModelState
from mlxtui.units import bytes_text


class StatusLine(Horizontal):
    """Model on the left, its work on the right."""

    model_state: reactive[ModelState] = reactive(ModelState())
    activity: reactive[str] = reactive("")
    """What is going on: prompt reading, tokens per second; empty when idle."""

    def compose(self) -> ComposeResult:
        yield Static("", classes="model", markup=False)
        yield Static("", classes="activity", markup=False)

    def watch_model_state(self, state: ModelState) -> None:
        """Show the model's name and state."""
        self.set_class(state.phase == "loading", "-loading")
        self.set_class(state.phase == "failed", "-failed")
        self.query_one(".model", Static).update(one_line(_model_text(state)))

    def watch_activity(self, activity: str) -> None:
        """Show what is going on."""
        self.query_one(".activity", Static).update(activity)


def _model_text(state: ModelState) -> str:
    match state.phase:
        case "none":
            return "○ " + _("no model – Ctrl+O chooses one")
        case "failed":
            return "✗ " + state.message
        case "loading":
            if not state.name:
                return "◌ " + _("Looking for the model…")
            if state.loading_share is None:
                return "◌ " + _("{name} is starting…").format(name=state.name)
            return "◌ " + _("{name} is loading, {percent} %").format(
                name=state.name, percent=f"{state.loading_share * 100:.0f}"
            )
        case "ready":
            assert state.loaded is not None
            return f"● {state.name} · " + bytes_text(state.loaded.memory_bytes)
