"""Imports of small GGUF files, whole or stopped on the way."""

from pathlib import Path

from mlxtui.convert.gguf.groups import gguf_paths
from mlxtui.convert.gguf.imported import Imported
from mlxtui.convert.gguf.importing import import_gguf
from mlxtui.recipes import GgufMode
from tests.model_writer.stops import complete_files

SHARD_BYTES = 200_000
"""Of the weight files, with the fixture `many_files`."""


class Stopped(Exception):
    """An import was stopped."""


def imported(
    source: Path,
    target: Path,
    mode: GgufMode = "faithful",
    *,
    stop_at: float | None = None,
    template: str = "",
    starts: list[int] | None = None,
) -> Imported:
    """Import all of it, or a share and one weight file at least.

    Args:
        starts: Gets how far it was at each report.
    """
    done = [0.0]

    def report(done_bytes: int, total_bytes: int, _note: str) -> None:
        done[0] = done_bytes / total_bytes
        if starts is not None:
            starts.append(done_bytes)

    def check() -> None:
        if stop_at is not None and done[0] >= stop_at and complete_files(target):
            raise Stopped

    files = gguf_paths(source)
    return import_gguf(files, target, mode, template, report=report, check=check)
