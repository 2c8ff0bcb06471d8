"""Trying a model: it is ready when it has answered."""

from typing import Any

from mlxtui.backend.workplace import Workplace
from mlxtui.errors import ModelTooLarge
from mlxtui.i18n import _
from mlxtui.inference.step import Work

_GIB = 1024**3


def trial(place: Workplace) -> dict[str, Any]:
    """Load the result beside what is in memory, and let it say a few words.

    No model that is in memory makes room for that: the job goes on without a trial.

    Raises:
        JobInterrupted: The job shall not go on.
        ModelRefused: It does not load, or does not answer.
    """
    from mlxtui.convert import model_folder

    job, settings = place.job, place.settings
    path = job.record.result_path
    assert path is not None
    if path.resolve() in place.engine.loaded():
        job.log(_("Not tried: it is in memory already."))
        return {}
    folder = place.beside(lambda: model_folder.check(path, job.record.result_name))

    def begin() -> Work[str]:
        from mlxtui.inference import trial

        return trial.try_model(folder, int(settings.memory_limit_gib * _GIB))

    try:
        said = place.in_engine(begin)
    except ModelTooLarge as error:
        job.log(_("Not tried: {reason}").format(reason=error.message))
    else:
        job.log(_("It answers: {text}").format(text=said))
    return {}
