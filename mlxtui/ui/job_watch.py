"""What the app does with jobs: lists, starts and orders them, and tells their ends.

Commands and events of jobs are imported when they are needed: the first paint does not
wait for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.types import RequestId
from mlxtui.ui.known_jobs import KnownJobs

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.backend.job_info import JobId, JobInfo, JobOrder
    from mlxtui.plans import JobSpec

News = Literal["none", "progress", "state"]

_TOLD_ENDS = ("finished", "failed")


class JobWatch:
    """Follows the jobs of the backend.

    Args:
        accepted: Called with each new job's id.
        refused: Called with message and hint of what could not be done.
        ended: Called with each job that finishes or fails while the app runs.
        found: Called once with the jobs that earlier runs have left, if there are any.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        accepted: Callable[[JobId], None],
        refused: Callable[[str, str], None],
        ended: Callable[[JobInfo], None],
        found: Callable[[tuple[JobInfo, ...]], None],
    ) -> None:
        self.known = KnownJobs()
        self._backend = backend
        self._accepted = accepted
        self._refused = refused
        self._ended = ended
        self._found = found
        self._list_request: RequestId | None = None
        self._orders: set[RequestId] = set()
        self._starts: set[RequestId] = set()

    def list_jobs(self) -> None:
        """Ask which jobs there are."""
        from mlxtui.backend.job_commands import ListJobs

        self._list_request = new_request_id()
        self._backend.submit(ListJobs(request_id=self._list_request))

    def start(self, spec: JobSpec) -> None:
        """Do what a plan said."""
        from mlxtui.backend.job_commands import StartJob

        request_id = new_request_id()
        self._starts.add(request_id)
        self._backend.submit(StartJob(request_id=request_id, spec=spec))

    def order(self, job_id: JobId, order: JobOrder) -> None:
        """Pass on what the user wants of a job."""
        from mlxtui.backend.job_commands import ControlJob

        request_id = new_request_id()
        self._orders.add(request_id)
        self._backend.submit(
            ControlJob(request_id=request_id, job_id=job_id, order=order)
        )

    def receive(self, event: Event) -> News:
        """Take in an event, and say what is new of the jobs."""
        from mlxtui.backend.job_events import JobChanged, JobForgotten, JobsListed

        if event.request_id in self._orders | self._starts:
            self._receive_reply(event)
            return "none"
        match event:
            case JobChanged(job=job):
                before = self.known.get(job.job_id)
                self.known.receive(event)
                if before is not None and _looks_same(before, job):
                    return "progress"
                if job.state in _TOLD_ENDS and (
                    before is None or before.state != job.state
                ):
                    self._ended(job)
                return "state"
            case JobsListed() | JobForgotten():
                self.known.receive(event)
                if event.request_id == self._list_request:
                    self._list_request = None
                    if self.known.interrupted:
                        self._found(self.known.interrupted)
                return "state"
            case _:
                return "none"

    def _receive_reply(self, event: Event) -> None:
        from mlxtui.backend.job_events import JobAccepted

        is_start = event.request_id in self._starts
        self._starts.discard(event.request_id)
        self._orders.discard(event.request_id)
        match event:
            case JobAccepted(job_id=job_id) if is_start:
                self._accepted(job_id)
            case Failed(message=message, hint=hint):
                self._refused(message, hint)
            case _:
                pass


def _looks_same(before: JobInfo, job: JobInfo) -> bool:
    """Whether only its numbers are others."""
    return (before.state, before.stage, before.held_by_process_id) == (
        job.state,
        job.stage,
        job.held_by_process_id,
    )
