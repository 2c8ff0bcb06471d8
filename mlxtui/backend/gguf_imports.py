"""What was imported already: a GGUF file becomes one model in each mode, made once."""

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from mlxtui.backend.beside import check_wanted
from mlxtui.backend.library_names import named_folders
from mlxtui.backend.provenance import read_provenance
from mlxtui.convert import model_folder
from mlxtui.convert.gguf.file_identity import (
    FileHash,
    file_states,
    joint_sha256,
    named_sha256,
)
from mlxtui.errors import MlxTuiError
from mlxtui.hub.library import Folder
from mlxtui.plans import GgufOrigin, JobSpec
from mlxtui.repositories import RemoteFile
from mlxtui.settings import Settings

# A file may be asked for in each of its modes, by commands and by jobs.
_REMEMBERED_FILES = 64
_reading = threading.Lock()

_STEP_BYTES = 64 * 1024 * 1024


def find_import(
    spec: JobSpec,
    files: Sequence[Path],
    remote_files: Sequence[RemoteFile],
    settings: Settings,
) -> Folder | None:
    """The model that was made of a GGUF file as the spec wants it.

    A file that may be the same is read from its beginning to its end to be sure of it.

    Args:
        files: All its parts on this machine; empty where it is not here.
        remote_files: All its parts on the hub; empty for others.
    """
    for folder, origin in _imports(settings):
        is_wanted = (origin.mode, origin.chat_template) == (
            spec.gguf_mode,
            spec.chat_template,
        )
        if is_wanted and (
            is_made_of(origin, files) or _is_fetched(origin, remote_files)
        ):
            return folder
    return None


def find_any_import(files: Sequence[Path], settings: Settings) -> Folder | None:
    """A model that was made of a GGUF file in any mode, faithfully before exactly.

    Args:
        files: All parts of the file.
    """
    found = [
        (origin.mode != "faithful", folder)
        for folder, origin in _imports(settings)
        if is_made_of(origin, files)
    ]
    return min(found, key=lambda each: each[0])[1] if found else None


def is_surely_made_of(origin: GgufOrigin, files: Sequence[Path]) -> bool:
    """Whether a model was made of a file, as far as its names and times tell: quick.

    Args:
        files: All parts of the file.
    """
    try:
        states = file_states(files)
    except OSError:
        return False
    if not states or sum(size for size, _time in states) != origin.size_bytes:
        return False
    names = tuple(file.name for file in files)
    if (names, states[0][1]) == (origin.files, origin.modified_ns):
        return True
    return len(files) == 1 and named_sha256(files[0]) == origin.sha256


def is_made_of(origin: GgufOrigin, files: Sequence[Path]) -> bool:
    """Whether a model was made of a file, or of one with the same content."""
    if is_surely_made_of(origin, files):
        return True
    try:
        states = file_states(files)
        if not files or sum(size for size, _time in states) != origin.size_bytes:
            return False
        # Whoever asks while it is read waits for that, and reads nothing again.
        with _reading:
            return _sha256(tuple(files), states) == origin.sha256
    except (OSError, MlxTuiError):
        return False


@lru_cache(maxsize=_REMEMBERED_FILES)
def _sha256(files: tuple[Path, ...], states: tuple[tuple[int, int], ...]) -> str:
    """The hash of files that have these sizes and times; they are read once."""
    digest = FileHash(files)
    try:
        while not digest.is_complete:
            check_wanted()
            digest.advance(_STEP_BYTES)
        return joint_sha256(digest.hexdigests())
    finally:
        digest.close()


def _imports(settings: Settings) -> Iterator[tuple[Folder, GgufOrigin]]:
    """The usable models whose weights are those of a GGUF file, and its origin."""
    for folder in named_folders(settings):
        if folder.source != "models":
            continue
        provenance = read_provenance(folder.path)
        if provenance is None or not provenance.recipe.keeps_weights:
            continue
        origin = provenance.gguf
        if origin is None:
            continue
        if not model_folder.describe(folder.path, folder.name, "models").problem:
            yield folder, origin


def _is_fetched(origin: GgufOrigin, files: Sequence[RemoteFile]) -> bool:
    """Whether a file of the hub is the one, by the hashes that the hub names."""
    digests = [file.sha256 for file in files]
    return bool(digests) and all(digests) and joint_sha256(digests) == origin.sha256
