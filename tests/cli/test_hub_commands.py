"""`search`, `show`, `pull`, `convert`, `quantize`, `cp`, `mv`, `rm`, with a hub on this
machine: in this process, where MLX is loaded once, and at a terminal where it counts.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from mlxtui import paths, settings
from tests.conftest import RunCommand
from tests.hub_server import HubServer
from tests.models import write_model


def _contents(folder: Path) -> dict[str, Any]:
    return {file.name: file for file in folder.iterdir()}


@pytest.fixture
def hub(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command_environment: dict[str, str],
) -> Iterator[HubServer]:
    """A hub with an MLX model and what cannot be one."""
    with HubServer() as server:
        model = write_model(tmp_path / "made" / "tiny", hidden_size=128)
        server.add("mlx-community/tiny", _contents(model), downloads=70)
        server.add("owner/gated", _contents(model), gated="auto")
        server.add(
            "owner/pickled",
            {"config.json": model / "config.json", "pytorch_model.bin": b"\x80\x02"},
        )
        monkeypatch.setenv(settings.variable("hub_endpoint"), server.endpoint)
        # A child takes the environment as it was when its fixture was made.
        command_environment["HF_ENDPOINT"] = server.endpoint
        yield server


def _json_lines(ended: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def _assert_refused(ended: "subprocess.CompletedProcess[str]", *named: str) -> None:
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("Error: ")
    assert len(ended.stderr.splitlines()) == 2, ended.stderr
    for text in named:
        assert text in ended.stderr


def test_search_prints_what_the_hub_has(hub: HubServer, run_here: RunCommand) -> None:
    ended = run_here("search", "tiny")
    assert ended.returncode == 0, ended.stderr
    header, line = ended.stdout.splitlines()
    assert header.split()[0] == "Model"
    assert line.split()[0] == "mlx-community/tiny"
    (found,) = json.loads(run_here("search", "tiny", "--json").stdout)
    assert found["repo_id"] == "mlx-community/tiny"
    assert found["downloads"] == 70


def test_search_without_words_recommends(hub: HubServer, run_here: RunCommand) -> None:
    listed = json.loads(run_here("search", "--json").stdout)
    assert listed
    assert {one["fit"] for one in listed} <= {"fits", "tight", "too-big"}


def test_show_describes_what_is_not_here_yet(
    hub: HubServer, run_here: RunCommand
) -> None:
    shown = json.loads(run_here("show", "mlx-community/tiny", "--json").stdout)
    assert shown["source"] == "hub"
    assert shown["architecture"] == "llama"
    assert shown["fetch_bytes"] > 0
    assert {need["fit"] for need in shown["memory"]} == {"fits"}
    pasted = run_here("show", f"{hub.endpoint}/mlx-community/tiny/tree/main")
    assert "model.safetensors" in pasted.stdout, pasted.stderr
    _assert_refused(run_here("show", "https://github.com/a/b"), "not Hugging Face")


def test_pull_ends_with_a_model_that_is_listed(
    hub: HubServer, run_here: RunCommand
) -> None:
    *reports, result = _json_lines(run_here("pull", "mlx-community/tiny", "--json"))
    assert {"download", "verify", "try"} >= {one["stage"] for one in reports}
    assert result["name"] == "mlx-community/tiny"
    assert Path(result["path"], "model.safetensors").is_file()
    listed = json.loads(run_here("list", "--json").stdout)
    assert [one["name"] for one in listed] == ["guide", "mlx-community/tiny"]
    again = run_here("pull", "mlx-community/tiny")
    assert again.returncode == 0, again.stderr
    assert "all of it is here" in again.stderr
    assert "download" not in again.stderr


def test_pull_quantizes_and_says_what_it_cost(
    hub: HubServer, run_here: RunCommand
) -> None:
    ended = run_here("pull", "mlx-community/tiny", "--quantize", "4", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "tiny-4bit"
    assert 4 < result["bits_per_weight"] < 6
    assert result["perplexity"] > result["source_perplexity"] * 0.9
    assert result["mean_kl_divergence"] > 0
    shown = run_here("show", "tiny-4bit")
    assert "mlx-community/tiny@" in shown.stdout
    assert "4-bit group 64" in shown.stdout
    assert "Perplexity" in shown.stdout


def test_quantize_names_the_layers_that_stay_float(run_here: RunCommand) -> None:
    write_model(paths.models_dir() / "odd", intermediate_size=172)
    ended = run_here("quantize", "odd", "--bits", "8", "--no-measure", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "odd-8bit"
    assert any("down_proj" in layer for layer in result["kept_in_float"])
    assert result["perplexity"] is None


def test_convert_takes_a_folder(tmp_path: Path, run_here: RunCommand) -> None:
    write_model(tmp_path / "some-model")
    ended = run_here("convert", "./some-model", "--dtype", "bfloat16", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "some-model-bf16"
    answered = run_here("run", "some-model-bf16", "Hello", "--max-tokens", "3")
    assert answered.returncode == 0, answered.stderr


def test_quantizing_a_download_is_called_after_its_repository(
    hub: HubServer, run_here: RunCommand
) -> None:
    hub.add("owner/Other", _contents(write_model(paths.models_dir().parent / "o")))
    _json_lines(run_here("pull", "owner/Other", "--json"))
    ended = run_here("quantize", "Other", "--no-measure")
    assert ended.returncode == 0, ended.stderr
    source = next(line for line in ended.stderr.splitlines() if "Source" in line)
    assert source.split() == ["Source", "owner/Other"]
    assert "Other-4bit is ready" in ended.stderr
    assert "/snapshots/" not in ended.stderr


def test_a_revision_is_fetched_beside_main(
    hub: HubServer, run_here: RunCommand
) -> None:
    hub.add("owner/two", _contents(write_model(paths.models_dir().parent / "t")))
    first = hub.repository("owner/two").revisions["main"]
    hub.add("owner/two", {"LICENSE": b"MIT"})
    _json_lines(run_here("pull", "owner/two", "--json"))
    result = _json_lines(run_here("pull", f"owner/two@{first}", "--json"))[-1]
    assert Path(result["path"]).name == first
    assert result["name"] == f"owner/two@{first[:8]}"


def test_an_upload_that_cannot_be_is_refused_before_anything_is_made(
    hub: HubServer, run_here: RunCommand
) -> None:
    def convert(address: str) -> "subprocess.CompletedProcess[str]":
        return run_here("convert", "guide", "--name", "mine", "--upload", address)

    _assert_refused(convert("me/mine"), "access token")
    _assert_refused(convert("a/b/c"), "a/b/c")
    assert not (paths.models_dir() / "mine").exists()


def test_what_is_quantized_again_is_told_that_it_loses(run_here: RunCommand) -> None:
    ended = run_here("quantize", "guide", "--bits", "2", "--no-measure")
    assert ended.returncode == 0, ended.stderr
    assert "quantized again" in ended.stderr


def test_convert_takes_a_pasted_address(hub: HubServer, run_here: RunCommand) -> None:
    page = f"{hub.endpoint}/mlx-community/tiny/tree/main"
    assert _json_lines(run_here("convert", page, "--json"))[-1]["name"] == "tiny"


def test_what_cannot_be_fetched_is_said_in_two_lines(
    hub: HubServer, run_here: RunCommand, tmp_path: Path
) -> None:
    _assert_refused(run_here("pull", "owner/gated"), f"{hub.endpoint}/owner/gated")
    _assert_refused(run_here("pull", "owner/nothing"), "owner/nothing")
    _assert_refused(run_here("pull", "owner/pickled"), "owner/pickled")
    _assert_refused(
        run_here("pull", "apple/mlx-community/X"), "Did you mean mlx-community/X?"
    )
    _assert_refused(run_here("quantize", "nothing"), "nothing")
    _assert_refused(run_here("pull", "./folder"), "mlxtui convert")
    _assert_refused(run_here("convert", str(tmp_path / "nowhere")), "nowhere")
    _assert_refused(run_here("quantize", "guide", "--bits", "7"), "2, 3, 4, 5, 6, 8")
    _assert_refused(run_here("pull", "a/b", MLXTUI_OFFLINE="on"), "switched off")


def test_options_that_exclude_each_other_are_refused(run_here: RunCommand) -> None:
    ended = run_here("quantize", "guide", "--bits", "4", "--mixed", "mixed_3_6")
    _assert_refused(ended, "exclude each other")
    ended = run_here("quantize", "guide", "--bits", "4", "--dequantize")
    _assert_refused(ended, "exclude each other")


def test_copies_names_and_removals(run_here: RunCommand) -> None:
    folder = write_model(paths.models_dir() / "first")
    copied = run_here("cp", "first", "second")
    assert copied.stdout.strip() == str(paths.models_dir() / "second")
    renamed = run_here("mv", "second", "third")
    assert renamed.returncode == 0, renamed.stderr
    removed = run_here("rm", "first")
    assert removed.returncode == 0, removed.stderr
    assert "third" in removed.stderr
    assert not folder.exists()
    _assert_refused(run_here("rm", "guide"), "guide")


@pytest.mark.parametrize(
    ("answer", "code"), [("n\r", 1), ("\r", 1), ("\x03", 130), ("y\r", 0)]
)
def test_a_removal_is_asked_for_at_a_terminal(
    command_environment: dict[str, str], answer: str, code: int
) -> None:
    folder = write_model(paths.models_dir() / "first")
    arguments = ["-m", "mlxtui", "rm", "first"]
    terminal: Any = pexpect.spawn(
        sys.executable, arguments, env=command_environment, timeout=40
    )
    terminal.expect(r"Remove first\?")
    terminal.send(answer)
    terminal.expect(pexpect.EOF)
    assert terminal.before.endswith(b"\n")
    terminal.close()
    assert terminal.exitstatus == code
    assert folder.exists() == (code != 0)


def test_ctrl_c_ends_a_pull_at_its_question(
    hub: HubServer, command_environment: dict[str, str]
) -> None:
    arguments = ["-m", "mlxtui", "pull", "mlx-community/tiny"]
    terminal: Any = pexpect.spawn(
        sys.executable, arguments, env=command_environment, timeout=40
    )
    terminal.expect(r"Do this\?")
    terminal.send("\x03")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert not Path(os.environ["HF_HUB_CACHE"]).exists()


def test_ctrl_c_stops_a_pull_and_the_same_command_goes_on(
    hub: HubServer,
    run_mlxtui: RunCommand,
    command_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    big = write_model(tmp_path / "big", hidden_size=512, intermediate_size=2048)
    size_bytes = (big / "model.safetensors").stat().st_size
    hub.add("owner/big", _contents(big))
    hub.throttle(size_bytes / 3)
    pull = subprocess.Popen(
        [sys.executable, "-m", "mlxtui", "pull", "owner/big", "--json"],
        env=command_environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert pull.stdout is not None
    for line in pull.stdout:
        report = json.loads(line)
        if report["stage"] == "download" and report["done"] > size_bytes / 8:
            break
    os.kill(pull.pid, signal.SIGINT)
    _rest, message = pull.communicate(timeout=30)
    assert pull.returncode == 130, message
    assert "goes on" in message
    hub.throttle(None)
    ended = run_mlxtui("pull", "owner/big")
    assert ended.returncode == 0, ended.stderr
    # What plans read of the header is counted, too.
    assert hub.bytes_sent("owner/big/model.safetensors") < size_bytes * 1.2
