"""The command as scripts and shells meet it: a process of its own, without a screen."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlxtui import __version__, paths
from mlxtui.convert import model_folder
from mlxtui.types import LocalModel
from tests.conftest import RunCommand
from tests.models import write_model

_COMMANDS = ("run", "list", "show", "config", "doctor", "bench", "completion")

# DESIGN.md, part 7.
_SHOWN_KEYS = {
    "name", "kind", "path", "architecture", "parameter_count", "bits_per_weight",
    "size_bytes", "context_length", "capabilities", "source",
}  # fmt: skip


def _assert_error(
    ended: "subprocess.CompletedProcess[str]", code: int, *named: str
) -> None:
    """One line and a hint on standard error, nothing else anywhere."""
    assert ended.returncode == code, ended.stderr
    assert ended.stdout == ""
    lines = ended.stderr.splitlines()
    assert len(lines) == 2, ended.stderr
    message, hint = lines
    assert message.startswith("Error: ")
    assert hint.startswith("  ")
    for text in named:
        assert text in ended.stderr


def _assert_succeeded(ended: "subprocess.CompletedProcess[str]") -> str:
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.fixture
def models() -> Path:
    """A models folder with a whole model and a damaged one."""
    folder = paths.models_dir()
    write_model(folder / "owner" / "日本語の小さなモデル")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "config.json").write_text("{")
    return folder


def test_the_version_is_the_packages(run_mlxtui: RunCommand) -> None:
    assert _assert_succeeded(run_mlxtui("--version")) == f"mlxtui {__version__}\n"


@pytest.mark.parametrize("locale", ["C.UTF-8", "ja_JP.UTF-8"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(
    locale: str, option: str, run_mlxtui: RunCommand
) -> None:
    shown = _assert_succeeded(run_mlxtui(option, LANG=locale))
    first_words = {line.split()[0] for line in shown.splitlines() if line.strip()}
    assert set(_COMMANDS) <= first_words


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("locale", ["C.UTF-8", "ja_JP.UTF-8"])
def test_every_command_has_help(
    command: str, locale: str, run_mlxtui: RunCommand
) -> None:
    shown = _assert_succeeded(run_mlxtui(command, "--help", LANG=locale))
    assert f"mlxtui {command}" in shown


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["serv"], "serv"),
        (["--colour"], "--colour"),
        (["list", "--colour"], "--colour"),
        (["list", "extra"], "extra"),
        (["show"], "NAME"),
        (["config", "set", "theme"], "VALUE"),
        (["config", "sat"], "sat"),
        (["completion", "tcsh"], "tcsh"),
        (["run", "guide", "x", "--temperature", "hot"], "--temperature"),
        (["run", "guide", "x", "--top-k", "1.5"], "--top-k"),
        (["run", "guide", "x", "--logit-bias", "5"], "--logit-bias"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_a_hint(
    arguments: list[str], named: str, run_mlxtui: RunCommand
) -> None:
    _assert_error(run_mlxtui(*arguments), 2, named, "--help")


def test_a_group_without_a_command_shows_what_it_has(run_mlxtui: RunCommand) -> None:
    ended = run_mlxtui("config")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert all(name in ended.stderr for name in ("show", "set", "path"))


@pytest.mark.parametrize(
    "arguments", [["config", "show"], ["list"], ["show", "guide"], ["run", "guide"]]
)
def test_a_broken_settings_file_is_named_with_its_key(
    arguments: list[str], run_mlxtui: RunCommand
) -> None:
    file = paths.settings_file()
    file.parent.mkdir(parents=True)
    file.write_text('language = "fr"')
    _assert_error(run_mlxtui(*arguments), 1, str(file), "language")


def _facts(model: LocalModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": "model",
        "path": str(model.path),
        "architecture": model.architecture,
        "parameter_count": model.parameter_count,
        "bits_per_weight": model.bits_per_weight,
        "size_bytes": model.size_bytes,
        "context_length": model.context_length,
        "capabilities": list(model.capabilities),
        "source": model.source,
    }


def test_the_list_is_json_for_scripts(models: Path, run_mlxtui: RunCommand) -> None:
    listed = json.loads(_assert_succeeded(run_mlxtui("list", "--json")))
    assert [row["name"] for row in listed] == [
        "guide", "damaged", "owner/日本語の小さなモデル",
    ]  # fmt: skip
    for row in listed:
        assert _SHOWN_KEYS | {"loaded"} <= set(row)
        assert row["loaded"] is False
    assert f"{models / 'damaged'}: config.json" in listed[1]["problem"]
    assert listed[2]["problem"] is None


def test_a_model_is_shown_as_json(models: Path, run_mlxtui: RunCommand) -> None:
    name = "owner/日本語の小さなモデル"
    described = model_folder.describe(models / name, name, "models")
    shown = json.loads(_assert_succeeded(run_mlxtui("show", name, "--json")))
    assert set(_facts(described)) == _SHOWN_KEYS
    assert _facts(described).items() <= shown.items()
    by_alias = run_mlxtui("show", name.split("/")[1], "--json")
    assert json.loads(_assert_succeeded(by_alias)) == shown


def test_a_folder_stands_where_a_name_may(
    models: Path, tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    folder = models / "owner" / "日本語の小さなモデル"
    relative = f"./{folder.relative_to(tmp_path)}"
    shown = json.loads(_assert_succeeded(run_mlxtui("show", relative, "--json")))
    assert (shown["name"], shown["path"]) == (folder.name, str(folder))
    assert shown["source"] == "path"
    assert shown["parameter_count"]


def test_people_get_a_table_with_the_reasons_below(
    models: Path, run_mlxtui: RunCommand
) -> None:
    listed = _assert_succeeded(run_mlxtui("list"))
    assert "owner/日本語の小さなモデル" in listed
    assert f"{models / 'damaged'}: config.json" in listed
    shown = _assert_succeeded(run_mlxtui("show", "日本語の小さなモデル"))
    labels = [line.split("  ")[0] for line in shown.splitlines()]
    assert labels == [
        "Name", "Kind", "Folder", "Architecture", "Parameters", "Quantization",
        "Bits per weight", "Size", "Context", "Capabilities", "Source",
    ]  # fmt: skip
    assert str(models / "owner" / "日本語の小さなモデル") in shown


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("no-such-model", "no-such-model"),
        ("./no-such-folder", "no-such-folder"),
        ("~no-such-user-here/x", "no-such-user-here/x"),
        ("name-\udcff", "name-"),
    ],
)
def test_an_unknown_model_is_one_line_and_a_hint(
    name: str, named: str, run_mlxtui: RunCommand
) -> None:
    _assert_error(run_mlxtui("show", name), 1, named)


def test_what_a_model_says_of_itself_cannot_drive_the_terminal(
    run_mlxtui: RunCommand,
) -> None:
    folder = paths.models_dir() / "evil\x1b]0;name\x07"
    folder.mkdir(parents=True)
    config = {"model_type": "evil\x1b]0;type\x07\nsecond line"}
    (folder / "config.json").write_text(json.dumps(config))
    for arguments in (["list"], ["show", folder.name], ["run", str(folder), "x"]):
        ended = run_mlxtui(*arguments)
        assert "evil" in ended.stdout + ended.stderr
        assert "\x1b" not in ended.stdout + ended.stderr
        assert "\x07" not in ended.stdout + ended.stderr
    _assert_error(ended, 1)


@pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS refuses names that are not UTF-8"
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_folder_whose_name_is_no_text_does_not_end_the_list(
    option: list[str], run_mlxtui: RunCommand
) -> None:
    folder = os.fsencode(paths.models_dir()) + b"/name\xff"
    os.makedirs(folder)
    with open(folder + b"/config.json", "w") as file:
        file.write("{}")
    # As under a locale like en_US.UTF-8, where Python writes nothing but text.
    ended = run_mlxtui("list", *option, PYTHONIOENCODING="utf-8:strict")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "guide" in ended.stdout


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_a_completion_script_is_printed(shell: str, run_mlxtui: RunCommand) -> None:
    script = _assert_succeeded(run_mlxtui("completion", shell))
    assert f"_MLXTUI_COMPLETE={shell}_complete" in script


def _completions(run_mlxtui: RunCommand, *words: str) -> list[str]:
    ended = run_mlxtui(
        _MLXTUI_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    shown = _assert_succeeded(ended).split()
    return [line.partition(",")[2] for line in shown]


def test_a_shell_completes_commands_and_settings(run_mlxtui: RunCommand) -> None:
    assert _completions(run_mlxtui, "mlxtui", "li") == ["list"]
    assert _completions(run_mlxtui, "mlxtui", "config", "set", "the") == ["theme"]


@pytest.mark.parametrize("command", ["run", "show"])
def test_a_shell_completes_the_names_of_usable_models(
    command: str, models: Path, run_mlxtui: RunCommand
) -> None:
    completed = _completions(run_mlxtui, "mlxtui", command, "OWN")
    assert completed == ["owner/日本語の小さなモデル"]
    assert _completions(run_mlxtui, "mlxtui", command, "dama") == []


def test_a_broken_settings_file_does_not_spoil_the_completion_of_commands(
    run_mlxtui: RunCommand,
) -> None:
    file = paths.settings_file()
    file.parent.mkdir(parents=True)
    file.write_text("theme = ")
    assert _completions(run_mlxtui, "mlxtui", "li") == ["list"]


@pytest.mark.parametrize(
    "arguments", [[], ["--no-model"], ["--model", "guide"]], ids=" ".join
)
def test_the_app_without_a_terminal_points_to_run(
    arguments: list[str], run_mlxtui: RunCommand
) -> None:
    _assert_error(run_mlxtui(*arguments), 1, "mlxtui run")


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["list", "--json"], ["config", "show"], ["--help"], ["--version"]],
    ids=" ".join,
)
def test_a_reader_that_has_gone_ends_the_command_quietly(
    arguments: list[str], command_environment: dict[str, str], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "mlxtui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=command_environment,
        )
    finally:
        os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode != 0
