"""Commands about the models that are here."""

import threading
from collections.abc import Collection
from pathlib import Path

from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import LibraryScanned
from mlxtui.backend.job_commands import (
    CompareQuantizations,
    CopyModel,
    PlanRemoval,
    RemoveModel,
    RenameModel,
)
from mlxtui.backend.job_events import (
    ModelKept,
    ModelRemoved,
    QuantizationsCompared,
    RemovalPlanned,
)
from mlxtui.settings import Settings


def scan_library(
    command: ScanLibrary, settings: Settings, cancel: threading.Event
) -> LibraryScanned:
    """The models of this machine, and what they take on its disk."""
    from mlxtui.backend import library_scan

    models = library_scan.scan_library(settings, cancel)
    return LibraryScanned(
        request_id=command.request_id,
        models=models,
        disk_bytes=library_scan.disk_bytes(models),
    )


def copy_model(command: CopyModel, settings: Settings) -> ModelKept:
    """A second model with the same files.

    Raises:
        MlxTuiError: Why not.
    """
    from mlxtui.backend import keeping

    model = keeping.copy_model(command.name, command.new_name, settings)
    return ModelKept(request_id=command.request_id, model=model)


def rename_model(command: RenameModel, settings: Settings) -> ModelKept:
    """Another name for a model.

    Raises:
        MlxTuiError: Why not.
    """
    from mlxtui.backend import keeping

    model = keeping.rename_model(command.name, command.new_name, settings)
    return ModelKept(request_id=command.request_id, model=model)


def plan_removal(
    command: PlanRemoval, settings: Settings, in_jobs: Collection[Path]
) -> RemovalPlanned:
    """What removing a model frees.

    Raises:
        MlxTuiError: It cannot be removed.
    """
    from mlxtui.backend import removal

    plan = removal.plan_removal(command.name, settings, in_jobs)
    return RemovalPlanned(
        request_id=command.request_id,
        model=plan.model,
        freed_bytes=plan.freed_bytes,
        kept_bytes=plan.kept_bytes,
        kept_for=plan.kept_for,
    )


def remove_model(
    command: RemoveModel,
    settings: Settings,
    loaded: Collection[Path],
    in_jobs: Collection[Path],
) -> ModelRemoved:
    """Delete a model's files.

    Raises:
        MlxTuiError: It is loaded, needed by a job, or cannot be removed.
    """
    from mlxtui.backend import removal

    plan = removal.remove_model(command.name, settings, loaded, in_jobs)
    return ModelRemoved(
        request_id=command.request_id,
        name=plan.model.name,
        freed_bytes=plan.freed_bytes,
    )


def compare_quantizations(
    command: CompareQuantizations, settings: Settings
) -> QuantizationsCompared:
    """A model and all that was made from the same one.

    Raises:
        ModelNotFound: No model, or several, have the name.
    """
    from mlxtui.backend import keeping

    models = keeping.compare(command.name, settings)
    return QuantizationsCompared(request_id=command.request_id, models=models)
