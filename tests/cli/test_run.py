"""`mlxtui run` in a process of its own: what scripts, pipes and terminals get."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from tokenizers import Tokenizer

from mlxtui import paths
from mlxtui.sampling import RANGES
from tests.conftest import RunCommand
from tests.data import SHARED, STORIES, needs_shared_data
from tests.models import THINKING_TEMPLATE, write_model

# DESIGN.md, part 7.
_STATISTICS = {
    "prompt_tokens", "cached_tokens", "generated_tokens",
    "time_to_first_token_seconds", "prefill_tokens_per_second",
    "generation_tokens_per_second", "peak_memory_bytes", "finish_reason",
}  # fmt: skip

_GREEDY = ("--temperature", "0")
_SHORT = ("--max-tokens", "8")

# How the command takes its progress line off a terminal.
_CLEAR_LINE = "\r\x1b[2K"

_TERMINAL_SECONDS = 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with room for an answer that does not end by itself."""
    return write_model(
        tmp_path_factory.mktemp("models") / "tiny", max_position_embeddings=10**6
    )


def _answer(ended: "subprocess.CompletedProcess[str]") -> str:
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def _statistics(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    statistics: dict[str, Any] = json.loads(ended.stderr)
    return statistics


def _tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _only(token_id: int) -> tuple[str, ...]:
    """Options that leave the model no other token."""
    return (*_GREEDY, "--logit-bias", f"{token_id}=100")


def _endless(folder: Path) -> tuple[str, ...]:
    """Options under which an answer goes on until somebody stops it."""
    config = json.loads((folder / "config.json").read_text())
    return (*_GREEDY, "--logit-bias", f"{config['eos_token_id']}=-100")


def _assert_error(
    ended: "subprocess.CompletedProcess[str]", code: int, *named: str
) -> None:
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    assert len(ended.stderr.splitlines()) in (1, 2), ended.stderr
    for text in named:
        assert text in ended.stderr


def test_only_the_answer_is_on_standard_output(
    model: Path, run_mlxtui: RunCommand
) -> None:
    answer = _answer(run_mlxtui("run", str(model), "Hello", *_GREEDY, *_SHORT))
    assert answer.strip()
    assert answer.endswith("\n")


def test_a_model_is_taken_by_its_name(tmp_path: Path, run_mlxtui: RunCommand) -> None:
    write_model(paths.models_dir() / "owner" / "small")
    by_alias = _answer(run_mlxtui("run", "SMALL:latest", "Hello", *_GREEDY, *_SHORT))
    folder = f"./{(paths.models_dir() / 'owner' / 'small').relative_to(tmp_path)}"
    assert _answer(run_mlxtui("run", folder, "Hello", *_GREEDY, *_SHORT)) == by_alias


def test_statistics_are_one_json_line_on_standard_error(
    model: Path, run_mlxtui: RunCommand
) -> None:
    ended = run_mlxtui("run", str(model), "Hello", *_endless(model), *_SHORT, "--stats")
    statistics = _statistics(ended)
    assert set(statistics) == _STATISTICS
    # The prompt's words, and what the template puts around them.
    assert statistics["prompt_tokens"] > len(_tokenizer(model).encode("Hello").ids)
    assert statistics["cached_tokens"] == 0
    assert statistics["generated_tokens"] == int(_SHORT[1])
    assert statistics["finish_reason"] == "length"
    assert statistics["peak_memory_bytes"] > 0
    for name in _STATISTICS - {"finish_reason", "cached_tokens"}:
        assert statistics[name] > 0, name


@needs_shared_data
def test_a_trained_model_begins_its_story(run_mlxtui: RunCommand) -> None:
    facts = (SHARED / "README.md").read_text(encoding="utf-8")
    told = re.search(r'stories260K, empty prompt .*? begins: "(.+?)" ', facts)
    assert told
    ended = run_mlxtui("run", str(STORIES), "--raw", *_GREEDY, "--max-tokens", "150")
    assert _answer(ended).startswith(told[1])


@needs_shared_data
def test_a_story_goes_on_where_the_prompt_ends(run_mlxtui: RunCommand) -> None:
    prompt = "One day, a little boy"
    asked = ("--raw", *_GREEDY, "--max-tokens", "12")
    continued = _answer(run_mlxtui("run", str(STORIES), prompt, *asked))
    assert continued.startswith(" ")
    assert not continued.endswith("\n")


@needs_shared_data
def test_the_answer_ends_before_a_stop_text(run_mlxtui: RunCommand) -> None:
    asked = ("run", str(STORIES), "--raw", *_GREEDY, "--max-tokens", "40")
    whole = _answer(run_mlxtui(*asked))
    stop = whole.split()[5]
    ended = run_mlxtui(*asked, "--stop", "never said", "--stop", stop, "--stats")
    assert ended.stdout == whole[: whole.index(stop)]
    assert _statistics(ended)["finish_reason"] == "stop"


def test_the_same_seed_gives_the_same_answer(
    model: Path, run_mlxtui: RunCommand
) -> None:
    def answer(seed: int) -> str:
        options = ("--temperature", "1", "--seed", str(seed), "--max-tokens", "20")
        return _answer(run_mlxtui("run", str(model), "Hello", *options))

    assert answer(7) == answer(7) != answer(8)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("beyond", ["low", "high"])
def test_a_parameter_beyond_its_range_is_refused_with_name_and_range(
    name: str, beyond: str, run_mlxtui: RunCommand
) -> None:
    allowed = RANGES[name]
    value = allowed.low - 1 if beyond == "low" else allowed.high + 1
    option = f"--{name.replace('_', '-')}"
    ended = run_mlxtui("run", "no-such-model", "Hello", option, str(value))
    _assert_error(ended, 1, name, str(value), str(allowed))


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--temperature", "nan", "temperature"),
        ("--top-p", "inf", "top_p"),
        ("--top-k", "1" + "0" * 400, "top_k"),
        ("--stop", "", "stop"),
        ("--logit-bias", "7=101", "logit_bias"),
        ("--logit-bias", "7=nan", "logit_bias"),
    ],
    ids=["not a number", "infinite", "too large", "no text", "bias", "bias no number"],
)
def test_a_value_without_sense_is_refused(
    option: str, value: str, named: str, run_mlxtui: RunCommand
) -> None:
    _assert_error(run_mlxtui("run", "guide", "Hello", option, value), 1, named)


