"""A small GGUF file, and where it is imported to."""

from pathlib import Path

import pytest

from mlxtui.model_writer import shard_files
from tests.convert.gguf.imports import SHARD_BYTES
from tests.convert.gguf.llama_file import write_llama
from tests.model_writer.stops import small_disk as small_disk


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of mixed types."""
    return write_llama(tmp_path / "mixed.gguf")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "mixed"


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weight files, pieces and reports of a small model are as those of a large one."""
    from mlxtui.convert.gguf import import_progress, new_weights

    monkeypatch.setattr(shard_files, "_SHARD_BYTES", SHARD_BYTES)
    monkeypatch.setattr(import_progress, "_TOLD_SECONDS", 0)
    for name in ("_FIRST_ELEMENTS", "_LEAST_ELEMENTS", "_MOST_ELEMENTS"):
        monkeypatch.setattr(new_weights, name, 8192)
