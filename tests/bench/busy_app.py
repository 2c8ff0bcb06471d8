"""Our app with jobs that begin when it is asked something: see `busy.py`.

    python -m tests.bench.busy_app FOLDER REPORT [SPECS]

FOLDER is a model that answers at its full speed, SPECS the jobs as JSON.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate
from mlxtui.backend.job_commands import Command, StartJob
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from tests.bench.ui_apps import Emit, Recorder, run_ours

SPECS = TypeAdapter(list[JobSpec])


class BusyBackend(Backend):
    """Starts jobs together with the first answer."""

    def __init__(self, emit: Emit, settings: Settings, specs: Sequence[JobSpec]):
        super().__init__(emit, settings)
        self._specs = list(specs)

    def submit(self, command: Command) -> None:
        """Begin the jobs, once, before the answer."""
        if isinstance(command, Generate):
            while self._specs:
                spec = self._specs.pop()
                super().submit(StartJob(request_id=new_request_id(), spec=spec))
        super().submit(command)


def _main(folder: str, report: str, specs: str = "[]") -> None:
    recorder = Recorder(Path(report))
    jobs = SPECS.validate_json(specs)
    make_backend = recorder.backend(
        lambda emit, settings: BusyBackend(emit, settings, jobs)
    )
    run_ours(make_backend, Path(folder), recorder)
    recorder.write()


if __name__ == "__main__":
    _main(*sys.argv[1:])