def test_standard_input_is_put_below_the_prompt(
    model: Path, run_mlxtui: RunCommand
) -> None:
    asked = ("--raw", *_GREEDY, *_SHORT, "--stats")
    joined = run_mlxtui("run", str(model), "Sum up:", *asked, stdin="日本語\nfox\n")
    given = run_mlxtui("run", str(model), "Sum up:\n\n日本語\nfox", *asked)
    piped = run_mlxtui("run", str(model), *asked, stdin="Sum up:\n\n日本語\nfox")
    assert joined.stdout == given.stdout == piped.stdout
    counted = [_statistics(ended)["prompt_tokens"] for ended in (joined, given, piped)]
    assert len(set(counted)) == 1


@pytest.mark.parametrize("prompt", [[], [""], ["  "]], ids=["none", "empty", "blank"])
def test_an_empty_message_is_refused_with_a_hint(
    prompt: list[str], model: Path, run_mlxtui: RunCommand
) -> None:
    ended = run_mlxtui("run", str(model), *prompt)
    _assert_error(ended, 1, "empty")
    assert len(ended.stderr.splitlines()) == 2


def test_bytes_that_are_no_text_do_not_end_the_command(
    model: Path, run_mlxtui: RunCommand
) -> None:
    for arguments, stdin in ((["a\udcffb"], ""), ([], "a\udcffb")):
        ended = run_mlxtui("run", str(model), *arguments, *_SHORT, stdin=stdin)
        assert (ended.returncode, ended.stderr) == (0, "")


