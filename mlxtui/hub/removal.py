"""Deleting a revision from the Hugging Face cache, in the cache's own layout."""

import os
import shutil
from pathlib import Path

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
