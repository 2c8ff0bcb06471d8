"""GGUF files with `convert`, `pull`, `quantize`, `run` and `show`: in this process, and
at a terminal where questions count.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from mlxtui import paths, settings
from tests.conftest import RunCommand
from tests.convert.gguf.llama_file import write_llama
from tests.data import SHARED, needs_shared_data
from tests.hub_server import HubServer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A GGUF file in the folder that commands stand in."""
    return write_llama(tmp_path / "Tiny-Q4_K_M.gguf")


@pytest.fixture
def hub(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command_environment: dict[str, str],
) -> Iterator[HubServer]:
    """A hub with a repository of two GGUF files."""
    folder = tmp_path / "made"
    folder.mkdir()
    files = {
        f"Tiny-{kind}.gguf": write_llama(folder / f"{kind}.gguf", types=(kind,))
        for kind in ("Q4_0", "Q8_0")
    }
    with HubServer() as server:
        server.add("owner/Several-GGUF", files)
        monkeypatch.setenv(settings.variable("hub_endpoint"), server.endpoint)
        command_environment["HF_ENDPOINT"] = server.endpoint
        yield server


def _last_line(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    line: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return line


def _terminal(
    environment: dict[str, str], folder: Path, *arguments: str, size: Any = (30, 120)
) -> Any:
    return pexpect.spawn(
        sys.executable,
        ["-m", "mlxtui", *arguments],
        env=environment,
        cwd=str(folder),
        timeout=40,
        dimensions=size,
        encoding="utf-8",
    )


def test_convert_takes_a_file_of_this_folder(run_here: RunCommand, file: Path) -> None:
    made = run_here("convert", file.name, "--json")
    result = _last_line(made)
    assert result["name"] == "Tiny-Q4_K_M"
    assert result["path"] == str(paths.models_dir() / "Tiny-Q4_K_M")
    assert result["size_bytes"] > 0 and result["bits_per_weight"] < 17
    again = run_here("convert", f"./{file.name}")
    assert again.returncode == 0, again.stderr
    assert "imported already: Tiny-Q4_K_M" in again.stderr
    assert "import 100 %" not in again.stderr


def test_convert_shows_both_modes_and_takes_one(
    run_here: RunCommand, tmp_path: Path
) -> None:
    file = write_llama(tmp_path / "plain.gguf", tokenizer__chat_template=None)
    made = run_here("convert", file.name, "--exact", "--template", "zephyr")
    assert made.returncode == 0, made.stderr
    assert "○ faithful" in made.stderr and "● exact" in made.stderr
    shown = json.loads(run_here("show", "plain-exact", "--json").stdout)
    origin = shown["provenance"]["gguf"]
    assert (origin["mode"], origin["chat_template"]) == ("exact", "zephyr")
    assert shown["capabilities"] == ["chat"]
    text = run_here("show", "plain-exact").stdout
    assert origin["sha256"] in text and "Q4_K" in text and "plain.gguf" in text
    unknown = run_here("convert", file.name, "--template", "nobody")
    assert unknown.returncode == 1 and "zephyr" in unknown.stderr


def test_pull_lists_the_files_to_choose_from(
    hub: HubServer, run_here: RunCommand
) -> None:
    listed = run_here("pull", "owner/Several-GGUF")
    assert listed.returncode == 1
    assert "Tiny-Q4_0.gguf" in listed.stderr and "✓ fits" in listed.stderr
    assert "--file Tiny-Q8_0.gguf" in listed.stderr.splitlines()[-1]  # the starred one
    as_json = run_here("pull", "owner/Several-GGUF", "--json")
    assert as_json.returncode == 1
    choices = json.loads(as_json.stdout)["choices"]
    assert [one["file"] for one in choices] == ["Tiny-Q4_0.gguf", "Tiny-Q8_0.gguf"]
    assert choices[0]["quantization"] == "Q4_0" and choices[0]["fit"] == "fits"
    assert choices[0]["bits_per_weight"] < choices[1]["bits_per_weight"]
    made = run_here("pull", "owner/Several-GGUF", "--file", "Tiny-Q8_0.gguf", "--json")
    assert _last_line(made)["name"] == "Tiny-Q8_0"


def test_convert_of_a_repository_is_called_after_its_file(
    hub: HubServer, run_here: RunCommand
) -> None:
    made = run_here(
        "convert", "owner/Several-GGUF", "--file", "Tiny-Q4_0.gguf", "--json"
    )
    assert _last_line(made)["name"] == "Tiny-Q4_0"


def test_pull_asks_which_file_at_a_terminal(
    hub: HubServer, command_environment: dict[str, str], tmp_path: Path
) -> None:
    terminal = _terminal(command_environment, tmp_path, "pull", "owner/Several-GGUF")
    terminal.expect(r"1 +Q4_0")
    # The largest that fits is recommended, and meant by Enter.
    terminal.expect(r"2 +★ +Q8_0")
    terminal.expect(r"Which one\? \[2\]")
    terminal.send("3\r")
    terminal.expect("Which one")
    terminal.send("\r")
    terminal.expect(r"Do this\?")
    terminal.send("\r")
    terminal.expect("Tiny-Q8_0 is ready")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_file_that_is_not_there_is_not_called_a_folder(run_here: RunCommand) -> None:
    refused = run_here("convert", "./none.gguf")
    assert refused.returncode == 1 and "There is no file" in refused.stderr


def test_quantize_takes_a_file(run_here: RunCommand, file: Path) -> None:
    made = run_here(
        "quantize", file.name, "--bits", "4", "--group-size", "32", "--no-measure",
        "--json",
    )  # fmt: skip
    result = _last_line(made)
    assert result["name"] == "Tiny-Q4_K_M-4bit"
    assert sorted(one.name for one in paths.models_dir().iterdir()) == [result["name"]]


@needs_shared_data
def test_run_uses_what_was_imported(run_here: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "stories.gguf"
    shutil.copy(SHARED / "models" / "gguf" / "stories260K-F16.gguf", file)
    options = ("Once upon a time", "--raw", "--temperature", "0", "--max-tokens", "9")
    refused = run_here("run", file.name, *options)
    assert refused.returncode == 1
    assert f"mlxtui convert {file}" in refused.stderr
    _last_line(run_here("convert", file.name, "--exact", "--json"))
    for name in (file.name, "stories-exact"):
        answered = run_here("run", name, *options)
        assert answered.returncode == 0, answered.stderr
        assert answered.stdout.startswith(", there was a little girl")


@needs_shared_data
def test_run_imports_first_when_asked(
    command_environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "stories.gguf"
    shutil.copy(SHARED / "models" / "gguf" / "stories260K-F16.gguf", file)
    arguments = ("run", file.name, "Once upon a time", "--raw", "--temperature", "0")
    terminal = _terminal(command_environment, tmp_path, *arguments)
    terminal.expect(r"Import it first\?")
    terminal.send("n\r")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    terminal = _terminal(command_environment, tmp_path, *arguments)
    terminal.expect(r"Import it first\?")
    terminal.send("\r")
    terminal.expect("there was a little girl named Lily")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert os.listdir(paths.models_dir()) == ["stories"]


def test_what_cannot_be_imported_is_refused_with_its_reason(
    run_here: RunCommand, file: Path
) -> None:
    file.write_bytes(file.read_bytes()[:-1000])
    for command in ("convert", "run", "quantize", "bench"):
        refused = run_here(command, file.name)
        assert refused.returncode == 1, command
        assert "damaged" in refused.stderr or "imported" in refused.stderr
        assert len(refused.stderr.splitlines()) == 2, refused.stderr