def test_japanese_goes_in_and_comes_out_whole(
    model: Path, run_mlxtui: RunCommand
) -> None:
    tokenizer = _tokenizer(model)
    japanese = {
        token_id: text
        for token_id in range(tokenizer.get_vocab_size())
        if "語" in (text := tokenizer.decode([token_id])) and "\ufffd" not in text
    }
    token_id, text = next(iter(japanese.items()))
    ended = run_mlxtui("run", str(model), "東京", *_only(token_id), *_SHORT, "--raw")
    assert _answer(ended) == text * int(_SHORT[1])


def test_reasoning_is_not_on_standard_output(
    tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    folder = write_model(tmp_path / "thinker", chat_template=THINKING_TEMPLATE)
    (think,) = _tokenizer(folder).encode("<think>").ids
    ended = run_mlxtui("run", str(folder), "Why?", *_only(think), *_SHORT)
    assert _answer(ended).strip() == ""


def test_a_system_prompt_is_read_too(model: Path, run_mlxtui: RunCommand) -> None:
    asked = ("run", str(model), "Hello", *_SHORT, "--stats")
    plain = _statistics(run_mlxtui(*asked))
    with_system = _statistics(run_mlxtui(*asked, "--system", "Be brief."))
    added = len(_tokenizer(model).encode("Be brief.").ids)
    assert with_system["prompt_tokens"] >= plain["prompt_tokens"] + added


def _begin(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "mlxtui", "run", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def test_an_interrupt_stops_the_answer_and_keeps_what_was_written(
    model: Path, run_mlxtui: RunCommand, command_environment: dict[str, str]
) -> None:
    asked = (str(model), "Hello", "--raw", *_endless(model))
    whole = _answer(run_mlxtui("run", *asked, "--max-tokens", "100")).encode()
    with _begin(command_environment, *asked, "--stats") as running:
        assert running.stdout
        first = running.stdout.read(len(whole))
        running.send_signal(signal.SIGINT)
        _rest, complaints = running.communicate()
    assert running.returncode == 130
    assert first == whole
    assert json.loads(complaints)["finish_reason"] == "cancelled"


def test_a_reader_that_has_gone_ends_the_answer_quietly(
    model: Path, command_environment: dict[str, str]
) -> None:
    with _begin(command_environment, str(model), "Hi", *_endless(model)) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.read(1)
        running.stdout.close()
        complaints = running.stderr.read()
    assert complaints == b""
    assert running.returncode != 0


def test_an_unknown_model_is_named_with_a_hint(run_mlxtui: RunCommand) -> None:
    ended = run_mlxtui("run", "no-such-model", "Hello")
    _assert_error(ended, 1, "no-such-model", "mlxtui list")


def test_a_damaged_model_is_named_with_a_hint(
    tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    folder = write_model(tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    ended = run_mlxtui("run", str(folder), "Hello")
    _assert_error(ended, 1, f"{folder}: {weights.name}")
    assert len(ended.stderr.splitlines()) == 2


def test_weights_that_do_not_fit_the_config_are_an_error_with_a_hint(
    tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    folder = write_model(tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text())
    config["hidden_size"] *= 2
    (folder / "config.json").write_text(json.dumps(config))
    ended = run_mlxtui("run", str(folder), "Hello")
    _assert_error(ended, 1, str(folder))
    assert len(ended.stderr.splitlines()) == 2


def test_an_architecture_whose_code_cannot_run_here_is_an_error_with_a_hint(
    tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    folder = write_model(tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text())
    # mlx-lm's code for it ends the whole process where a package of its own is missing.
    config["model_type"] = "olmo"
    (folder / "config.json").write_text(json.dumps(config))
    ended = run_mlxtui("run", str(folder), "Hello")
    _assert_error(ended, 1, "olmo")


def _on_terminal(environment: dict[str, str], *arguments: str) -> "pexpect.spawn[str]":
    return pexpect.spawn(
        sys.executable,
        ["-m", "mlxtui", "run", *arguments],
        env=os.environ | environment,
        encoding="utf-8",
        timeout=_TERMINAL_SECONDS,
        dimensions=(24, 200),
    )


def _until_end(terminal: "pexpect.spawn[str]") -> tuple[str, int | None]:
    terminal.expect(pexpect.EOF)
    text = str(terminal.before)
    terminal.close()
    return text, terminal.exitstatus


def test_escapes_reach_a_program_as_they_are_and_a_terminal_as_pictures(
    model: Path, run_mlxtui: RunCommand, command_environment: dict[str, str]
) -> None:
    escape, *others = _tokenizer(model).encode("\x1b").ids
    assert not others
    asked = (str(model), "Hello", *_only(escape), *_SHORT, "--raw")
    count = int(_SHORT[1])
    assert _answer(run_mlxtui("run", *asked)) == "\x1b" * count

    shown, exit_code = _until_end(_on_terminal(command_environment, *asked))
    assert exit_code == 0
    assert "\N{SYMBOL FOR ESCAPE}" * count in shown
    assert "\x1b" not in shown.replace(_CLEAR_LINE, "")


def test_an_error_on_a_terminal_is_harmless_too(
    tmp_path: Path, command_environment: dict[str, str]
) -> None:
    config = {"model_type": "evil\x1b[2J\x1b]0;title\x07"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    asked = (str(tmp_path), "Hello")
    shown, exit_code = _until_end(_on_terminal(command_environment, *asked))
    assert exit_code == 1
    assert "evil" in shown
    assert "\x1b" not in shown.replace(_CLEAR_LINE, "")


def test_an_error_on_a_terminal_takes_the_place_of_the_progress(
    tmp_path: Path, command_environment: dict[str, str]
) -> None:
    asked = (str(tmp_path), "Hello")
    shown, exit_code = _until_end(_on_terminal(command_environment, *asked))
    assert exit_code == 1
    *_progress, error = shown.split(_CLEAR_LINE)
    assert error.startswith("Error: ")


@needs_shared_data
def test_an_empty_prompt_on_a_terminal_begins_a_new_text(
    run_mlxtui: RunCommand, command_environment: dict[str, str]
) -> None:
    asked = (str(STORIES), "", "--raw", *_GREEDY, *_SHORT)
    told = _answer(run_mlxtui("run", *asked))
    shown, exit_code = _until_end(_on_terminal(command_environment, *asked))
    assert exit_code == 0
    assert told in shown


def test_without_a_prompt_a_terminal_chats_line_by_line(
    model: Path, command_environment: dict[str, str]
) -> None:
    (letter,) = _tokenizer(model).encode("o").ids
    terminal = _on_terminal(command_environment, str(model), *_only(letter), *_SHORT)
    for question in ("Hi", "日本語"):
        terminal.expect_exact("> ")
        terminal.sendline(question)
        terminal.expect_exact("o" * int(_SHORT[1]))
    terminal.expect_exact("> ")
    terminal.sendline("/bye")
    _shown, exit_code = _until_end(terminal)
    assert exit_code == 0


def test_the_end_of_input_leaves_the_chat(
    model: Path, command_environment: dict[str, str]
) -> None:
    terminal = _on_terminal(command_environment, str(model))
    terminal.expect_exact("> ")
    terminal.sendeof()
    _shown, exit_code = _until_end(terminal)
    assert exit_code == 0


def test_an_interrupt_in_a_chat_stops_the_answer_and_not_the_chat(
    model: Path, command_environment: dict[str, str]
) -> None:
    (letter,) = _tokenizer(model).encode("o").ids
    terminal = _on_terminal(command_environment, str(model), *_only(letter))
    terminal.expect_exact("> ")
    terminal.sendline("Hi")
    terminal.expect_exact("o" * 10)
    terminal.sendintr()
    terminal.expect_exact("\n> ")
    terminal.sendline("/bye")
    _shown, exit_code = _until_end(terminal)
    assert exit_code == 0


def test_an_interrupt_while_the_model_loads_is_an_interrupt(
    model: Path, command_environment: dict[str, str]
) -> None:
    terminal = _on_terminal(command_environment, str(model), "Hello")
    terminal.expect_exact("Loading the model")
    terminal.sendintr()
    shown, exit_code = _until_end(terminal)
    assert "Traceback" not in shown
    assert exit_code == 130
