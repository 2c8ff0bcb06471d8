"""Looking at what was fetched: is it what the plan took it for?"""

from typing import Any

from mlxtui.backend.workplace import Workplace
from mlxtui.errors import JobRefused


def verify(place: Workplace) -> dict[str, Any]:
    """Look at the content of the folder, not at its names alone.

    Raises:
        JobRefused: It is damaged, or nothing that can be used here.
    """
    from mlxtui.convert.contents import look_at
    from mlxtui.convert.source import LocalSource

    job = place.job
    folder = job.record.source_path
    assert folder is not None
    contents = place.beside(lambda: look_at(LocalSource(folder), job.record.gguf_file))
    if contents.problem:
        # What is missing or damaged is fetched again when the job is tried again.
        job.change(finished_stages=())
        raise JobRefused(contents.problem, contents.hint)
    return {}
