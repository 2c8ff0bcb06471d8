"""The GGUF files of this machine, each a model that can be imported."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlxtui import names
from mlxtui.backend.seen_gguf import SeenGguf
from mlxtui.convert.gguf.groups import Group, gguf_groups, gguf_paths
from mlxtui.convert.source import FileSource
from mlxtui.hub import library
from mlxtui.hub.library import Folder
from mlxtui.hub.stores import ollama
from mlxtui.inference import machine_memory
from mlxtui.settings import Settings
from mlxtui.types import LocalModel, ModelKind, Source

_SUFFIX = ".gguf"

PROJECTOR = "clip"
"""What llama.cpp calls the part of a model that reads pictures or sound."""


class GgufEntry(NamedTuple):
    """A GGUF file, or all parts of a split one, not opened yet."""

    name: str
    """Its full name: the path below its place, without the number of a part;
    Ollama's are called as Ollama calls them."""
    files: tuple[Path, ...]
    """The first part first; of what cannot be used, the file that says so."""
    source: Source
    size_bytes: int = 0
    problem: str = ""
    """Why it is not even to be looked into; mostly empty."""
    hint: str = ""
    kind: ModelKind = "gguf"
    """Another one only of what has a problem."""

    @property
    def file_source(self) -> FileSource:
        """Its files, under names that say what they are."""
        if len(self.files) > 1:
            return FileSource({file.name: file for file in self.files})
        return FileSource({self._file_name: self.files[0]})

    @property
    def _file_name(self) -> str:
        """Ollama's blobs are named after their hashes."""
        name = self.files[0].name
        if name.lower().endswith(_SUFFIX):
            return name
        return names.imported_name(self.name) + _SUFFIX


def find_gguf_files(settings: Settings) -> Iterator[GgufEntry]:
    """Every GGUF file once, however many folders lead to it. Nothing is opened but
    Ollama's manifests; parts for pictures of other models (projectors) are left out.
    """
    seen: set[str] = set()
    folders = library.find_gguf_folders(
        settings.models_dir(),
        settings.model_folders,
        other_programs=settings.other_programs,
    )
    for folder in folders:
        for entry in _in_folder(folder):
            real_path = os.path.realpath(entry.files[0])
            if real_path not in seen:
                seen.add(real_path)
                yield entry
    for model in ollama.find_models() if settings.other_programs else ():
        yield GgufEntry(
            model.name, (model.path,), "ollama", model.size_bytes, model.problem,
            model.hint, "gguf" if model.is_gguf else "model",
        )  # fmt: skip


def describe_file(path: Path) -> LocalModel:
    """Look into a GGUF file that may be in no library, all its parts with it."""
    files = gguf_paths(path)
    size_bytes = sum(file.stat().st_size for file in files if file.is_file())
    return describe(GgufEntry(path.name, files, "path", size_bytes), SeenGguf())


def describe(entry: GgufEntry, seen: SeenGguf) -> LocalModel:
    """Look into a GGUF file; a problem becomes part of the answer."""
    if entry.problem:
        return LocalModel(
            name=entry.name,
            path=entry.files[0],
            source=entry.source,
            kind=entry.kind,
            size_bytes=entry.size_bytes,
            problem=f"{entry.name}: {entry.problem}",
            hint=entry.hint,
        )
    contents = seen.look_at(entry.files, entry.file_source)
    needed_bytes = 0
    if contents.gguf_forms and not contents.problem:
        needed_bytes = machine_memory.needed_bytes(
            contents.gguf_forms[0].size_bytes,
            machine_memory.cache_to_load(contents.cache, contents.context_length),
        )
    return LocalModel(
        name=entry.name,
        path=entry.files[0],
        files=entry.files,
        source=entry.source,
        kind="gguf",
        architecture=contents.architecture,
        parameter_count=contents.parameter_count,
        bits_per_weight=contents.bits_per_weight,
        quantization=contents.quantization,
        size_bytes=entry.size_bytes,
        needed_bytes=needed_bytes,
        context_length=contents.context_length,
        cache=contents.cache,
        capabilities=contents.capabilities,
        problem=f"{entry.name}: {contents.problem}" if contents.problem else "",
        hint=contents.hint if contents.problem else "",
    )


def _in_folder(folder: Folder) -> Iterator[GgufEntry]:
    try:
        children = [one for one in os.listdir(folder.path) if not one.startswith(".")]
    except OSError:
        return
    files = {
        one: folder.path / one for one in children if one.lower().endswith(_SUFFIX)
    }
    for group in gguf_groups(FileSource(files)):
        if not group.is_beside_models:
            name = _name(folder.name, group)
            paths = tuple(files[one] for one in group.files)
            yield GgufEntry(name, paths, folder.source, group.size_bytes)


def _name(prefix: str, group: Group) -> str:
    name = group.files[0]
    if len(group.files) > 1 or group.missing:
        name = names.without_part(name)
    return f"{prefix}/{name}" if prefix else name
