"""Importing a GGUF file, in the job's own thread: the engine has no part in it."""

import shutil
import time
from pathlib import Path
from typing import Any

from mlxtui import paths
from mlxtui.backend.job_record import JobRecord, now
from mlxtui.backend.provenance import write_provenance
from mlxtui.backend.stages.result import is_in_place, put_in_place
from mlxtui.backend.workplace import Workplace
from mlxtui.gguf_words import origin_rows
from mlxtui.i18n import _
from mlxtui.plans import Provenance

# How often a paused import looks whether it may go on.
_LOOK_SECONDS = 0.05


def import_gguf(place: Workplace) -> dict[str, Any]:
    """Make an MLX folder of the file: the result, or what a quantization starts from.

    A pause keeps the work as it is; a kill leaves the weight files that are complete,
    and the same job goes on after them.

    Raises:
        JobInterrupted: The job shall not go on.
        ModelRefused: The file is damaged, or of a kind that is not taken.
        JobRefused: The name was taken meanwhile.
    """
    record = place.job.record
    hidden = record.imported_path
    if hidden is not None:
        paths.make_private(hidden.parent)
        # Whole, but its stage was not noted: it may be of another file.
        shutil.rmtree(hidden, ignore_errors=True)
        write_provenance(hidden, _made(place, hidden))
    elif not is_in_place(record):
        assert record.staging_path is not None
        put_in_place(place.job, _made(place, record.staging_path))
    return {}


def remove_imported(record: JobRecord) -> None:
    """Remove what was imported for a quantization, once no stage needs it."""
    needing = {"import", "convert", "quantize", "measure"} & set(record.stages)
    if record.imported_path is not None and needing <= set(record.finished_stages):
        shutil.rmtree(record.imported_path, ignore_errors=True)


def _made(place: Workplace, folder: Path) -> Provenance:
    """Import into a folder; returns where it came from."""
    from mlxtui.convert.gguf.groups import gguf_paths
    from mlxtui.convert.gguf.import_plan import plan_import
    from mlxtui.convert.gguf.importing import write_import

    job = place.job
    record, spec = job.record, job.record.spec
    assert record.source_path is not None
    files = gguf_paths(record.source_path, record.gguf_file)
    plan = place.beside(lambda: plan_import(files, spec.chat_template))

    def check() -> None:
        while job.wish == "pause":
            time.sleep(_LOOK_SECONDS)
        job.check()

    def report(done_bytes: int, total_bytes: int, note: str) -> None:
        if job.wish == "run":
            job.report(done_bytes, total_bytes, note=note)

    imported = write_import(plan, folder, spec.gguf_mode, report=report, check=check)
    for row in origin_rows(imported.origin):
        job.log("  ".join(row))
    for name, error in imported.inexact:
        job.log(
            _("{name} is not taken over as closely as others: error {error}").format(
                name=name, error=f"{error:.1e}"
            )
        )
    return Provenance(
        source=record.source_name,
        commit=record.commit,
        made_at=now().isoformat(),
        gguf=imported.origin,
    )
