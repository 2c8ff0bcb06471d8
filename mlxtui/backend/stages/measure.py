"""Measuring what a quantization costs."""

import shutil
from dataclasses import replace
from typing import Any

from mlxtui import paths
from mlxtui.backend.provenance import read_provenance, write_provenance
from mlxtui.backend.workplace import Workplace
from mlxtui.errors import MlxTuiError
from mlxtui.i18n import _

_GIB = 1024**3


def measure(place: Workplace) -> dict[str, Any]:
    """Measure a result against its source and note the figures beside it.

    What cannot be measured ends no job: the model is there, its figures are not.

    Raises:
        JobInterrupted: The job shall not go on; the measurement begins anew.
    """
    from mlxtui.inference.step import Work
    from mlxtui.plans import Quality

    job = place.job
    record = job.record
    result, source = record.result_path, record.weights_path
    assert result is not None
    scratch = paths.cache_dir() / "jobs" / record.job_id
    limit_bytes = int(place.settings.memory_limit_gib * _GIB)

    def begin() -> Work[Quality]:
        from mlxtui.inference.quality.measuring import measure

        return measure(result, source, scratch, limit_bytes=limit_bytes)

    paths.make_private(scratch)
    try:
        measured = place.in_engine(begin)
    except MlxTuiError as error:
        job.log(_("Not measured: {reason}").format(reason=error.message))
        return {}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    provenance = read_provenance(result)
    if provenance is not None:
        write_provenance(result, replace(provenance, quality=measured))
    if measured.source_perplexity is None:
        job.log(_("The source was not measured: it does not fit into memory."))
    return {}
