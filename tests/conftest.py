"""What every test runs in: its own folders, English, and no network."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from huggingface_hub import constants as hub_constants

import mlxtui
from mlxtui import i18n, settings

# transformers takes torch along when it is installed; see inference/runtime.py.
sys.modules.setdefault("torch", None)  # type: ignore[arg-type]

_VARIABLES_OF_THE_MACHINE = (
    "COLORTERM", "COLUMNS", "FORCE_COLOR", "HF_ASSETS_CACHE", "HF_ENDPOINT",
    "HF_HUB_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_XET_CACHE",
    "HUGGINGFACE_ASSETS_CACHE", "HUGGINGFACE_HUB_CACHE", "HUGGING_FACE_HUB_TOKEN",
    "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LINES", "NO_COLOR",
    "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "TERM_PROGRAM",
    "TEXTUAL_DISABLE_KITTY_KEY", "TMUX", "TRANSFORMERS_VERBOSITY", "_MLXTUI_COMPLETE",
)  # fmt: skip

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

# A command that hangs must fail its test, not stop the run.
_COMMAND_SECONDS = 60


class NetworkForbidden(AssertionError):
    """A test tried to leave this machine; no `except OSError` may hide that."""


class RunCommand(Protocol):
    """Runs `mlxtui` in a process of its own."""

    def __call__(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, without a terminal."""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings, models or tokens is seen or touched."""
    for name in _VARIABLES_OF_THE_MACHINE:
        monkeypatch.delenv(name, raising=False)
    for key in settings.SETTINGS:
        monkeypatch.delenv(settings.variable(key), raising=False)
    hub_home = str(tmp_path / "huggingface")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    monkeypatch.setenv("MLXTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", hub_home)
    monkeypatch.setenv("HF_HUB_CACHE", os.path.join(hub_home, "hub"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    # In this process the hub's library has read the variables already.
    old_home = hub_constants.HF_HOME
    for name, value in list(vars(hub_constants).items()):
        if isinstance(value, str) and value.startswith(old_home):
            moved = hub_home + value.removeprefix(old_home)
            monkeypatch.setattr(hub_constants, name, moved)
    monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", os.environ["HF_HUB_CACHE"])


@pytest.fixture(autouse=True)
def english(own_folders: None) -> Iterator[None]:
    """Messages are English at the start of each test, whatever the last one set."""
    i18n.set_language("en")
    yield
    i18n.set_language("en")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection beyond this machine ends the test."""

    def guarded(name: str) -> None:
        connect = getattr(socket.socket, name)

        def connect_here(self: socket.socket, address: Any) -> Any:
            on_this_machine = (
                self.family == socket.AF_UNIX
                or isinstance(address, tuple)
                and address[0] in _LOOPBACK
            )
            if not on_this_machine:
                self.close()
                raise NetworkForbidden(f"A connection to {address!r}")
            return connect(self, address)

        monkeypatch.setattr(socket.socket, name, connect_here)

    guarded("connect")
    guarded("connect_ex")


@pytest.fixture
def command_environment() -> dict[str, str]:
    """The variables for a process that runs `python -m mlxtui` in any folder."""
    checkout = str(Path(mlxtui.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": checkout, "PYTHONWARNINGS": "error"}


@pytest.fixture
def run_mlxtui(tmp_path: Path, command_environment: dict[str, str]) -> RunCommand:
    """The command `mlxtui`, in a process of its own that stands in `tmp_path`."""

    def run(
        *arguments: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "mlxtui", *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            cwd=tmp_path,
            env=command_environment | environment,
            timeout=_COMMAND_SECONDS,
        )

    return run
