"""Deleting a revision from the Hugging Face cache, in the cache's own layout."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

_WEIGHTS = (".gguf", ".safetensors", ".bin", ".npz")

# Files that are on their way: another program may be fetching them now.
_UNFINISHED = (".incomplete", ".part", ".json")


def remove_snapshot(snapshot: Path) -> None:
    """Delete a snapshot and the blobs that no other snapshot of it links to.

    What is left when it is killed in between is files that nothing refers to.

    Args:
        snapshot: `models--owner--name/snapshots/COMMIT`.

    Raises:
        OSError: A file cannot be deleted.
    """
    repository = snapshot.parent.parent
    blobs = _blobs_of(snapshot)
    for ref in (repository / "refs").rglob("*"):
        if ref.is_file() and ref.read_text("utf-8", "replace").strip() == snapshot.name:
            ref.unlink()
    shutil.rmtree(snapshot)
    others = [one for one in snapshot.parent.iterdir() if one.is_dir()]
    for blob in blobs.difference(*map(_blobs_of, others)):
        blob.unlink(missing_ok=True)
    if not others and not _is_being_fetched(repository):
        shutil.rmtree(repository)


def remove_snapshot_files(files: Sequence[Path]) -> None:
    """Delete files of a snapshot and their blobs, unless another snapshot links to
    those; without weights the rest of the snapshot goes, too.

    Args:
        files: Links in one snapshot, or in a folder of it.

    Raises:
        OSError: A file cannot be deleted.
    """
    snapshot = snapshot_of(files[0])
    wanted = {file.absolute() for file in files}
    others = [file for file in snapshot.rglob("*") if file not in wanted]
    if not any(map(_is_weights, others)):
        remove_snapshot(snapshot)
        return
    blobs = _blobs_of(snapshot)
    for file in files:
        file.unlink()
    for blob in blobs.difference(*map(_blobs_of, snapshot.parent.iterdir())):
        blob.unlink(missing_ok=True)


def kept_blobs(file: Path) -> set[Path]:
    """The contents that other revisions of a repository link to, so that they stay
    when those of a file's revision go.

    Args:
        file: A snapshot, or a file in one.
    """
    snapshot = file if file.parent.name == "snapshots" else snapshot_of(file)
    others = (one for one in snapshot.parent.iterdir() if one.name != snapshot.name)
    return set().union(*map(_blobs_of, others))


def snapshot_of(file: Path) -> Path:
    """The folder of the revision that a file in a cache belongs to.

    Args:
        file: In a snapshot, or in a folder of it.
    """
    folder = file.parent
    while folder.parent.name != "snapshots" and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_weights(file: Path) -> bool:
    """Whether a file is worth keeping a snapshot for: a GGUF model's part for pictures
    is not, without the model."""
    return file.suffix.lower() in _WEIGHTS and "mmproj" not in file.name.lower()


def _blobs_of(snapshot: Path) -> set[Path]:
    """The files in `blobs` that a snapshot links to; a link may not lead elsewhere."""
    folder = (snapshot.parent.parent / "blobs").resolve()
    targets = {
        Path(os.path.realpath(file))
        for file in snapshot.rglob("*")
        if file.is_symlink()
    }
    return {target for target in targets if target.parent == folder}


def _is_being_fetched(repository: Path) -> bool:
    return any(
        blob.name.endswith(_UNFINISHED) for blob in (repository / "blobs").glob("*")
    )
