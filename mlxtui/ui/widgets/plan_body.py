"""Everything that a plan says, and what can be changed in it; scrolls."""

from collections.abc import Callable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.ui.gguf_lines import imported_lines
from mlxtui.ui.plan_lines import (
    file_lines,
    head_lines,
    label_cells,
    problem_lines,
    what_it_takes,
)
from mlxtui.ui.plan_state import PlanState
from mlxtui.ui.widgets.changing_lines import Line
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.gguf_questions import GgufQuestions
from mlxtui.ui.widgets.ordered_input import OrderedInput
from mlxtui.ui.widgets.plan_part import PlanPart
from mlxtui.ui.widgets.prose import Prose


class PlanBody(VerticalScroll, can_focus=False):
    """Parts that have nothing to say are hidden."""

    def __init__(self) -> None:
        super().__init__(id="plan-body")
        self.gguf = GgufQuestions()
        self.name_field = OrderedInput(compact=True, id="plan-name")
        self.answer = ChoiceRow(id="plan-answer")
        self.answer.value = "no"
        self._head, self._facts = PlanPart(id="plan-head"), PlanPart(id="plan-facts")
        self._problem, self._files = PlanPart(), PlanPart()
        self._name_label = Static(classes="label", markup=False)
        self._question = Prose(id="plan-question")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.gguf
        yield self._problem
        yield self._facts
        with Horizontal(classes="question", id="plan-name-row"):
            yield self._name_label
            yield self.name_field
        yield self._question
        yield self.answer
        yield self._files

    def retranslate(self) -> None:
        """Show what never changes in the language that is in use now."""
        self.gguf.retranslate()
        self.answer.choices = {"no": _("No"), "yes": _("Yes")}
        self._name_label.update(_("Name"))
        self._name_label.styles.width = label_cells() - 1  # the field's own margin

    def show(self, state: PlanState) -> None:
        """Show a plan, or why there is none."""
        plan, message = state.plan, state.message
        facts: Callable[[int], list[Line]] = _nothing
        files, problem = facts, facts
        if plan is not None:
            self._head.show_lines(partial(head_lines, plan))
            self.gguf.ask(plan.contents, state.spec)
            if state.is_imported:
                problem = partial(imported_lines, plan)
            elif not message:
                facts = partial(what_it_takes, plan)
                files = partial(file_lines, plan)
        if message:
            problem = partial(problem_lines, message, state.hint)
        self._problem.show_lines(problem)
        self._facts.show_lines(facts)
        self._files.show_lines(files)
        self.query_one("#plan-name-row").display = state.has_name
        self._question.display = self.answer.display = state.asks
        self._question.update(one_line(plan.question) if plan else "")

    def mark_stale(self, is_stale: bool) -> None:
        """Draw the figures fainter while others are awaited."""
        self._facts.set_class(is_stale, "-stale")


def _nothing(width: int) -> list[Line]:
    return []
