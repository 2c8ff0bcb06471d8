"""Terminals with mlxtui in them, and the models for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlxtui import settings
from tests.e2e.terminal import Terminal
from tests.models import write_model

OpenTerminal = Callable[..., Terminal]


@pytest.fixture(scope="session")
def short_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers end soon, at its context's limit."""
    folder = tmp_path_factory.mktemp("models") / "short"
    return write_model(folder, max_position_embeddings=96, endless=True)


@pytest.fixture(scope="session")
def long_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers do not end by themselves for a long time."""
    folder = tmp_path_factory.mktemp("models") / "long"
    return write_model(folder, max_position_embeddings=1_000_000, endless=True)


@pytest.fixture
def open_terminal(
    tmp_path: Path, command_environment: dict[str, str]
) -> Iterator[OpenTerminal]:
    """Start `mlxtui` with these arguments, or a script that stands for it."""
    opened: list[Terminal] = []
    settings.save_value("setup_done", "true")

    def start(
        *arguments: str, script: str = "", rows: int = 24, columns: int = 80
    ) -> Terminal:
        program = ["-m", "mlxtui"]
        if script:
            file = tmp_path / "program.py"
            file.write_text(script, encoding="utf-8")
            program = [str(file)]
        terminal = Terminal(
            *program,
            *arguments,
            environment=command_environment,
            folder=tmp_path,
            rows=rows,
            columns=columns,
        )
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.kill()
