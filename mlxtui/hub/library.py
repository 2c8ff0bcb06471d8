"""The model folders on this machine: where they are and what they are called."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mlxtui.hub.stores import lm_studio
from mlxtui.paths import expand
from mlxtui.types import Source

# Someone may name their home folder: enough for any models, quick for anything.
_MAX_ENTRIES = 20_000

# `owner/name` and one folder in it, where quantizations have folders of their own.
_GGUF_DEPTH = 3


class Folder(NamedTuple):
    """A folder that may hold a model."""

    name: str
    path: Path
    source: Source


def find_folders(
    guide: Path,
    models: Path,
    extra: Sequence[Path] = (),
    *,
    other_programs: bool = False,
) -> Iterator[Folder]:
    """Every model folder, the built-in one first; nothing is read but folder names.

    Downloads are looked for in the Hugging Face cache and in `hub` in the models
    folder, where they go when the user has set one.

    Args:
        guide: The built-in model.
        models: The models folder.
        extra: More folders like it.
        other_programs: Also LM Studio's.
    """
    yield Folder("guide", guide, "built-in")
    yield from _in_folder(models, "models")
    for cache in _caches(models):
        yield from _in_cache(cache)
    for folder in extra:
        yield from _in_folder(expand(folder), "extra")
    for folder in lm_studio.models_folders() if other_programs else ():
        yield from _in_folder(folder, "lm-studio")


def find_gguf_folders(
    models: Path, extra: Sequence[Path] = (), *, other_programs: bool = False
) -> Iterator[Folder]:
    """Every folder with GGUF files in it, by its path below the place that is looked
    through: empty for the place itself. Ollama's, without names, are not among them.

    Args:
        models: The models folder.
        extra: More folders like it.
        other_programs: Also LM Studio's.
    """
    yield from _with_gguf(Folder("", models, "models"))
    for cache in _caches(models):
        for snapshot in _in_cache(cache):
            yield from _with_gguf(snapshot, depth=1)
    for folder in extra:
        yield from _with_gguf(Folder("", expand(folder), "extra"))
    for folder in lm_studio.models_folders() if other_programs else ():
        yield from _with_gguf(Folder("", folder, "lm-studio"))


def _caches(models: Path) -> tuple[Path, Path]:
    from huggingface_hub import constants

    return models / "hub", Path(constants.HF_HUB_CACHE)


def _with_gguf(place: Folder, depth: int = _GGUF_DEPTH) -> Iterator[Folder]:
    """The folder and those in it that hold GGUF files, as far as there is patience."""
    waiting = [(place, depth)]
    patience = _MAX_ENTRIES
    while waiting and patience > 0:
        folder, depth = waiting.pop(0)
        has_gguf = False
        try:
            entries = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
        except (OSError, ValueError):
            continue  # not there, or not ours to read
        for entry in entries[:patience]:
            if entry.name.startswith("."):
                continue
            if entry.name.lower().endswith(".gguf") and os.path.isfile(entry.path):
                has_gguf = True
            elif depth and not entry.name.startswith("models--") and _is_dir(entry):
                name = f"{folder.name}/{entry.name}" if folder.name else entry.name
                inner = Folder(name, Path(entry.path), folder.source)
                waiting.append((inner, depth - 1))
        patience -= len(entries)
        if has_gguf:
            yield folder


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a loop of links


def _in_folder(folder: Path, source: Source) -> Iterator[Folder]:
    """Model folders in a folder, one level deep or as `owner/name`."""
    for child in _subfolders(folder):
        if _has_model_file(child):
            yield Folder(child.name, child, source)
        else:
            for grandchild in _subfolders(child):
                if _has_model_file(grandchild):
                    yield Folder(f"{child.name}/{grandchild.name}", grandchild, source)


def _in_cache(cache: Path) -> Iterator[Folder]:
    """The snapshots in a cache of Hugging Face's layout, that of `main` first.

    `scan_cache_dir` is not used: one repository that cannot be read ends it, one link
    without its file hides a repository, and it asks for the size of every file.
    """
    repos = {
        folder.name.removeprefix("models--").replace("--", "/"): folder
        for folder in _subfolders(cache)
        if folder.name.startswith("models--")
    }
    for repo_id, repo in sorted(repos.items(), key=lambda item: item[0].lower()):
        main = _commit_of_main(repo)
        snapshots = sorted(
            _subfolders(repo / "snapshots"),
            key=lambda folder: (folder.name != main, -_changed_at(folder)),
        )
        for number, snapshot in enumerate(snapshots):
            suffix = "" if number == 0 else f"@{snapshot.name[:8]}"
            yield Folder(repo_id + suffix, snapshot, "hugging-face")


def _changed_at(folder: Path) -> float:
    """Seconds since 1970; 0 for one that was removed meanwhile."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0


def _commit_of_main(repo: Path) -> str:
    try:
        return (repo / "refs" / "main").read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _subfolders(folder: Path) -> list[Path]:
    try:
        children = sorted(folder.iterdir())
    except (OSError, ValueError):
        return []  # not there, or not ours to read
    return [
        child
        for child in children
        if not child.name.startswith(".") and os.path.isdir(child)
    ]


def _has_model_file(folder: Path) -> bool:
    """A config, or weights; not one beside GGUF files alone, which stand for
    themselves."""
    try:
        found = os.listdir(folder)
    except (OSError, ValueError):
        return False  # removed meanwhile, or not ours to read
    if any(name.endswith(".safetensors") for name in found):
        return True
    has_gguf = any(name.lower().endswith(".gguf") for name in found)
    return not has_gguf and os.path.isfile(folder / "config.json")
