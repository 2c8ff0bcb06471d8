"""Removing what a cancelled job has half made."""

import shutil
from pathlib import Path

from mlxtui import paths
from mlxtui.backend.job import Job
from mlxtui.errors import JobRefused, MlxTuiError
from mlxtui.i18n import _
from mlxtui.settings import Settings


def clear(job: Job, settings: Settings, *, is_shared: bool) -> None:
    """Remove what is half made; what is whole stays.

    Args:
        is_shared: Another job fetches the same repository: its parts stay.
    """
    record = job.record
    for folder in (record.staging_path, record.imported_path):
        if folder is not None:
            _discard_folder(job, folder)
    shutil.rmtree(paths.cache_dir() / "jobs" / record.job_id, ignore_errors=True)
    if "download" not in record.stages:
        return
    if "download" in record.finished_stages:
        job.log(_("What was fetched stays: {path}").format(path=record.source_path))
    elif is_shared:
        job.log(_("What was fetched stays: another job needs it."))
    else:
        _discard_parts(job, settings)


def _discard_folder(job: Job, folder: Path) -> None:
    from mlxtui.model_writer.unfinished import discard

    try:
        discard(folder)
    except (JobRefused, OSError) as error:
        job.log(_("What was half made stays: {reason}").format(reason=error))
    shutil.rmtree(folder, ignore_errors=True)


def _discard_parts(job: Job, settings: Settings) -> None:
    from mlxtui.hub.access import cache_dir
    from mlxtui.hub.transfer import discard

    try:
        discard(job.record.repository, cache_dir(settings))
    except (MlxTuiError, OSError) as error:
        job.log(_("Half fetched files stay: {reason}").format(reason=error))
    else:
        job.log(_("Removed: what was fetched in part."))
