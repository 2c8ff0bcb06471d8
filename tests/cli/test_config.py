"""`mlxtui config`, in a process of its own and, for its questions, in a terminal."""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from mlxtui import paths, settings
from tests.conftest import RunCommand

_CTRL_C, _CTRL_D = "\x03", "\x04"


def _output(ended: Any) -> str:
    assert (ended.returncode, ended.stderr) == (0, "")
    text = ended.stdout
    assert isinstance(text, str)
    return text


def _saved() -> dict[str, Any]:
    if not paths.settings_file().exists():
        return {}
    return tomllib.loads(paths.settings_file().read_text(encoding="utf-8"))


# Show, set and path


def test_a_saved_setting_is_shown(run_mlxtui: RunCommand) -> None:
    assert _output(run_mlxtui("config", "set", "theme", "light")) == "theme = light\n"
    shown = json.loads(_output(run_mlxtui("config", "show", "--json")))
    assert tuple(shown) == settings.keys()
    assert shown["theme"] == "light"
    listed = _output(run_mlxtui("config", "show")).splitlines()
    assert "theme = light" in listed


def test_it_is_shown_whose_word_counts(run_mlxtui: RunCommand) -> None:
    settings.save_values({"theme": "light", "language": "en"})
    shown = _output(run_mlxtui("config", "show", MLXTUI_THEME="ansi"))
    lines = shown.splitlines()
    for first, end in (
        ("theme = ansi", "from the variable MLXTUI_THEME"),
        ("language = en", "from the settings file"),
        ("send_key = enter", "the default"),
    ):
        assert lines[lines.index(first) + 2].endswith(f" · {end}")


def test_an_empty_value_brings_the_default_back(run_mlxtui: RunCommand) -> None:
    run_mlxtui("config", "set", "theme", "light")
    assert _output(run_mlxtui("config", "set", "theme", "")) == "theme = dark\n"


def test_the_keys_of_an_action_are_set_and_shown(run_mlxtui: RunCommand) -> None:
    saved = _output(run_mlxtui("config", "set", "keys.chat.new", "ctrl+k"))
    assert saved == "keys.chat.new = ctrl+k\n"
    listed = _output(run_mlxtui("config", "show")).splitlines()
    assert "keys.chat.new = ctrl+k" in listed
    assert _output(run_mlxtui("config", "set", "keys.chat.new", "")) == ""


def test_a_value_that_a_variable_overrides_is_saved_and_that_is_said(
    run_mlxtui: RunCommand,
) -> None:
    ended = run_mlxtui("config", "set", "theme", "light", MLXTUI_THEME="ansi")
    assert ended.returncode == 0
    assert "MLXTUI_THEME" in ended.stderr
    assert _saved() == {"theme": "light"}


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("colour", "red", "colour"),
        ("language", "fr", "auto, en, ja"),
        ("memory_limit_gib", "-1", "from 0 to 4096"),
        ("models_folder", "\udcff", "models_folder"),
    ],
)
def test_a_setting_that_is_not_allowed_is_refused(
    key: str, value: str, named: str, run_mlxtui: RunCommand
) -> None:
    ended = run_mlxtui("config", "set", "--", key, value)
    assert (ended.returncode, ended.stdout) == (1, "")
    message, hint = ended.stderr.splitlines()
    assert message.startswith("Error: ") and hint.startswith("  ")
    assert named in message
    assert _saved() == {}


# Secrets

_SECRET = "hf_SecretOfTheTest"


def test_a_token_is_read_from_standard_input_and_never_shown(
    run_mlxtui: RunCommand,
) -> None:
    said = _output(run_mlxtui("config", "set", "hub_token", stdin=f"{_SECRET}\n"))
    assert said == "hub_token = set, and not shown\n"
    assert _saved() == {"hub_token": _SECRET}
    for command in (["show"], ["show", "--json"]):
        shown = _output(run_mlxtui("config", *command, MLXTUI_HUB_TOKEN=_SECRET + "2"))
        assert _SECRET not in shown
    assert json.loads(shown)["hub_token"] is True
    assert _output(run_mlxtui("config", "set", "hub_token", "")) == (
        "hub_token = not set\n"
    )
    assert json.loads(_output(run_mlxtui("config", "show", "--json")))["hub_token"] is (
        False
    )


