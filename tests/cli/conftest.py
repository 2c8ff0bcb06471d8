"""Commands in this process, where MLX is loaded once."""

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from mlxtui.cli.main import main
from tests.conftest import RunCommand
from tests.inference.quality.works import STORY, use_texts


@pytest.fixture
def run_here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> RunCommand:
    """The command `mlxtui` in this process, standing in `tmp_path`; it measures on a
    short text."""
    monkeypatch.chdir(tmp_path)
    use_texts(monkeypatch, STORY)
    root = logging.getLogger()

    def run(
        *arguments: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        with monkeypatch.context() as changed:
            for name, value in environment.items():
                changed.setenv(name, value)
            given = io.TextIOWrapper(io.BytesIO(stdin.encode()))
            changed.setattr(sys, "stdin", given)
            changed.setattr(root, "handlers", [])
            changed.setattr(root, "level", root.level)
            changed.setattr(logging, "raiseExceptions", logging.raiseExceptions)
            try:
                with pytest.raises(SystemExit) as ended:
                    main(list(arguments))
            finally:
                logging.captureWarnings(False)
                for handler in root.handlers:
                    handler.close()
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, out, err)

    return run
