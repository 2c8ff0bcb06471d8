"""The header of a safetensors file of this machine."""

from pathlib import Path

from mlxtui.convert.safetensors_header import Header, read_header_of
from mlxtui.convert.source import LocalSource


def read_header(path: Path) -> Header:
    """Read it as a folder's files are read.

    Raises:
        ValueError: It is no safetensors file, or it is damaged or cut.
        OSError: It cannot be read.
    """
    return read_header_of(LocalSource(path.parent), path.name, path.stat().st_size)
