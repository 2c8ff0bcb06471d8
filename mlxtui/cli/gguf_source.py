"""GGUF files where a command takes a model: given by name, imported before use."""

from pathlib import Path

from mlxtui import names, paths
from mlxtui.backend.gguf_imports import find_any_import
from mlxtui.backend.library_scan import scan_library
from mlxtui.cli.job_run import made_model, make_plan, run_job, show_plan
from mlxtui.cli.questions import confirm, is_asked
from mlxtui.cli.session import Session
from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.types import LocalModel


def made_of(model: LocalModel, used: Settings) -> LocalModel:
    """The model itself; for a GGUF file what was made of it.

    Raises:
        ModelRefused: It was not imported yet; the hint says how.
    """
    if model.kind != "gguf":
        return model
    models = scan_library(used)
    found = None if model.imported_as else find_any_import(_files(model), used)
    for other in models:
        if found is not None and other.path == found.path:
            return other
    return names.to_load(model, models)


def import_for_use(session: Session, model: LocalModel, used: Settings) -> LocalModel:
    """The model itself; for a GGUF file what was made of it, now if not before.

    Raises:
        ModelRefused: It was not imported, and nobody is there to be asked.
        JobRefused: It cannot be.
        click.exceptions.Exit: The answer was no, or the import was stopped.
    """
    try:
        return made_of(model, used)
    except ModelRefused:
        if not is_asked() or model.problem:
            raise
    plan = make_plan(session, JobSpec(source=str(paths.expand(model.path))))
    show_plan(plan)
    confirm(_("Import it first?"), default=True)
    job = run_job(session, plan.spec)
    return made_model(job, used)


def _files(model: LocalModel) -> tuple[Path, ...]:
    return model.files if len(model.files) > 1 else gguf_paths(model.path)
