"""Plans that are asked for to see what a folder is; nothing is done by them."""

from collections.abc import Callable

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import MakePlan
from mlxtui.backend.job_events import Event, PlanMade
from mlxtui.gguf_words import lacks_file
from mlxtui.plans import JobSpec, Plan
from mlxtui.types import RequestId

Refuse = Callable[[str, str], None]
"""Told what is wrong, and the next step."""


class PlanQuestions:
    """Each question goes on where it was asked."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._asked: dict[RequestId, tuple[Callable[[Plan], None], Refuse]] = {}

    def ask(self, spec: JobSpec, do: Callable[[Plan], None], refuse: Refuse) -> None:
        """Find out what a job would do.

        Args:
            spec: The job.
            do: Called with the plan, when it can be carried out, or as soon as one of
                several GGUF files is chosen.
            refuse: Called with the problem and the hint, when it cannot.
        """
        request_id = new_request_id()
        self._asked[request_id] = (do, refuse)
        self._backend.submit(MakePlan(request_id=request_id, spec=spec))

    def receive(self, event: Event) -> None:
        """Take the answers."""
        if event.request_id not in self._asked:
            return
        match event:
            case PlanMade(plan=plan):
                do, refuse = self._asked.pop(event.request_id)
                # Which file is meant can be said on the plan's page.
                if plan.problem and not lacks_file(plan):
                    refuse(plan.problem, plan.hint)
                else:
                    do(plan)
            case Failed(message=message, hint=hint):
                _do, refuse = self._asked.pop(event.request_id)
                refuse(message, hint)
            case _:
                pass
