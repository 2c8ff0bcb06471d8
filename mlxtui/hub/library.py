"""The model folders on this machine: where they are and what they are called."""

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
    """Every model folder, the built-in one first; nothing is read but folder names."""
    yield Folder("guide", guide, "built-in")
    yield from _in_folder(models, "models")
    yield from _in_cache()
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


def _in_cache() -> Iterator[Folder]:
    """The snapshots of models in the Hugging Face cache, that of `main` first."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir(constants.HF_HUB_CACHE)
    except (CacheNotFound, OSError):
        return
    for repo in sorted(cache.repos, key=lambda repo: repo.repo_id.lower()):
        if repo.repo_type != "model":
            continue
        revisions = sorted(
            repo.revisions, key=lambda r: ("main" not in r.refs, -r.last_modified)
        )
        for number, revision in enumerate(revisions):
            suffix = "" if number == 0 else f"@{revision.commit_hash[:8]}"
            yield Folder(repo.repo_id + suffix, revision.snapshot_path, "hugging-face")


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(
            child
            for child in folder.iterdir()
            if child.is_dir() and not child.name.startswith(".")
        )
    except OSError:
        return []  # not there, or not ours to read


def _has_model_file(folder: Path) -> bool:
    return (folder / "config.json").is_file() or next(
        folder.glob("*.safetensors"), None
    ) is not None