def test_a_wrong_token_is_refused_without_showing_it(run_mlxtui: RunCommand) -> None:
    for arguments, typed in (([f"{_SECRET} x"], ""), ([], f"{_SECRET} x\n")):
        ended = run_mlxtui("config", "set", "hub_token", *arguments, stdin=typed)
        assert ended.returncode == 1
        assert "hub_token" in ended.stderr
        assert _SECRET not in ended.stdout + ended.stderr


def test_a_token_is_not_shown_while_it_is_typed(
    command_environment: dict[str, str],
) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "mlxtui", "config", "set", "hub_token"],
        env=command_environment | {"TERM": "dumb"},
        encoding="utf-8",
        timeout=30,
    )
    terminal.expect("Access token")
    terminal.sendline(_SECRET)
    terminal.expect(pexpect.EOF)
    assert terminal.before is not None and _SECRET not in terminal.before
    terminal.close()
    assert _saved() == {"hub_token": _SECRET}


@pytest.mark.parametrize(
    ("key", "typed"), [("theme", "light\n"), ("hub_token", ""), ("hub_token", "\n")]
)
def test_a_value_that_was_forgotten_changes_nothing(
    key: str, typed: str, run_mlxtui: RunCommand
) -> None:
    settings.save_value("hub_token", _SECRET)
    ended = run_mlxtui("config", "set", key, stdin=typed)
    assert ended.returncode == 2
    assert "missing" in ended.stderr
    assert _saved() == {"hub_token": _SECRET}


def test_an_unknown_key_in_the_file_is_told_beside_the_list(
    run_mlxtui: RunCommand,
) -> None:
    paths.write_atomically(paths.settings_file(), 'thme = "light"\n')
    ended = run_mlxtui("config", "show")
    assert ended.returncode == 0
    assert "theme = dark" in ended.stdout.splitlines()
    assert "thme" in ended.stderr


def test_what_stands_in_the_file_cannot_drive_the_terminal(
    run_mlxtui: RunCommand,
) -> None:
    text = '"\\u001b]0;x\\u0007" = 1\nmodel = "\\u009b31m"\n'
    paths.write_atomically(paths.settings_file(), text)
    ended = run_mlxtui("config", "show")
    for character in "\x1b\x07\x9b":
        assert character not in ended.stdout + ended.stderr


def test_the_folders_are_shown(run_mlxtui: RunCommand) -> None:
    shown = _output(run_mlxtui("config", "path"))
    places = [line.split("\t")[1] for line in shown.splitlines()]
    assert places == [
        str(paths.settings_file()), str(paths.data_dir()), str(paths.cache_dir()),
        str(paths.log_file()),
    ]  # fmt: skip


# Setup without a terminal


def test_piped_answers_are_saved(tmp_path: Path, run_mlxtui: RunCommand) -> None:
    folder = tmp_path / "models"
    ended = run_mlxtui("config", "setup", stdin=f"en\n{folder}\nctrl+s\n")
    assert str(paths.settings_file()) in _output(ended)
    assert _saved() == {
        "language": "en", "models_folder": str(folder), "send_key": "ctrl+s",
        "setup_done": True,
    }  # fmt: skip


def test_where_piped_answers_end_the_values_in_brackets_are_taken(
    run_mlxtui: RunCommand,
) -> None:
    _output(run_mlxtui("config", "setup", stdin=""))
    assert _saved() == {"language": "en", "send_key": "enter", "setup_done": True}


