"""The model folders on this machine: where they are and what they are called."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mlxtui.paths import expand
from mlxtui.types import Source


class Folder(NamedTuple):
    """A folder that may hold a model."""

    name: str
    path: Path
    source: Source


def find_folders(
    guide: Path, models: Path, extra: Sequence[Path] = ()
) -> Iterator[Folder]:
    """Every model folder, the built-in one first; nothing is read but folder names.

    Downloads are looked for in the Hugging Face cache and in `hub` in the models
    folder, where they go when the user has set one.
    """
    from huggingface_hub import constants

    yield Folder("guide", guide, "built-in")
    yield from _in_folder(models, "models")
    yield from _in_cache(models / "hub")
    yield from _in_cache(Path(constants.HF_HUB_CACHE))
    for folder in extra:
        yield from _in_folder(expand(folder), "extra")


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
            key=lambda folder: (folder.name != main, -folder.stat().st_mtime),
        )
        for number, snapshot in enumerate(snapshots):
            suffix = "" if number == 0 else f"@{snapshot.name[:8]}"
            yield Folder(repo_id + suffix, snapshot, "hugging-face")


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
    return (
        os.path.isfile(folder / "config.json")
        or next(folder.glob("*.safetensors"), None) is not None
    )
