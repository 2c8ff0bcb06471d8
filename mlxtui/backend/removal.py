"""Removing a model: what it frees, what others keep, and doing it."""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlxtui import names
from mlxtui.backend.library_scan import scan_library
from mlxtui.backend.ownership import check_place, check_removal
from mlxtui.errors import ModelRefused
from mlxtui.hub.removal import kept_blobs, remove_snapshot, remove_snapshot_files
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_LEAVING_SUFFIX = ".removing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlan:
    """What removing a model would do."""

    model: LocalModel
    freed_bytes: int
    kept_bytes: int
    """Shared with others, whose files stay."""
    kept_for: tuple[str, ...]
    """Their names; a program that is not ours may hold some without a name."""


@dataclass(slots=True)
class _File:
    """A file on the disk, however many names it has."""

    size_bytes: int
    links: int
    """Names that it has anywhere."""
    own_names: set[str]
    """Those inside the model's folder, links followed."""


def plan_removal(
    name: str, settings: Settings, in_jobs: Collection[Path] = ()
) -> RemovalPlan:
    """Find out what removing a model frees.

    Args:
        in_jobs: Folders and files that jobs read or have made and are not done with.

    Raises:
        ModelNotFound: No model, or several, have the name.
        ModelRefused: It is not ours to remove, or used by a job.
    """
    models = scan_library(settings)
    model = names.resolve(name, models)
    check_removal(model)
    check_place(model, settings.models_dir())
    if any(map(partial(_is_part, model), in_jobs)):
        raise ModelRefused(
            _("A job that has not ended needs {name}.").format(name=model.name),
            hint=_("Let it end, or cancel it, and remove the model then."),
        )
    files = _files_that_go(model)
    others = {
        other.name: files.keys() & _files_of(other).keys()
        for other in models
        if not _is_within(other, model) and not _is_within(model, other)
    }
    shared = set().union(*others.values())
    if model.source == "hugging-face":
        # Of older revisions, which are in no list.
        shared |= files.keys() & _files_at(kept_blobs(model.path)).keys()
    freed_bytes = sum(
        file.size_bytes
        for key, file in files.items()
        if key not in shared and file.links == len(file.own_names)
    )
    return RemovalPlan(
        model=model,
        freed_bytes=freed_bytes,
        kept_bytes=sum(file.size_bytes for file in files.values()) - freed_bytes,
        kept_for=tuple(other for other, keys in others.items() if keys),
    )


def remove_model(
    name: str,
    settings: Settings,
    loaded: Collection[Path],
    in_jobs: Collection[Path] = (),
) -> RemovalPlan:
    """Delete a model's files; those that others share stay for them.

    Args:
        loaded: Folders of the models that are in memory.
        in_jobs: Folders and files that jobs read or have made and are not done with.

    Raises:
        ModelNotFound: No model, or several, have the name.
        ModelRefused: It is loaded, used by a job, not ours to remove, or cannot be
            deleted.
    """
    plan = plan_removal(name, settings, in_jobs)
    path = plan.model.path
    if path.resolve() in {folder.resolve() for folder in loaded}:
        raise ModelRefused(
            _("{name} is loaded.").format(name=plan.model.name),
            hint=_("Unload it first."),
        )
    try:
        if plan.model.kind == "gguf" and plan.model.source == "hugging-face":
            remove_snapshot_files(plan.model.files)
        elif plan.model.kind == "gguf":
            for file in plan.model.files:
                file.unlink()
        elif plan.model.source == "hugging-face":
            remove_snapshot(path)
        else:
            _remove_folder(path)
    except OSError as error:
        raise ModelRefused(
            _("{path} cannot be removed: {reason}").format(path=path, reason=error),
            hint=_("Mend the folder's permissions and remove the model again."),
        ) from error
    return plan


def _is_part(model: LocalModel, path: Path) -> bool:
    """Whether a path is a model's own, in it, or the folder of its GGUF file."""
    path = path.resolve()
    own = {one.resolve() for one in (model.path, *model.files)}
    own |= {one.absolute() for one in model.files}  # a link's own folder, too
    return any(
        one == path or one in path.parents or model.files and path in one.parents
        for one in own
    )


def _is_within(one: LocalModel, other: LocalModel) -> bool:
    """Whether a model is another's folder, or a GGUF file in it."""
    return one.path == other.path or other.path in one.path.parents


def _files_that_go(model: LocalModel) -> dict[tuple[int, int], _File]:
    """Of a link in the models folder, only the link itself goes."""
    if model.source != "hugging-face" and model.path.is_symlink():
        return {}
    return _files_of(model)


def _files_of(model: LocalModel) -> dict[tuple[int, int], _File]:
    """The files of a model by device and inode, links followed."""
    return _files_at(model.files or _paths_in(model.path))


def _files_at(paths: Iterable[str | Path]) -> dict[tuple[int, int], _File]:
    found: dict[tuple[int, int], _File] = {}
    for name in paths:
        path = os.path.realpath(name)
        try:
            status = os.stat(path)
        except OSError:
            continue  # a link without its file frees nothing
        key = status.st_dev, status.st_ino
        file = found.setdefault(key, _File(status.st_size, status.st_nlink, set()))
        file.own_names.add(path)
    return found


def _paths_in(folder: Path) -> Iterator[str]:
    for parent, _folders, file_names in os.walk(folder):
        for file_name in file_names:
            yield os.path.join(parent, file_name)


def _remove_folder(path: Path) -> None:
    """Delete a folder so that a kill in between leaves no half model in the list."""
    if path.is_symlink():
        path.unlink()  # the folder that it leads to is not ours
        return
    leaving = path.with_name(f".{path.name}{_LEAVING_SUFFIX}")
    for former in path.parent.glob(f".*{_LEAVING_SUFFIX}"):
        shutil.rmtree(former, ignore_errors=True)  # of a removal that was killed
    path.rename(leaving)
    shutil.rmtree(leaving)
