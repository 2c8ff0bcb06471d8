"""A plan that is asked for, and asked for again when something else is wanted."""

from collections.abc import Callable

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import MakePlan
from mlxtui.backend.job_events import Event, PlanMade
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import RequestId

Answered = Callable[[Plan | None, str, str], None]
"""Told the plan, None where there is none, and what speaks against it, with a hint."""


class PlanRequest:
    """One plan at a time: a newer question takes the place of the older one.

    Args:
        backend: It makes the plans.
        answered: Called with each answer to the latest question.
    """

    def __init__(self, backend: Backend, answered: Answered) -> None:
        self._backend = backend
        self._answered = answered
        self._request_id: RequestId | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._request_id is not None

    def ask(self, spec: JobSpec) -> None:
        """Find out what a job would do."""
        self.cancel()
        self._request_id = new_request_id()
        self._backend.submit(MakePlan(request_id=self._request_id, spec=spec))

    def cancel(self) -> None:
        """Nobody waits for an answer any more."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
            self._request_id = None

    def receive(self, event: Event) -> None:
        """Take the answer."""
        if event.request_id != self._request_id:
            return
        match event:
            case PlanMade(plan=plan):
                self._request_id = None
                self._answered(plan, plan.problem, plan.hint)
            case Failed(message=message, hint=hint):
                self._request_id = None
                self._answered(None, message, hint)
            case _:
                pass
