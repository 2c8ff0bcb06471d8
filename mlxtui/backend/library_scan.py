"""The job that lists the models of this machine."""

import threading
from dataclasses import replace

from mlxtui import paths
from mlxtui.convert import model_folder
from mlxtui.hub import library
from mlxtui.inference import machine_memory
from mlxtui.settings import Settings
from mlxtui.types import LocalModel


def scan_library(
    settings: Settings, cancel: threading.Event | None = None
) -> tuple[LocalModel, ...]:
    """The models of this machine; a cancelled scan returns what it has."""
    found: dict[str, LocalModel] = {}
    folders = library.find_folders(
        paths.guide_model_dir(), settings.models_dir(), settings.model_folders
    )
    for folder in folders:
        if cancel is not None and cancel.is_set():
            break
        model = model_folder.describe(folder.path, folder.name, folder.source)
        if not model.problem:
            needed_bytes = machine_memory.needed_bytes(model.size_bytes)
            model = replace(model, needed_bytes=needed_bytes)
        found.setdefault(model.name.lower(), model)  # the first place wins
    return tuple(found.values())
