"""The page of a plan: its frame, its help, its parts; not what comes of it."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button

from mlxtui import paths
from mlxtui.i18n import N_, _
from mlxtui.plans import JobSpec
from mlxtui.ui.plan_state import PlanState
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.plan_body import PlanBody
from mlxtui.ui.widgets.prose import Prose, wrapped

# Borders, the space above the text, and the buttons with the space above them.
_FRAME_LINES = 5


class PlanPage(Dialog[JobSpec | None]):
    """What is shown of a plan, always with its buttons in sight.

    Args:
        spec: What is wanted.
    """

    CSS_PATH = paths.styles_dir() / "plan.tcss"
    DIALOG_TITLE = N_("Plan")
    DIALOG_HELP = N_(
        "What would be done, and what it takes; nothing has been fetched or written"
        " yet.\n"
        "Memory is the model's weights, a conversation of that length, and a reserve:"
        " the same estimate that guards loading. ✓ fits, ▲ is tight: other programs"
        " may have to give way, ✗ does not fit.\n"
        "A GGUF file becomes an MLX model. Faithful keeps its codes and rounds their"
        " scales to 16 bits; exact keeps every weight to the last bit and takes more"
        " memory. A file without a chat template can get that of its family; nothing"
        " is added unless you choose it.\n"
        "Where the model brings program code of its own, a yes is needed: the files"
        " are fetched, mlxtui runs none of them."
    )
    DIALOG_KEYS = (
        ("Enter", N_("Start the job, or open what is here already")),
        ("Tab", N_("To the next question, to the name, to the buttons")),
        ("← →", N_("Take another answer")),
        ("↑ ↓ PageUp PageDown", N_("Scroll")),
        ("Esc", N_("Leave; nothing is done")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("enter", "start", show=False),
        Binding("up", "scroll('up')", show=False),
        Binding("down", "scroll('down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
    ]

    def __init__(self, spec: JobSpec) -> None:
        super().__init__()
        self.state = PlanState(spec=spec)
        self.body = PlanBody()
        self.note = Prose(id="plan-note")
        self.start_button = Button(compact=True, id="plan-start")
        self.close_button = Button(compact=True, id="plan-close")

    def compose(self) -> ComposeResult:
        with Vertical(id="plan"):
            yield self.body
            yield self.note
            with Horizontal(id="plan-buttons"):
                yield self.start_button
                yield self.close_button

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        box = self.query_one("#plan")
        box.border_title = _("Plan")
        box.border_subtitle = _("↑ ↓ scroll · F1 explains · Esc leaves")
        self.body.retranslate()
        self.show_state()

    def show_state(self) -> None:
        """Show the plan as it is known now."""
        state = self.state
        self.body.show(state)
        self.start_button.display = state.can_start
        start = _("Chat with it") if state.is_imported else _("Start")
        close = _("Cancel") if state.can_start else _("Close")
        self.start_button.label = Content(start)
        self.close_button.label = Content(close)
        for button in (self.start_button, self.close_button):
            button.refresh(layout=True)  # another label may be wider than its button
        self._fit()

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Say something above the buttons; empty takes it away."""
        self.note.update(text)
        self.note.display = bool(text)
        self.note.set_class(is_problem, "-problem")
        self._fit()

    def focus_first(self) -> None:
        """What must be answered, then what may be chosen, then what may be done."""
        state, row = self.state, self.body.gguf.first_row
        if state.asks:
            self.body.answer.focus()
        elif row is not None:
            row.focus()
        else:
            (self.start_button if state.can_start else self.close_button).focus()

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self._fit()

    def _fit(self) -> None:
        cells = self.query_one("#plan").content_size.width
        lines = len(wrapped(str(self.note.visual), max(cells, 1))) + 1
        room = self.size.height - _FRAME_LINES - (lines if self.note.display else 0)
        self.body.styles.max_height = max(room, 1)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    def action_scroll(self, step: str) -> None:
        """Move what does not fit into the window."""
        scroll: Callable[..., None] = getattr(self.body, f"scroll_{step}")
        scroll(animate=False)
