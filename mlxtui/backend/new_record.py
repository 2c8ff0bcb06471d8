"""The record that a job begins with."""

import uuid
from pathlib import PurePath

from mlxtui import names, paths
from mlxtui.backend.job_info import JobId
from mlxtui.backend.job_record import JobRecord
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings


def new_record(spec: JobSpec, settings: Settings) -> JobRecord:
    """A job that nothing is known of but what is wanted.

    A model of this machine is asked for by its path, which for some says nothing: the
    files of Ollama and of the Hugging Face cache are called after their hashes.
    """
    source_name = ""
    if names.looks_like_path(spec.source):
        from mlxtui.backend.keeping import name_of

        source_name = name_of(paths.expand(spec.source), settings)
    return JobRecord(
        job_id=JobId(uuid.uuid4().hex),
        spec=spec,
        title=spec.name or PurePath(source_name or spec.source).name,
        source_name=source_name,
    )
