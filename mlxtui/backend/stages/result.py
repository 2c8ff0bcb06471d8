"""Putting a new model into its place: whole, with its origin, never over another."""

import os
import shutil
from pathlib import Path

from mlxtui import paths
from mlxtui.backend.gguf_imports import is_made_of
from mlxtui.backend.job import Job
from mlxtui.backend.job_record import JobRecord
from mlxtui.backend.provenance import read_provenance, write_provenance
from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.plans import Provenance


def is_in_place(record: JobRecord) -> bool:
    """Whether the result is there already: the program ended between its last step and
    the note of that. Else its folder is made ready to be written beside.

    Raises:
        JobRefused: The name was taken meanwhile.
    """
    target, staging = record.target_path, record.staging_path
    assert target is not None and staging is not None
    if target.exists():
        if _is_from(record, target):
            return True
        raise _taken(record)
    paths.make_private(target.parent)
    shutil.rmtree(staging, ignore_errors=True)  # whole, but not put into its place
    return False


def put_in_place(job: Job, provenance: Provenance) -> None:
    """Give the folder that was made its origin and its name.

    Raises:
        JobRefused: The name was taken meanwhile.
    """
    record = job.record
    target, staging = record.target_path, record.staging_path
    assert target is not None and staging is not None
    write_provenance(staging, provenance)
    try:
        os.rename(staging, target)
    except OSError as error:
        if target.exists():
            raise _taken(record) from error
        raise
    job.log(_("Made: {path}").format(path=target))


def _is_from(record: JobRecord, folder: Path) -> bool:
    """Whether a folder is what the job would make."""
    found = read_provenance(folder)
    if found is None or (found.source, found.recipe) != (
        record.source_name,
        record.spec.recipe,
    ):
        return False
    if "import" not in record.stages or found.gguf is None:
        return "import" not in record.stages
    spec, origin = record.spec, found.gguf
    if (origin.mode, origin.chat_template) != (spec.gguf_mode, spec.chat_template):
        return False
    assert record.source_path is not None
    # The file may be another one by now, under the same name.
    return is_made_of(origin, gguf_paths(record.source_path, record.gguf_file))


def _taken(record: JobRecord) -> JobRefused:
    return JobRefused(
        _("There is a model {name} already.").format(name=record.result_name),
        hint=_("Choose another name, or remove that model first."),
    )
