"""The GGUF files of a place: which belong together, and which are models."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlxtui.convert.gguf.header import MAGIC
from mlxtui.convert.source import LocalSource, Source

_SUFFIX = ".gguf"
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)

# A name claims up to 99,999 parts; none has so many.
_MAX_MISSING = 1000


class Group(NamedTuple):
    """A GGUF file, or all parts of a split one."""

    files: tuple[str, ...]
    """The first part first."""
    missing: tuple[str, ...]
    """Names of the parts that are not there, as far as the first thousand."""
    size_bytes: int

    @property
    def is_projector(self) -> bool:
        """Named as the part for pictures of another model."""
        return "mmproj" in self.files[0].rpartition("/")[2].lower()

    @property
    def is_beside_models(self) -> bool:
        """Named as what is laid beside models and is none."""
        name = self.files[0].rpartition("/")[2].lower()
        return self.is_projector or "imatrix" in name


def gguf_groups(source: Source) -> list[Group]:
    """The GGUF files of a source, the parts of split ones together."""
    files = source.files()
    found: dict[tuple[str, int], list[str]] = {}
    for name in sorted(files):
        if name.lower().endswith(_SUFFIX):
            match = _PART.search(name)
            key = (name[: match.start()], int(match[2])) if match else (name, 1)
            found.setdefault(key, []).append(name)
    groups = []
    for (stem, total), names in found.items():
        missing = tuple(_missing(stem, total, names)) if len(names) < total else ()
        size_bytes = sum(files[name] for name in names)
        groups.append(Group(tuple(names), missing, size_bytes))
    return groups


def _missing(stem: str, total: int, names: Iterable[str]) -> Iterable[str]:
    there = {name.lower() for name in names}
    for number in range(1, min(total, _MAX_MISSING) + 1):
        name = f"{stem}-{number:05d}-of-{total:05d}{_SUFFIX}"
        if name.lower() not in there:
            yield name


def stem_of(file: str) -> str:
    """A file's name without folders, number of the part and suffix."""
    name = file.rpartition("/")[2]
    whole = _PART.sub("", name)
    return whole if whole != name else re.sub(r"(?i)\.gguf$", "", name)


def gguf_paths(path: Path, file: str = "") -> tuple[Path, ...]:
    """All parts of a GGUF model of this machine, the first one first.

    Args:
        path: A GGUF file under any name, or a folder.
        file: Path in the folder of one of its files.
    """
    folder, name = (path, file) if path.is_dir() else (path.parent, path.name)
    if not _PART.search(name):
        return (folder / name,)
    for group in gguf_groups(LocalSource(folder)):
        if name in group.files:
            return tuple(folder / one for one in group.files)
    return (folder / name,)


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do, whatever its name is."""
    try:
        if not path.is_file():
            return False
        with open(path, "rb", buffering=0) as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
