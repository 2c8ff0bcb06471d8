"""What sources expect, kept for the next quantization of the same source.

A file is a digest and the rows of `reference`; its name and its digest are made from
the source's files and the windows, so that a damaged, foreign or outdated one is never
taken for what was asked for.
"""

import hashlib
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

from mlxtui import paths
from mlxtui.inference.quality.reference import Rows, open_rows
from mlxtui.inference.quality.top_logits import TOP
from mlxtui.inference.quality.windows import Windows, position_count

_log = logging.getLogger(__name__)

_LARGEST_BYTES = 256 * 1024**2
_DIGEST_BYTES = 32
_FORMAT = 1


def key_of(source: Path, windows: Windows) -> str:
    """What these rows depend on: the source's files as they are now, and the windows.

    Raises:
        OSError: The source is gone.
    """
    files = sorted(source.glob("model*.safetensors")) + [source / "config.json"]
    parts: list[object] = [_FORMAT, TOP, str(source.resolve()), windows]
    for file in files:
        status = file.stat()
        parts += [file.name, status.st_size, status.st_mtime_ns]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def find(key: str, windows: Windows) -> Rows | None:
    """The rows kept under a key; None, and the file is dropped, when it is damaged."""
    path = _path(key)
    try:
        with open(path, "rb") as file:
            digest = file.read(_DIGEST_BYTES)
            if digest != _digest(key, path, skip_bytes=_DIGEST_BYTES):
                raise ValueError("damaged")
        os.utime(path)  # the one not used for longest goes first
        return open_rows(path, position_count(windows), skip_bytes=_DIGEST_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.info("%s is not used: %s", path, error)
        _drop(path)
        return None


def keep(key: str, rows_file: Path) -> None:
    """Keep a file of rows; without room for it nothing is kept."""
    path = _path(key)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        paths.make_private(path.parent)
        with open(temporary, "wb") as target, open(rows_file, "rb") as rows:
            target.write(_digest(key, rows_file))
            shutil.copyfileobj(rows, target)
            target.flush()
            os.fsync(target.fileno())
        os.replace(temporary, path)
        _drop_oldest(path.parent)
    except OSError as error:
        _log.warning("%s cannot be kept: %s", path, error)
        _drop(temporary)


def _path(key: str) -> Path:
    return paths.quality_cache_dir() / f"{key}.logits"


def _digest(key: str, path: Path, *, skip_bytes: int = 0) -> bytes:
    digest = hashlib.sha256(key.encode())
    with open(path, "rb") as file:
        file.seek(skip_bytes)
        while block := file.read(1024**2):
            digest.update(block)
    return digest.digest()


def _drop_oldest(folder: Path) -> None:
    """Hold the cache to its size; the newest file stays whatever its size."""
    files = sorted(folder.glob("*.logits"), key=lambda file: -file.stat().st_mtime_ns)
    total_bytes = 0
    for place, file in enumerate(files):
        total_bytes += file.stat().st_size
        if place and total_bytes > _LARGEST_BYTES:
            _drop(file)


def _drop(file: Path) -> None:
    with suppress(OSError):
        file.unlink()
