"""The small file beside a model that says where it came from."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mlxtui import paths
from mlxtui.plans import Provenance

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FILE_NAME = "mlxtui.json"


@cache
def _adapter() -> "TypeAdapter[Provenance]":
    from pydantic import TypeAdapter  # 0.1 s, which no start of the app needs

    return TypeAdapter(Provenance)


def write_provenance(folder: Path, provenance: Provenance) -> None:
    """Write it into a model's folder.

    Raises:
        OSError: The disk is full or the folder is not writable.
    """
    text = _adapter().dump_json(provenance, indent=1)
    paths.write_atomically(folder / FILE_NAME, text.decode() + "\n")


def read_provenance(folder: Path) -> Provenance | None:
    """Read it; None where there is none, or none that can be understood."""
    try:
        content = (folder / FILE_NAME).read_bytes()
        return _adapter().validate_json(content)
    except (OSError, ValueError):
        return None
