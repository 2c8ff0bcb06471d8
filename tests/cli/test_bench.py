"""`mlxtui bench`: real measurements of small models, and what they are compared to."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pexpect
import pytest
from click.testing import CliRunner, Result

import mlxtui
from mlxtui import i18n
from mlxtui.backend.commands import Generate
from mlxtui.backend.events import GenerationFinished
from mlxtui.backend.job_commands import Command
from mlxtui.backend.job_events import Event
from mlxtui.cli import bench, chips
from mlxtui.cli.session import Session
from mlxtui.errors import MlxTuiError
from mlxtui.types import GenerationStats, LoadedModel
from tests.models import write_model

_KEYS = {
    "name", "prefill_tokens_per_second", "generation_tokens_per_second",
    "time_to_first_token_seconds", "peak_memory_bytes", "bandwidth_share", "rounds",
}  # fmt: skip

_CHECKOUT = str(Path(mlxtui.__file__).parents[1])

_STATS = GenerationStats(
    prompt_tokens=512,
    cached_tokens=0,
    generated_tokens=128,
    time_to_first_token_seconds=0.5,
    prefill_tokens_per_second=1000,
    generation_tokens_per_second=50,
    peak_memory_bytes=3_000_000_000,
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without settings, in English, that is no Mac."""
    monkeypatch.setenv("MLXTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(chips, "sysctl", lambda _name: "")
    monkeypatch.setattr(bench, "log_to_file", lambda: None)
    i18n.set_language("en")


@pytest.fixture
def requests(
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[Generate, GenerationStats]]:
    """What was asked of the engine, and what it cost."""
    seen: list[tuple[Generate, GenerationStats]] = []
    events = Session.events

    def spy(self: Session, command: Command) -> Iterator[Event]:
        for event in events(self, command):
            if isinstance(command, Generate) and isinstance(event, GenerationFinished):
                seen.append((command, event.stats))
            yield event

    monkeypatch.setattr(Session, "events", spy)
    return seen


def _bench(*arguments: str) -> Result:
    return CliRunner().invoke(
        bench.bench_command, arguments, standalone_mode=False, catch_exceptions=False
    )


def _model(memory_bytes: int, path: Path = Path("/nonexistent")) -> LoadedModel:
    return LoadedModel(
        path=path,
        name="m",
        memory_bytes=memory_bytes,
        context_tokens=4096,
        has_chat_template=True,
        can_think=False,
    )


def test_a_model_is_measured_with_prompts_that_no_cache_knows(
    tmp_path: Path, requests: list[tuple[Generate, GenerationStats]]
) -> None:
    folder = write_model(tmp_path / "m", endless=True)
    measured = json.loads(_bench(str(folder), "--json").output)
    assert set(measured) == _KEYS
    assert (measured["name"], measured["rounds"]) == ("m", 3)
    assert measured["bandwidth_share"] is None
    assert all(
        measured[key] > 0 for key in _KEYS - {"name", "rounds", "bandwidth_share"}
    )
    counted = requests[-3:]
    assert len({command.raw_prompt for command, _stats in requests}) == len(requests)
    for _command, stats in counted:
        assert 400 < stats.prompt_tokens < 650
        assert stats.cached_tokens < 16
        assert stats.generated_tokens == 128


def test_a_short_context_shortens_prompt_and_answer(
    tmp_path: Path, requests: list[tuple[Generate, GenerationStats]]
) -> None:
    folder = write_model(tmp_path / "m", endless=True, max_position_embeddings=128)
    result = _bench(str(folder))
    lines = result.output.splitlines()
    assert lines[0] == "m"
    assert [line.split()[0] for line in lines[1:-1]] == [
        "Prefill", "Decoding", "First", "Peak", "Bandwidth",
    ]  # fmt: skip
    assert lines[-2].endswith("–")
    assert lines[-1].startswith("Medians of 3 rounds")
    assert all(
        stats.prompt_tokens + stats.generated_tokens <= 128 for _c, stats in requests
    )


def test_a_model_that_only_ends_its_answers_is_an_error(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", eos_token_id=list(range(500)))
    with pytest.raises(MlxTuiError, match="too early"):
        _bench(str(folder))


def test_medians_and_the_highest_memory_are_reported() -> None:
    rounds = [
        replace(_STATS, generation_tokens_per_second=speed, peak_memory_bytes=peak)
        for speed, peak in ((40, 5), (60, 9), (50, 7))
    ]
    measured = bench._measured(_model(1), rounds)
    assert measured.generation_tokens_per_second == 50
    assert measured.peak_memory_bytes == 9


@pytest.mark.parametrize(
    ("chip", "cores", "gigabytes"),
    [
        ("Apple M1", 8, 68.25),
        ("Apple M3 Max", 14, 300),
        ("Apple M3 Max", 16, 400),
        ("Apple M4 Max", 16, 546),
        ("Apple M4 Max", 12, None),
        ("Apple M9 Ultra", 32, None),
        ("AMD EPYC", 64, None),
    ],
)
def test_the_chip_tells_the_bandwidth(
    monkeypatch: pytest.MonkeyPatch, chip: str, cores: int, gigabytes: float | None
) -> None:
    monkeypatch.setattr(chips, "sysctl", lambda _name: chip)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    expected = None if gigabytes is None else gigabytes * 1e9
    assert chips.bandwidth_bytes_per_second() == expected


@pytest.fixture
def m1_max(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chip of 400 GB/s."""
    monkeypatch.setattr(chips, "sysctl", lambda _name: "Apple M1 Max")


def test_the_share_is_of_the_time_that_the_weights_take(
    m1_max: None, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = bench._measured(_model(4 * 1000**3), [_STATS])
    assert measured.bandwidth_share == pytest.approx(50 * 4 / 400)
    bench._print(measured, [_STATS])
    assert "50%" in capsys.readouterr().out


@pytest.mark.parametrize(
    "config",
    [
        '{"num_local_experts": 8}',
        '{"text_config": {"n_routed_experts": 64}}',
    ],
)
def test_a_mixture_of_experts_has_no_share(
    m1_max: None, tmp_path: Path, config: str
) -> None:
    (tmp_path / "config.json").write_text(config)
    measured = bench._measured(_model(4 * 1000**3, tmp_path), [_STATS])
    assert measured.bandwidth_share is None


def _interrupted(folder: Path, at: str) -> tuple[int | None, str]:
    """Exit code and last output of a real process that gets Ctrl+C."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "mlxtui", "bench", str(folder)],
        env={**os.environ, "PYTHONPATH": _CHECKOUT, "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    try:
        child.expect_exact(at)
        child.sendintr()
        child.expect(pexpect.EOF)
        child.wait()
    finally:
        child.close(force=True)
    return child.exitstatus, str(child.before)


@pytest.mark.parametrize("at", ["Loading the model", "Warming up", "round 1"])
def test_ctrl_c_ends_it_cleanly(tmp_path: Path, at: str) -> None:
    # Long enough that no measurement is over before the key comes.
    shape: dict[str, Any] = {"hidden_size": 256, "num_hidden_layers": 4}
    folder = write_model(tmp_path / "m", endless=True, **shape)
    code, output = _interrupted(folder, at)
    assert code == 130
    assert "Traceback" not in output and "Error" not in output


def test_a_request_that_was_stopped_stops_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "m", endless=True)
    events = Session.events

    def stopped(self: Session, command: Command) -> Iterator[Event]:
        for event in events(self, command):
            if isinstance(event, GenerationFinished):
                event = replace(event, reason="cancelled")
            yield event

    monkeypatch.setattr(Session, "events", stopped)
    with pytest.raises(click.Abort):
        _bench(str(folder))