def test_a_japanese_locale_is_offered_japanese_and_ctrl_s(
    run_mlxtui: RunCommand,
) -> None:
    _output(run_mlxtui("config", "setup", stdin="\n\n\n", LANG="ja_JP.UTF-8"))
    assert (_saved()["language"], _saved()["send_key"]) == ("ja", "ctrl+s")


def test_options_answer_their_questions(tmp_path: Path, run_mlxtui: RunCommand) -> None:
    shown = _output(
        run_mlxtui(
            "config", "setup", "--language", "en", "--models-folder", str(tmp_path),
            "--send-key", "ctrl+s",
        )
    )  # fmt: skip
    assert len(shown.splitlines()) == 1
    assert (_saved()["models_folder"], _saved()["send_key"]) == (
        str(tmp_path), "ctrl+s"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "piped", "code"),
    [
        ([], "en\nrelative/folder\n", 1),
        ([], "fr\n", 1),
        (["--models-folder", __file__], "", 1),
        (["--language", "fr"], "", 2),
    ],
)
def test_a_wrong_answer_that_nobody_can_mend_is_an_error(
    arguments: list[str], piped: str, code: int, run_mlxtui: RunCommand
) -> None:
    ended = run_mlxtui("config", "setup", *arguments, stdin=piped)
    assert ended.returncode == code
    assert ended.stderr.startswith("Error: ")
    assert _saved() == {}


def test_what_a_variable_says_is_not_asked(run_mlxtui: RunCommand) -> None:
    shown = _output(run_mlxtui("config", "setup", stdin="", MLXTUI_SEND_KEY="ctrl+s"))
    assert "MLXTUI_SEND_KEY" in shown
    assert "send_key" not in _saved()


# Setup in a terminal


@pytest.fixture
def ask_setup(
    command_environment: dict[str, str],
) -> Iterator[Callable[[], "pexpect.spawn[str]"]]:
    """Starts `mlxtui config setup` in a terminal."""
    started: list[pexpect.spawn[str]] = []

    def ask() -> "pexpect.spawn[str]":
        started.append(
            pexpect.spawn(
                sys.executable, ["-m", "mlxtui", "config", "setup"],
                env=command_environment, encoding="utf-8", timeout=30,
            )
        )  # fmt: skip
        return started[-1]

    yield ask
    for terminal in started:
        terminal.close(force=True)


def _exit_code(terminal: "pexpect.spawn[str]") -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.wait()
    return terminal.exitstatus


def test_a_bad_answer_is_asked_again_with_the_reason(
    ask_setup: Callable[[], "pexpect.spawn[str]"],
) -> None:
    terminal = ask_setup()
    terminal.expect_exact("(en, ja) [en]: ")
    terminal.sendline("fr")
    terminal.expect_exact("language cannot be fr")
    terminal.expect_exact("(en, ja) [en]: ")
    terminal.sendline("")
    terminal.expect_exact("/models]: ")
    terminal.sendline(__file__)
    terminal.expect_exact("is a file, not a folder.")
    terminal.sendline("")
    terminal.expect_exact("(enter, ctrl+s) [enter]: ")
    terminal.sendline("")
    assert _exit_code(terminal) == 0
    assert _saved() == {"language": "en", "send_key": "enter", "setup_done": True}


@pytest.mark.parametrize("key", [_CTRL_C, _CTRL_D], ids=["Ctrl+C", "Ctrl+D"])
def test_leaving_in_the_middle_changes_nothing(
    key: str, ask_setup: Callable[[], "pexpect.spawn[str]"]
) -> None:
    terminal = ask_setup()
    terminal.expect_exact("(en, ja) [en]: ")
    terminal.sendline("en")
    terminal.expect_exact("/models]: ")
    terminal.send(key)
    assert _exit_code(terminal) == 130
    assert isinstance(terminal.before, str)
    said = terminal.before.replace("^C", "").strip()
    assert said == "Nothing was changed."
    assert _saved() == {}
