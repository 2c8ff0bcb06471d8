"""After `kill -9`, or after the power went, almost nothing is fetched twice."""

import os
import pickle
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import mlxtui
from mlxtui.hub.transfer import TransferLimits, durable, missing_bytes
from mlxtui.hub.transfer.journal import read_journal
from mlxtui.repositories import Repository
from tests.hub.transfer.child import Order
from tests.hub.transfer.harness import USUAL, Pull, add, content_of
from tests.hub_server import HubServer, MadeUp, Stall

_SIZE = 24_000_000
_LIMITS = replace(USUAL, near_connections=8, least_span_bytes=256 * 1024)
_FILES = ("model-1.safetensors", "model-2.safetensors")


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    sizes = (_SIZE // 4, _SIZE - _SIZE // 4)
    return add(
        hub,
        {
            name: MadeUp(size, seed)
            for seed, (name, size) in enumerate(zip(_FILES, sizes, strict=True))
        },
    )


def start(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    limits: TransferLimits = _LIMITS,
) -> "subprocess.Popen[bytes]":
    """Fetch in a process of its own."""
    checkout = str(Path(mlxtui.__file__).parents[1])
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.hub.transfer.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": checkout},
    )
    assert child.stdin is not None
    child.stdin.write(pickle.dumps(Order(hub.endpoint, repository, cache_dir, limits)))
    child.stdin.close()
    return child


def output_of(child: "subprocess.Popen[bytes]") -> str:
    """What it printed, once it has ended."""
    assert child.stdout is not None
    with child.stdout:
        output = child.stdout.read()
    child.wait()
    return output.decode()


def kill_when(
    child: "subprocess.Popen[bytes]",
    repository: Repository,
    cache_dir: Path,
    done_bytes: int,
) -> int:
    """Kill it once so much is there; what is then still missing."""
    total = sum(file.size_bytes for file in repository.files)
    until = time.monotonic() + 60
    while total - missing_bytes(repository, repository.files, cache_dir) < done_bytes:
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.005)
    child.kill()
    output_of(child)
    return missing_bytes(repository, repository.files, cache_dir)


def _is_right(hub: HubServer, folder: Path) -> bool:
    return all((folder / name).read_bytes() == content_of(hub, name) for name in _FILES)


def test_after_a_kill_under_one_percent_is_fetched_again(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    # Each connection falls silent with the kill, so that nothing is on the line: that
    # would be lost, too, and how much it is says nothing of us.
    hub.fault("maker/model/*", Stall(after_bytes=600_000), is_endless=True)
    for share in (0.195, 0.39):  # of 0.2 and 0.4
        child = start(hub, repository, cache_dir)
        kill_when(child, repository, cache_dir, int(share * _SIZE))
    hub.heal()
    pull = Pull(hub, repository, cache_dir)
    folder = pull.run()
    assert pull.reports[0].done_bytes > 0.39 * _SIZE
    assert _is_right(hub, folder)
    assert hub.bytes_sent("maker/model/*") - _SIZE < _SIZE / 100


def _lose_power(repository: Repository, cache_dir: Path) -> int:
    """Drop what was written and not flushed since; how much that was."""
    blobs = cache_dir / "models--maker--model/blobs"
    lost_bytes = 0
    for file in repository.files:
        part = blobs / f"{file.sha256}.mlxtui.part"
        if not part.exists():
            continue
        journal = blobs / f"{file.sha256}.mlxtui.journal"
        saved = read_journal(journal, file.size_bytes).saved
        with part.open("r+b") as opened:
            for start, end in saved.gaps(0, file.size_bytes):
                opened.seek(start)
                lost = opened.read(end - start)
                lost_bytes += len(lost) - lost.count(0)
                opened.seek(start)
                opened.write(bytes(end - start))
    return lost_bytes


@pytest.mark.parametrize("is_machine_restarted", [True, False])
def test_after_a_power_loss_under_one_percent_is_fetched_again(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_machine_restarted: bool,
) -> None:
    hub.throttle(20e6)
    child = start(hub, repository, cache_dir)
    left = kill_when(child, repository, cache_dir, _SIZE // 2)
    lost_bytes = _lose_power(repository, cache_dir)
    assert lost_bytes < _SIZE / 100
    if is_machine_restarted:
        number = durable.boot_number()
        monkeypatch.setattr(durable, "boot_number", lambda: number + 1)
    hub.throttle(None)
    hub.forget_requests()
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    assert hub.bytes_sent("maker/model/*") - left < _SIZE / 100


def test_what_is_there_and_not_checked_is_checked(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(20e6)
    pull = Pull(hub, repository, cache_dir, _LIMITS)
    pull.cancel_when = lambda progress: progress.done_bytes > _SIZE / 2
    pull.run_until_cancelled()
    blobs = cache_dir / "models--maker--model/blobs"
    for part in blobs.glob("*.mlxtui.part"):
        with part.open("r+b") as opened:
            opened.seek(part.stat().st_size // 50)
            opened.write(b"spoiled")
    hub.throttle(None)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


def test_a_journal_without_its_part_is_not_believed(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(20e6)
    pull = Pull(hub, repository, cache_dir, _LIMITS)
    pull.cancel_when = lambda progress: progress.done_bytes > _SIZE / 2
    pull.run_until_cancelled()
    blobs = cache_dir / "models--maker--model/blobs"
    for part in blobs.glob("*.mlxtui.part"):
        part.unlink()
    hub.throttle(None)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
