"""What a job would do, before anything is done; Enter starts it."""

from dataclasses import replace

from textual.signal import Signal
from textual.timer import Timer
from textual.widgets import Button, Input

from mlxtui import names
from mlxtui.backend.backend import Backend
from mlxtui.backend.job_events import Event
from mlxtui.errors import InvalidParameter
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.plans import JobSpec, Plan
from mlxtui.ui.messages import ActionRequested
from mlxtui.ui.plan_request import PlanRequest
from mlxtui.ui.plan_state import PlanState
from mlxtui.ui.screens.plan_page import PlanPage
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.gguf_questions import GgufQuestions

# An answer that comes sooner is not announced: the page would only flicker.
_PATIENCE_SECONDS = 0.3


class PlanScreen(PlanPage):
    """Ends with the job to start, or None when nothing shall be done.

    Args:
        spec: What is wanted.
    """

    def __init__(
        self, backend: Backend, backend_signal: Signal[Event], spec: JobSpec
    ) -> None:
        super().__init__(spec)
        self._backend_signal = backend_signal
        self._given_name = spec.name
        self._request = PlanRequest(backend, self._answered)
        self._patience: Timer | None = None
        self._is_renamed = False
        """What is asked for differs in its name only; it starts if that can be had."""
        self._starts_then = False
        """Enter came before the answer: it counts when that is there."""

    def on_mount(self) -> None:
        """Find out what would be done."""
        self._backend_signal.subscribe(self, self._request.receive)
        self._ask()
        self.retranslate()

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""
        super().retranslate()
        self._say_looking()

    def on_unmount(self) -> None:
        """Nobody waits for the plan any more."""
        self._request.cancel()

    # What is asked

    def _want(self, spec: JobSpec) -> None:
        self.state = replace(self.state, spec=spec)

    def _ask(self) -> None:
        self._request.ask(self.state.spec)

    def _answered(self, plan: Plan | None, message: str, hint: str) -> None:
        """Show a plan; start it where that was asked for meanwhile."""
        self._stop_waiting()
        starts_then, self._starts_then = self._starts_then, False
        if self._is_renamed:
            self._answered_of_name(message, hint)
            return
        before = self.state.plan
        self.state = replace(
            self.state, plan=plan or before, message=message, hint=hint
        )
        if plan is not None and self.state.lacks_file:
            self._choose_file(plan)
            return
        self.show_state()
        self.say("")
        if plan is not None:
            self._show_name(plan, before)
        if starts_then and self.state.can_start:
            self.action_start()
        elif before is None or self.focused is None:
            self.focus_first()

    def _answered_of_name(self, message: str, hint: str) -> None:
        """Start if the other name can be had; else it can be changed again."""
        self._is_renamed = False
        self.say("")
        if message:
            self.say(one_line(f"{message} {hint}"), is_problem=True)
            self.body.name_field.focus()
        else:
            self.dismiss(self.state.spec)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.stop()
        self.body.mark_stale(False)

    def _say_looking(self) -> None:
        """Say that an answer is awaited, if it is."""
        if self._request.is_waiting:
            source = one_line(self.state.spec.source)
            self.say(_("Looking at {source}…").format(source=source))
            self.body.mark_stale(True)

    def _choose_file(self, plan: Plan) -> None:
        """Ask which of several GGUF models is meant, and plan that one."""
        from mlxtui.ui.screens.choose_file import ChooseFile

        def chosen(file: str | None) -> None:
            if file is None:
                self.dismiss(None)
                return
            # What the others come to says nothing of this one.
            self.state = PlanState(spec=replace(self.state.spec, file=file))
            self._ask()
            self.show_state()
            self._say_looking()

        source = plan.source_name or self.state.spec.source
        self.app.push_screen(ChooseFile(source, plan.contents.gguf), chosen)

    def _show_name(self, plan: Plan, before: Plan | None) -> None:
        """Show the result's name, unless the user has typed another one."""
        field = self.body.name_field
        if before is None or field.value == one_line(before.result_name):
            field.value = one_line(plan.result_name)

    # What the user does

    def action_start(self) -> None:
        """Start the job as it is shown, if nothing is left to be said."""
        self._take_answers()
        state = self.state
        if self._request.is_waiting:
            self._starts_then = state.plan is not None
            return
        name = self.body.name_field.value.strip()
        is_renamed = state.plan is not None and (
            state.has_name and name != one_line(state.plan.result_name)
        )
        if not (state.can_start or is_renamed):
            self.action_leave()
        elif state.is_imported and state.plan is not None:
            self.dismiss(None)
            chat = ActionRequested("models.chat", state.plan.result_name)
            self.app.post_message(chat)
        elif state.asks and self.body.answer.value != "yes":
            note = _("Answer the question with yes to start, or leave with Esc.")
            self.say(note, is_problem=True)
            self.body.answer.focus()
        else:
            if state.asks:
                self._want(replace(state.spec, allow_code=True))
            if is_renamed:
                self._rename(name)
            else:
                self.dismiss(self.state.spec)

    def _rename(self, name: str) -> None:
        try:
            name = names.check_new_name(name, ())
        except InvalidParameter as error:
            self.say(f"{error.message} {error.hint}", is_problem=True)
            self.body.name_field.focus()
            return
        # Whether it is taken, only a new plan can tell.
        self._want(replace(self.state.spec, name=name))
        self._is_renamed = True
        self._ask()
        self._say_looking()

    def on_gguf_questions_changed(self, message: GgufQuestions.Changed) -> None:
        """Plan it as it is wanted now."""
        message.stop()
        self._take_answers()

    def _take_answers(self) -> None:
        """Plan what was chosen for a GGUF file, if that is something else; the page
        stays until the answer is there."""
        spec = self.body.gguf.wanted(self.state.spec)
        if spec == self.state.spec:
            return
        self._want(replace(spec, name=self._given_name))  # not one that was refused
        self._is_renamed = self._starts_then = False
        self._ask()
        self.say("")
        self._stop_waiting()
        self._patience = self.set_timer(_PATIENCE_SECONDS, self._say_looking)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong may be right now."""
        event.stop()
        if not self._request.is_waiting:
            self.say("")

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """What was missing may be there now."""
        message.stop()
        self.say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter means the same everywhere on the page."""
        event.stop()
        self.action_start()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter, or a click on a button."""
        event.stop()
        if event.button is self.start_button:
            self.action_start()
        else:
            self.action_leave()
