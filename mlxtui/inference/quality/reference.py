"""What a source expects at each position, on the disk: written once, read in order."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlxtui.errors import DiskFull
from mlxtui.i18n import _
from mlxtui.inference.quality.top_logits import TOP, TopLogits

Rows = npt.NDArray[np.void]


def row_type(top: int) -> np.dtype[np.void]:
    """One position: the top tokens, the others' mass, and the loss."""
    return np.dtype(
        [
            ("ids", "<u4", (top,)),
            ("top", "<f4", (top,)),
            ("rest", "<f4"),
            ("loss", "<f4"),
        ]
    )


def rows_of(distributions: TopLogits, losses: npt.NDArray[np.float32]) -> Rows:
    """Distributions and losses as they stand in the file."""
    rows = np.empty(len(losses), row_type(distributions.ids.shape[-1]))
    rows["ids"], rows["top"] = distributions.ids, distributions.top
    rows["rest"], rows["loss"] = distributions.rest, losses
    return rows


def distributions_of(rows: Rows) -> TopLogits:
    """The distributions of some rows."""
    return TopLogits(rows["ids"], rows["top"], rows["rest"])


def open_rows(path: Path, position_count: int, *, skip_bytes: int = 0) -> Rows:
    """Map a file of rows into memory.

    Raises:
        OSError: It cannot be read.
        ValueError: It has another size.
    """
    size_bytes = path.stat().st_size - skip_bytes
    for top in range(TOP, 0, -1):
        if row_type(top).itemsize * position_count == size_bytes:
            return np.memmap(
                path, row_type(top), "r", offset=skip_bytes, shape=(position_count,)
            )
    raise ValueError(f"{path} has not {position_count} rows")


def append(path: Path, rows: Rows) -> None:
    """Add rows to a file; not by a memory map, which ends the process on a full disk.

    Raises:
        DiskFull: There is no room for them.
    """
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(rows.tobytes())
    except OSError as error:
        raise DiskFull(
            _("{path} cannot be written: {reason}").format(
                path=path, reason=error.strerror or error
            ),
            hint=_("Make room on this disk."),
        ) from error
