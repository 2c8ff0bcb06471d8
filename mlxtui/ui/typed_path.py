"""A path that was typed into the filter: what it leads to, and what is said of it."""

from collections.abc import Callable
from functools import partial

from mlxtui import names
from mlxtui.errors import ModelNotFound
from mlxtui.i18n import _
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import LocalModel
from mlxtui.ui.plan_questions import PlanQuestions
from mlxtui.ui.widgets.model_filter import ModelFilter


class TypedPath:
    """Looks at the folder or file, and hands it on unless another text stands there.

    Args:
        plans: Who finds out what it is.
        field: Where it was typed.
        changed: Called when something else is to be said of it.
        found: Called with what the path leads to, and what can become of it.
    """

    def __init__(
        self,
        plans: PlanQuestions,
        field: ModelFilter,
        changed: Callable[[], None],
        found: Callable[[LocalModel, Plan], None],
    ) -> None:
        self._plans = plans
        self._field = field
        self._changed = changed
        self._found = found
        self.notice = ""
        """What came of it; empty while nothing did."""

    def forget(self) -> None:
        """Another text is typed."""
        self.notice = ""

    def open(self, text: str) -> None:
        """Find out what is there, then go on; what it cannot be is told."""
        try:
            model = names.resolve(text, ())
        except ModelNotFound as error:
            self._say(f"{error.message} {error.hint}")
            return
        self._say(_("Looking at {source}…").format(source=text))
        spec = JobSpec(source=str(model.path))
        found = partial(self._go_on, text, model)
        self._plans.ask(spec, found, partial(self._refuse, text))

    def _go_on(self, text: str, model: LocalModel, plan: Plan) -> None:
        if self._field.value.strip() == text:  # else something else is wanted by now
            self._say("")
            self._found(model, plan)

    def _refuse(self, text: str, message: str, hint: str) -> None:
        if self._field.value.strip() == text:
            self._say(f"{message} {hint}")

    def _say(self, text: str) -> None:
        self.notice = text
        self._changed()
