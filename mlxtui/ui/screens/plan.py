"""What a job would do, before anything is done; Enter starts it."""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.signal import Signal
from textual.widgets import Button, Input, Static

from mlxtui import names, paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import MakePlan
from mlxtui.backend.job_events import Event, PlanMade
from mlxtui.errors import InvalidParameter
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import RequestId
from mlxtui.ui.plan_lines import (
    file_lines,
    head_lines,
    label_cells,
    problem_lines,
    what_it_takes,
)
from mlxtui.ui.screens.dialog import Dialog
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.ordered_input import OrderedInput
from mlxtui.ui.widgets.plan_part import PlanPart
from mlxtui.ui.widgets.prose import Prose, wrapped

# Borders, the space above the text, and the buttons with the space above them.
_FRAME_LINES = 5


class PlanScreen(Dialog[JobSpec | None]):
    """Ends with the job to start, or None when nothing shall be done.

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
        "Where the model brings program code of its own, a yes is needed: the files"
        " are fetched, mlxtui runs none of them."
    )
    DIALOG_KEYS = (
        ("Enter", N_("Start the job")),
        ("Tab", N_("To the name, to the question, to the buttons")),
        ("← →", N_("Answer the question")),
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

    def __init__(
        self, backend: Backend, backend_signal: Signal[Event], spec: JobSpec
    ) -> None:
        super().__init__()
        self._backend = backend
        self._backend_signal = backend_signal
        self._spec = spec
        self._request_id: RequestId | None = None
        self._is_renamed = False
        self._plan: Plan | None = None
        self._failure = ("", "")
        self._head, self._facts = PlanPart(id="plan-head"), PlanPart()
        self._problem, self._files = PlanPart(), PlanPart()
        self._note = Prose(id="plan-note")
        self._name_field = OrderedInput(compact=True, id="plan-name")
        self._answer = ChoiceRow(id="plan-answer")
        self._start_button = Button(compact=True, id="plan-start")
        self._close_button = Button(compact=True, id="plan-close")

    def compose(self) -> ComposeResult:
        with Vertical(id="plan"):
            with VerticalScroll(id="plan-body", can_focus=False):
                yield self._head
                yield self._problem
                yield self._facts
                with Horizontal(id="plan-name-row"):
                    yield Static(id="plan-name-label", markup=False)
                    yield self._name_field
                yield Prose(id="plan-question")
                yield self._answer
                yield self._files
            yield self._note
            with Horizontal(id="plan-buttons"):
                yield self._start_button
                yield self._close_button

    def on_mount(self) -> None:
        """Find out what would be done."""
        self._answer.value = "no"
        self._backend_signal.subscribe(self, self._receive)
        self._ask()
        self.retranslate()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        box = self.query_one("#plan")
        box.border_title = _("Plan")
        box.border_subtitle = _("↑ ↓ scroll · F1 explains · Esc leaves")
        self._start_button.label = Content(_("Start"))
        self._answer.choices = {"no": _("No"), "yes": _("Yes")}
        label = self.query_one("#plan-name-label", Static)
        label.update(_("Name"))
        label.styles.width = label_cells() - 1  # the field's own margin
        self._show()

    def on_unmount(self) -> None:
        """Nobody waits for the plan any more."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)

    def _ask(self) -> None:
        self._request_id = new_request_id()
        self._backend.submit(MakePlan(request_id=self._request_id, spec=self._spec))
        self._show()

    def _receive(self, event: Event) -> None:
        if event.request_id != self._request_id:
            return
        plan: Plan | None = None
        match event:
            case PlanMade(plan=plan):
                failure = (plan.problem, plan.hint)
            case Failed(message=message, hint=hint):
                failure = (message, hint)
            case _:
                return
        self._request_id = None
        if self._is_renamed:
            self._receive_renamed(*failure)
            return
        self._plan, self._failure = plan, failure
        self._show()
        if plan_name := (self._plan and self._plan.result_name):
            self._name_field.value = one_line(plan_name)
        first = self._answer if self._asks else self._start_button
        (first if self._can_start else self._close_button).focus()

    def _receive_renamed(self, message: str, hint: str) -> None:
        """Start if the other name can be had; else it can be changed again."""
        self._is_renamed = False
        self._say("")
        if message:
            self._say(one_line(f"{message} {hint}"), is_problem=True)
            self._name_field.focus()
        else:
            self.dismiss(self._spec)

    # What is shown

    @property
    def _can_start(self) -> bool:
        return self._plan is not None and not self._failure[0]

    @property
    def _asks(self) -> bool:
        """Whether something must be answered with yes first."""
        return (
            self._can_start
            and self._plan is not None
            and bool(self._plan.question)
            and not self._spec.allow_code
        )

    @property
    def _has_name(self) -> bool:
        """Whether something is written whose name can be chosen."""
        steps = self._plan.steps if self._can_start and self._plan else ()
        return any(step.stage in ("convert", "quantize") for step in steps)

    def _show(self) -> None:
        plan, (message, hint) = self._plan, self._failure
        if plan is not None:
            self._head.show_lines(partial(head_lines, plan))
            self._facts.show_lines(
                partial(what_it_takes, plan) if not message else _nothing
            )
            self._files.show_lines(
                partial(file_lines, plan) if not message else _nothing
            )
        self._problem.show_lines(
            partial(problem_lines, message, hint) if message else _nothing
        )
        self.query_one("#plan-name-row").display = self._has_name
        question = self.query_one("#plan-question", Prose)
        question.display = self._answer.display = self._asks
        question.update(one_line(plan.question) if plan else "")
        self._start_button.display = self._can_start
        self._close_button.label = Content(
            _("Cancel") if self._can_start else _("Close")
        )
        is_looking = self._request_id is not None
        looking = _("Looking at {source}…").format(source=one_line(self._spec.source))
        self._say(looking if is_looking else "")

    def _say(self, text: str, *, is_problem: bool = False) -> None:
        self._note.update(text)
        self._note.display = bool(text)
        self._note.set_class(is_problem, "-problem")
        self._fit()

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self._fit()

    def _fit(self) -> None:
        note = self._note
        lines = len(wrapped(str(note.visual), max(self._text_cells, 1))) + 1
        room = self.size.height - _FRAME_LINES - (lines if note.display else 0)
        self.query_one("#plan-body").styles.max_height = max(room, 1)

    @property
    def _text_cells(self) -> int:
        return self.query_one("#plan").content_size.width

    # What the user does

    def action_start(self) -> None:
        """Start the job as it is shown, if nothing is left to be said."""
        if self._request_id is not None:
            return
        if not self._can_start or self._plan is None:
            self.action_leave()
            return
        if self._asks and self._answer.value != "yes":
            note = _("Answer the question with yes to start, or leave with Esc.")
            self._say(note, is_problem=True)
            self._answer.focus()
            return
        if self._asks:
            self._spec = replace(self._spec, allow_code=True)
        name = self._name_field.value.strip()
        if not self._has_name or name == one_line(self._plan.result_name):
            self.dismiss(self._spec)
            return
        try:
            name = names.check_new_name(name, ())
        except InvalidParameter as error:
            self._say(f"{error.message} {error.hint}", is_problem=True)
            self._name_field.focus()
            return
        # Whether it is taken, only a new plan can tell.
        self._spec = replace(self._spec, name=name)
        self._is_renamed = True
        self._ask()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    def action_scroll(self, step: str) -> None:
        """Move what does not fit into the window."""
        body = self.query_one("#plan-body", VerticalScroll)
        getattr(body, f"scroll_{step}")(animate=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong may be right now."""
        event.stop()
        if self._request_id is None:
            self._say("")

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """What was missing may be there now."""
        message.stop()
        self._say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter means the same everywhere on the page."""
        event.stop()
        self.action_start()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter, or a click on a button."""
        event.stop()
        if event.button is self._start_button:
            self.action_start()
        else:
            self.action_leave()


def _nothing(width: int) -> list[tuple[tuple[str, str], ...]]:
    return []
