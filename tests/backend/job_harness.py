"""A backend whose jobs a test starts, orders about and watches."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.events import Failed
from mlxtui.backend.job_commands import (
    Command,
    ControlJob,
    ListJobs,
    MakePlan,
    ReadJobLog,
    StartJob,
)
from mlxtui.backend.job_events import (
    Event,
    JobAccepted,
    JobChanged,
    JobForgotten,
    JobLogRead,
    JobsListed,
    PassingEvent,
    PlanMade,
)
from mlxtui.backend.job_info import ENDED_STATES, JobId, JobInfo, JobOrder, JobState
from mlxtui.plans import JobSpec, Plan
from mlxtui.settings import Settings
from mlxtui.types import RequestId

# Long enough for the slowest machine; a test that waits this long has failed.
_DEADLINE_SECONDS = 60


class JobHarness:
    """Collects what a backend says of its jobs."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.jobs: dict[JobId, list[JobInfo]] = {}
        self.forgotten: list[JobId] = []
        self.backend = Backend(self._events.put, settings or Settings())

    def ask(self, command: Command) -> Event:
        """Submit a command and wait for its end."""
        self.backend.submit(command)
        return self.end_of(command.request_id)

    def end_of(self, request_id: RequestId) -> Event:
        """Wait for the end of what was submitted."""
        while True:
            event = self._next()
            if event.request_id == request_id and not isinstance(event, PassingEvent):
                return event

    def plan(self, spec: JobSpec) -> Plan:
        """The plan of a spec."""
        end = self.ask(MakePlan(request_id=new_request_id(), spec=spec))
        assert isinstance(end, PlanMade), end
        return end.plan

    def start(self, spec: JobSpec) -> JobId:
        """Start a job that must be accepted."""
        self.jobs.clear()
        end = self.ask(StartJob(request_id=new_request_id(), spec=spec))
        assert isinstance(end, JobAccepted), end
        return end.job_id

    def order(self, job_id: JobId, order: JobOrder) -> None:
        """Give an order that must be accepted."""
        end = self.try_order(job_id, order)
        assert isinstance(end, JobAccepted), end

    def try_order(self, job_id: JobId, order: JobOrder) -> Event:
        """Give an order; what was seen of the job before counts no more."""
        self.jobs.pop(job_id, None)
        return self.ask(
            ControlJob(request_id=new_request_id(), job_id=job_id, order=order)
        )

    def refused(self, job_id: JobId, order: JobOrder) -> Failed:
        """Give an order that must be refused."""
        end = self.try_order(job_id, order)
        assert isinstance(end, Failed), end
        return end

    def listed(self) -> tuple[JobInfo, ...]:
        """The list, newest first."""
        end = self.ask(ListJobs(request_id=new_request_id()))
        assert isinstance(end, JobsListed), end
        return end.jobs

    def log(self, job_id: JobId) -> str:
        """What a job wrote down."""
        end = self.ask(ReadJobLog(request_id=new_request_id(), job_id=job_id))
        assert isinstance(end, JobLogRead), end
        return "\n".join(end.lines)

    def wait(self, job_id: JobId, is_there: Callable[[JobInfo], bool]) -> JobInfo:
        """Wait until a job is where the test wants it; another end is an error."""
        seen = self.jobs.get(job_id, [])[-1:]
        while not (seen and is_there(seen[-1])):
            assert not seen or seen[-1].state not in ENDED_STATES, seen[-1]
            event = self._next()
            seen = []
            if isinstance(event, JobChanged) and event.job.job_id == job_id:
                seen = [event.job]
        return seen[-1]

    def wait_for_state(self, job_id: JobId, state: JobState) -> JobInfo:
        """Wait for a state; another end than this one is an error."""
        return self.wait(job_id, lambda job: job.state == state)

    def run(self, spec: JobSpec) -> JobInfo:
        """Start a job that must finish, and wait for that."""
        return self.wait_for_state(self.start(spec), "finished")

    def close(self) -> None:
        """End the program; the last events are collected."""
        self.backend.close()
        while not self._events.empty():
            self._next()

    def _next(self) -> Event:
        event = self._events.get(timeout=_DEADLINE_SECONDS)
        if isinstance(event, JobChanged):
            self.jobs.setdefault(event.job.job_id, []).append(event.job)
        elif isinstance(event, JobForgotten):
            self.forgotten.append(event.job_id)
        return event


@contextmanager
def running_jobs(settings: Settings | None = None) -> Iterator[JobHarness]:
    """A backend that is closed at the end."""
    harness = JobHarness(settings)
    try:
        yield harness
    finally:
        harness.close()
