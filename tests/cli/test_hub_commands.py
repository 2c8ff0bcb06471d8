"""`search`, `pull`, `convert`, `quantize`, `cp`, `mv`, `rm`, in processes of their own,
with a hub on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
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


def test_search_prints_what_the_hub_has(hub: HubServer, run_mlxtui: RunCommand) -> None:
    ended = run_mlxtui("search", "tiny")
    assert ended.returncode == 0, ended.stderr
    header, line = ended.stdout.splitlines()
    assert header.split()[0] == "Model"
    assert line.split()[0] == "mlx-community/tiny"
    (found,) = json.loads(run_mlxtui("search", "tiny", "--json").stdout)
    assert found["repo_id"] == "mlx-community/tiny"
    assert found["downloads"] == 70


def test_search_without_words_recommends(
    hub: HubServer, run_mlxtui: RunCommand
) -> None:
    listed = json.loads(run_mlxtui("search", "--json").stdout)
    assert listed
    assert {one["fit"] for one in listed} <= {"fits", "tight", "too-big"}


def test_show_describes_what_is_not_here_yet(
    hub: HubServer, run_mlxtui: RunCommand
) -> None:
    shown = json.loads(run_mlxtui("show", "mlx-community/tiny", "--json").stdout)
    assert shown["source"] == "hub"
    assert shown["architecture"] == "llama"
    assert shown["fetch_bytes"] > 0
    assert {need["fit"] for need in shown["memory"]} == {"fits"}
    text = run_mlxtui("show", "mlx-community/tiny")
    assert "model.safetensors" in text.stdout


def test_pull_ends_with_a_model_that_is_listed(
    hub: HubServer, run_mlxtui: RunCommand
) -> None:
    *reports, result = _json_lines(run_mlxtui("pull", "mlx-community/tiny", "--json"))
    assert {"download", "verify", "try"} >= {one["stage"] for one in reports}
    assert result["name"] == "mlx-community/tiny"
    assert Path(result["path"], "model.safetensors").is_file()
    listed = json.loads(run_mlxtui("list", "--json").stdout)
    assert [one["name"] for one in listed] == ["guide", "mlx-community/tiny"]
    again = run_mlxtui("pull", "mlx-community/tiny")
    assert again.returncode == 0, again.stderr
    assert "0 B in" in again.stderr
    assert "download" not in again.stderr


def test_pull_quantizes_and_says_what_it_cost(
    hub: HubServer, run_mlxtui: RunCommand
) -> None:
    ended = run_mlxtui("pull", "mlx-community/tiny", "--quantize", "4", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "tiny-4bit"
    assert 4 < result["bits_per_weight"] < 6
    assert result["perplexity"] > result["source_perplexity"] * 0.9
    assert result["mean_kl_divergence"] > 0
    shown = run_mlxtui("show", "tiny-4bit")
    assert "mlx-community/tiny@" in shown.stdout
    assert "Perplexity" in shown.stdout


def test_quantize_names_the_layers_that_stay_float(run_mlxtui: RunCommand) -> None:
    write_model(paths.models_dir() / "odd", intermediate_size=172)
    ended = run_mlxtui("quantize", "odd", "--bits", "8", "--no-measure", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "odd-8bit"
    assert any("down_proj" in layer for layer in result["kept_in_float"])
    assert result["perplexity"] is None


def test_convert_takes_a_folder(tmp_path: Path, run_mlxtui: RunCommand) -> None:
    write_model(tmp_path / "some-model")
    ended = run_mlxtui("convert", "./some-model", "--dtype", "bfloat16", "--json")
    result = _json_lines(ended)[-1]
    assert result["name"] == "some-model-bf16"
    answered = run_mlxtui("run", "some-model-bf16", "Hello", "--max-tokens", "3")
    assert answered.returncode == 0, answered.stderr


def test_what_cannot_be_fetched_is_said_in_two_lines(
    hub: HubServer, run_mlxtui: RunCommand, tmp_path: Path
) -> None:
    _assert_refused(run_mlxtui("pull", "owner/gated"), f"{hub.endpoint}/owner/gated")
    _assert_refused(run_mlxtui("pull", "owner/nothing"), "owner/nothing")
    _assert_refused(run_mlxtui("pull", "owner/pickled"), "owner/pickled")
    _assert_refused(
        run_mlxtui("pull", "apple/mlx-community/X"), "Did you mean mlx-community/X?"
    )
    _assert_refused(run_mlxtui("quantize", "nothing"), "nothing")
    _assert_refused(run_mlxtui("convert", str(tmp_path / "nowhere")), "nowhere")
    _assert_refused(
        run_mlxtui("quantize", "guide", "--bits", "7"), "2, 3, 4, 5, 6, 8"
    )
    _assert_refused(run_mlxtui("pull", "a/b", MLXTUI_OFFLINE="on"), "switched off")


def test_options_that_exclude_each_other_are_refused(run_mlxtui: RunCommand) -> None:
    ended = run_mlxtui("quantize", "guide", "--bits", "4", "--mixed", "mixed_3_6")
    _assert_refused(ended, "exclude each other")


def test_copies_names_and_removals(run_mlxtui: RunCommand) -> None:
    folder = write_model(paths.models_dir() / "first")
    copied = run_mlxtui("cp", "first", "second")
    assert copied.stdout.strip() == str(paths.models_dir() / "second")
    renamed = run_mlxtui("mv", "second", "third")
    assert renamed.returncode == 0, renamed.stderr
    removed = run_mlxtui("rm", "first")
    assert removed.returncode == 0, removed.stderr
    assert "third" in removed.stderr
    assert not folder.exists()
    _assert_refused(run_mlxtui("rm", "guide"), "guide")


def test_ctrl_c_stops_a_pull_and_the_same_command_goes_on(
    hub: HubServer,
    run_mlxtui: RunCommand,
    command_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    big = write_model(tmp_path / "big", hidden_size=512, intermediate_size=2048)
    size_bytes = (big / "model.safetensors").stat().st_size
    hub.add("owner/big", _contents(big))
    hub.throttle(size_bytes / 5)
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
        if report["stage"] == "download" and report["done"] > size_bytes / 4:
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
