"""Copies, new names and comparisons of the models on this machine."""

import errno
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlxtui import names, paths
from mlxtui.backend.library_names import named_folders, named_gguf_files
from mlxtui.backend.library_scan import scan_library
from mlxtui.backend.ownership import check_copy, check_place, check_rename
from mlxtui.backend.provenance import FILE_NAME, read_provenance, write_provenance
from mlxtui.errors import JobRefused, ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Provenance
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_log = logging.getLogger(__name__)

# Weights never change in place, so that two models may share them. Configs and
# templates are edited by hand, and a change of one may not change the other.
_SHARED_SUFFIXES = (".safetensors", ".gguf", ".npz")


def copy_model(name: str, new_name: str, settings: Settings) -> LocalModel:
    """A second model with the same weights, which take no room again.

    Raises:
        ModelNotFound: No model, or several, have the name.
        ModelRefused: The model cannot be used.
        InvalidParameter: The new name cannot be.
        JobRefused: The weights lie on another disk, or files cannot be written.
    """
    models = scan_library(settings)
    model = names.resolve(name, models)
    _check_usable(model)
    check_copy(model)
    new_name = names.check_new_name(new_name, models)
    target = settings.models_dir() / new_name
    copying = target.with_name(f".{target.name}.copying")
    try:
        paths.make_private(target.parent)
        shutil.rmtree(copying, ignore_errors=True)
        _link_files(model.path, copying)
        write_provenance(copying, _provenance_of(model))
        copying.rename(target)
    except OSError as error:
        shutil.rmtree(copying, ignore_errors=True)
        raise JobRefused(
            _("{path} cannot be made: {reason}").format(
                path=target, reason=error.strerror or error
            ),
            hint=(
                _("Its weights are on another disk, where a copy would double them.")
                if error.errno == errno.EXDEV
                else _("Free some disk space or mend the folder's permissions.")
            ),
        ) from error
    return _scanned(new_name, settings)


def rename_model(name: str, new_name: str, settings: Settings) -> LocalModel:
    """Another name for a model of the models folder.

    Raises:
        ModelNotFound: No model, or several, have the name.
        ModelRefused: Its name is not ours to change.
        InvalidParameter: The new name cannot be.
        JobRefused: The folder cannot be renamed.
    """
    models = scan_library(settings)
    model = names.resolve(name, models)
    check_rename(model)
    check_place(model, settings.models_dir())
    others = [other for other in models if other.name != model.name]
    new_name = names.check_new_name(new_name, others)
    target = settings.models_dir() / new_name
    try:
        paths.make_private(target.parent)
        model.path.rename(target)
    except OSError as error:
        raise JobRefused(
            _("{path} cannot be renamed: {reason}").format(
                path=model.path, reason=error.strerror or error
            ),
            hint=_("Mend the folder's permissions and try again."),
        ) from error
    _tell_what_was_made_from_it(model.name, new_name, others)
    return _scanned(new_name, settings)


def compare(name: str, settings: Settings) -> tuple[LocalModel, ...]:
    """All models that were made from the same one, it included; smallest first.

    Raises:
        ModelNotFound: No model, or several, have the name.
    """
    models = scan_library(settings)
    by_name = {model.name.lower(): model for model in models}
    root = _root(names.resolve(name, models), by_name)
    family = [model for model in models if _root(model, by_name) == root]
    return tuple(sorted(family, key=lambda model: model.size_bytes))


def name_of(path: Path, settings: Settings) -> str:
    """The full name of a model of this machine by its folder, or by one of its GGUF
    files; the path for one that is in no library. Ollama may have several names for a
    file: the shortest is meant."""
    real_path = path.resolve()
    if real_path.is_file():
        found = [
            entry.name
            for entry in named_gguf_files(settings)
            if any(file.resolve() == real_path for file in entry.files)
        ]
        if found:
            return min(found, key=len)
    for known in named_folders(settings):
        if known.path.resolve() == real_path:
            return known.name
    return str(real_path)


def _tell_what_was_made_from_it(
    name: str, new_name: str, models: Iterable[LocalModel]
) -> None:
    """Let models of the models folder name their source as it is called now."""
    for model in models:
        made = model.provenance
        if model.source != "models" or made is None or made.source != name:
            continue
        try:
            write_provenance(model.path, replace(made, source=new_name))
        except OSError as error:
            _log.warning("%s still names %s: %s", model.path, name, error)


def _root(model: LocalModel, by_name: dict[str, LocalModel]) -> str:
    """The name of what a model was made from first, whether it is still here or not."""
    seen: set[str] = set()
    while model.provenance is not None and model.name not in seen:
        seen.add(model.name)
        source = model.provenance.source.lower()
        if source not in by_name:
            return source
        model = by_name[source]
    return model.name.lower()


def _check_usable(model: LocalModel) -> None:
    if model.problem:
        raise ModelRefused(model.problem, model.hint)


def _provenance_of(model: LocalModel) -> Provenance:
    return read_provenance(model.path) or Provenance(
        source=model.name, commit=model.commit
    )


def _link_files(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for file in sorted(source.rglob("*")):
        if not file.is_file() or file.name == FILE_NAME:
            continue
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix in _SHARED_SUFFIXES:
            os.link(os.path.realpath(file), copy)
        else:
            _copy_file(file, copy)


def _copy_file(source: Path, target: Path) -> None:
    """Copy a small file; it is on the disk when this returns."""
    with open(source, "rb") as content, open(target, "wb") as copy:
        shutil.copyfileobj(content, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _scanned(name: str, settings: Settings) -> LocalModel:
    return names.resolve(name, scan_library(settings))
