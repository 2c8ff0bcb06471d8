"""The job that lists the models of this machine."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mlxtui.backend import library_gguf
from mlxtui.backend.gguf_imports import is_surely_made_of
from mlxtui.backend.library_gguf import GgufEntry
from mlxtui.backend.library_names import named_folders, named_gguf_files
from mlxtui.backend.ownership import OTHER_PROGRAMS
from mlxtui.backend.provenance import read_provenance
from mlxtui.backend.seen_gguf import SeenGguf
from mlxtui.convert import model_folder
from mlxtui.hub.library import Folder
from mlxtui.inference import machine_memory
from mlxtui.plans import GgufOrigin
from mlxtui.settings import Settings
from mlxtui.types import LocalModel

_WEIGHTS = (".safetensors", ".gguf", ".npz")


def scan_library(
    settings: Settings, cancel: threading.Event | None = None
) -> tuple[LocalModel, ...]:
    """The models of this machine; a cancelled scan returns what it has."""
    found: list[LocalModel] = []
    for folder in named_folders(settings):
        if cancel is not None and cancel.is_set():
            break
        model = _described(folder)
        if model.kind != "gguf":  # each of its files is an entry of its own
            found.append(model)
    made = _origins(found)
    seen = SeenGguf()
    is_complete = True
    for entry in named_gguf_files(settings):
        if cancel is not None and cancel.is_set():
            is_complete = False
            break
        described = library_gguf.describe(entry, seen)
        if described.architecture != library_gguf.PROJECTOR:
            found.append(replace(described, imported_as=_made_of(entry, made)))
    seen.save(is_complete=is_complete)
    return tuple(found)


def _described(folder: Folder) -> LocalModel:
    model = model_folder.describe(folder.path, folder.name, folder.source)
    if not model.problem and model.kind == "model":
        cache_bytes = machine_memory.cache_to_load(model.cache, model.context_length)
        needed_bytes = machine_memory.needed_bytes(model.size_bytes, cache_bytes)
        model = replace(model, needed_bytes=needed_bytes)
    if folder.source == "hugging-face":
        return replace(model, commit=folder.path.name)
    return replace(model, provenance=read_provenance(folder.path))


def _origins(models: Iterable[LocalModel]) -> Mapping[str, GgufOrigin]:
    """The GGUF files that models were made of without another change, by the models'
    names; the faithful ones first, which are the usual ones."""
    found = [
        (model.name, model.provenance.gguf)
        for model in models
        if model.provenance is not None
        and model.provenance.gguf is not None
        and model.provenance.recipe.keeps_weights
        and not model.problem
    ]
    return dict(sorted(found, key=lambda each: each[1].mode != "faithful"))


def _made_of(entry: GgufEntry, made: Mapping[str, GgufOrigin]) -> str:
    """The name of the model that was made of a file; empty where there is none."""
    for name, origin in made.items():
        # The size first: there may be thousands of files and hundreds of models.
        if origin.size_bytes == entry.size_bytes and is_surely_made_of(
            origin, entry.files
        ):
            return name
    return ""


def disk_bytes(models: Iterable[LocalModel]) -> int:
    """What the weights of models take on the disk; shared files count once, those of
    other programs' models not at all."""
    sizes: dict[tuple[int, int], int] = {}
    for model in models:
        if model.source in OTHER_PROGRAMS:
            continue
        for file in model.files or _weights_of(model.path):
            try:
                status = file.stat()
            except OSError:
                continue
            sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())


def _weights_of(folder: Path) -> Iterator[Path]:
    for suffix in _WEIGHTS:
        yield from folder.glob(f"*{suffix}")
