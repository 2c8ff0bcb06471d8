"""The job that lists the models of this machine."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlxtui import paths
from mlxtui.backend.provenance import read_provenance
from mlxtui.convert import model_folder
from mlxtui.hub import library
from mlxtui.hub.library import Folder
from mlxtui.inference import machine_memory
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
        model = model_folder.describe(folder.path, folder.name, folder.source)
        if not model.problem and model.kind == "model":
            cache_bytes = machine_memory.cache_to_load(
                model.cache, model.context_length
            )
            needed_bytes = machine_memory.needed_bytes(model.size_bytes, cache_bytes)
            model = replace(model, needed_bytes=needed_bytes)
        if folder.source == "hugging-face":
            model = replace(model, commit=folder.path.name)
        else:
            model = replace(model, provenance=read_provenance(folder.path))
        found.append(model)
    return tuple(found)


def named_folders(settings: Settings) -> Iterator[Folder]:
    """The folders of the models of this machine, none of them opened.

    Of several with one name, the first place's is the one that the name means.
    """
    seen: set[str] = set()
    folders = library.find_folders(
        paths.guide_model_dir(), settings.models_dir(), settings.model_folders
    )
    for folder in folders:
        if (name := folder.name.lower()) not in seen:
            seen.add(name)
            yield folder


def disk_bytes(models: Iterable[LocalModel]) -> int:
    """What the weights of models take on the disk; shared files count once."""
    sizes: dict[tuple[int, int], int] = {}
    for model in models:
        for suffix in _WEIGHTS:
            for file in model.path.glob(f"*{suffix}"):
                try:
                    status = file.stat()
                except OSError:
                    continue
                sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())
