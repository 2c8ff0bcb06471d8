"""The way of a job: what its plan says, stage after stage, each one done once."""

import errno
from collections.abc import Callable, Mapping
from typing import Any

from mlxtui.backend.job_record import JobRecord
from mlxtui.backend.stages.download import download
from mlxtui.backend.stages.import_gguf import import_gguf, remove_imported
from mlxtui.backend.stages.make import make
from mlxtui.backend.stages.measure import measure
from mlxtui.backend.stages.plan import plan
from mlxtui.backend.stages.trial import trial
from mlxtui.backend.stages.upload import upload
from mlxtui.backend.stages.verify import verify
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import DiskFull
from mlxtui.i18n import _
from mlxtui.plan_words import stage_text
from mlxtui.plans import Stage

_STAGES: Mapping[Stage, Callable[[Workplace], dict[str, Any]]] = {
    "download": download,
    "verify": verify,
    "import": import_gguf,
    "convert": make,
    "quantize": make,
    "measure": measure,
    "upload": upload,
    "try": trial,
}


def run(place: Workplace) -> None:
    """Do all stages that are not finished.

    Each one returns the fields of the record that are saved with its end.

    Raises:
        JobInterrupted: The job shall not go on.
        MlxTuiError: Why it cannot.
    """
    try:
        _run(place)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(
            _("The disk is full."),
            hint=_("Free some space, then retry: what is done already is kept."),
        ) from error


def _run(place: Workplace) -> None:
    job = place.job
    if _needs_plan(job.record):
        job.begin_stage(None, note=_("Looks at what is there."))
        plan(place)
    for stage in job.record.stages:
        if stage in job.record.finished_stages:
            continue
        job.begin_stage(stage)
        job.log(_("Begins: {stage}").format(stage=stage_text(stage)))
        job.finish_stage(stage, **_STAGES[stage](place))
        remove_imported(job.record)


def _needs_plan(record: JobRecord) -> bool:
    """Whether what the stages go by must be found out, or found out again."""
    if not record.stages:
        return True
    if record.result_path is not None and record.result_path.exists():
        return False
    if "download" in record.stages and "download" not in record.finished_stages:
        return True
    return record.source_path is None or not record.source_path.exists()
