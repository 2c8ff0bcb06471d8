"""A transfer ends within half a second, whatever it waits for, and goes on later."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from mlxtui.hub.transfer import (
    TransferLimits,
    TransferProgress,
    discard,
    missing_bytes,
)
from mlxtui.repositories import Repository
from tests.hub.transfer.harness import QUICK, Pull, add, content_of
from tests.hub_server import Fault, HubServer, MadeUp, Silent, Stall, Status

_SIZE = 4_000_000
_TARGET = "maker/model/model.safetensors"
_PATIENT = TransferLimits(stall_seconds=60, connect_seconds=60)


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    return add(hub, {"config.json": b"{}", "model.safetensors": MadeUp(_SIZE)})


def _blobs(cache_dir: Path) -> Path:
    return cache_dir / "models--maker--model" / "blobs"


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        (_TARGET, Stall(after_bytes=50_000)),
        (_TARGET, Silent()),
        ("/maker/model/resolve/*", Silent()),
        (_TARGET, Status(503)),
        (_TARGET, Status(429, retry_after="300")),
    ],
    ids=repr,
)
def test_it_ends_within_half_a_second_while_nothing_comes(
    hub: HubServer, repository: Repository, cache_dir: Path, pattern: str, fault: Fault
) -> None:
    hub.fault(pattern, fault, is_endless=True)
    pull = Pull(hub, repository, cache_dir, _PATIENT)
    pull.cancel_when = lambda progress: len(pull.reports) == 6
    assert pull.run_until_cancelled() < 0.5


def _has_more(done_bytes: int, progress: TransferProgress) -> bool:
    return progress.done_bytes > done_bytes


@contextmanager
def _deaf_server() -> Iterator[str]:
    """A port where connections are never taken: the queue of those who wait is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _one in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for one in waiting:
            one.close()


def test_it_ends_within_half_a_second_while_it_connects(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    with _deaf_server() as endpoint:
        pull = Pull(hub, repository, cache_dir, _PATIENT)
        pull.access = type(pull.access)(endpoint)
        pull.cancel_when = lambda progress: len(pull.reports) == 3
        assert pull.run_until_cancelled() < 0.5


def test_a_stopped_transfer_goes_on_where_it_was(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(4e6)
    for done_bytes in (_SIZE // 3, _SIZE // 2):
        pull = Pull(hub, repository, cache_dir)
        pull.cancel_when = partial(_has_more, done_bytes)
        pull.run_until_cancelled()
        left = missing_bytes(repository, repository.files, cache_dir)
        assert left <= _SIZE + 2 - pull.reports[-1].done_bytes
        snapshots = cache_dir / "models--maker--model" / "snapshots"
        assert list(snapshots.iterdir()) == []
    hub.throttle(None)
    hub.forget_requests()
    pull = Pull(hub, repository, cache_dir)
    folder = pull.run()
    found = (folder / "model.safetensors").read_bytes()
    assert found == content_of(hub, "model.safetensors")
    assert hub.bytes_sent("maker/model/*") == left
    assert pull.reports[0].done_bytes >= _SIZE + 2 - left


def test_nothing_of_it_runs_on(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, Stall(after_bytes=50_000), is_endless=True)
    pull = Pull(hub, repository, cache_dir, _PATIENT)
    pull.cancel_when = lambda progress: len(pull.reports) == 3
    pull.run_until_cancelled()
    left = [one for one in threading.enumerate() if one.name == "mlxtui-transfer"]
    for thread in left:
        thread.join(5)
        assert not thread.is_alive()


def test_cancelled_before_it_began(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(1e6)
    pull = Pull(hub, repository, cache_dir)
    pull.control.cancel()
    pull.run_until_cancelled()
    assert not (_blobs(cache_dir) / repository.files[1].sha256).exists()


def test_an_error_of_the_one_who_watches_ends_it(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(1e6)
    pull = Pull(hub, repository, cache_dir)

    def fail(progress: object) -> bool:
        raise KeyboardInterrupt

    pull.cancel_when = fail
    with pytest.raises(KeyboardInterrupt):
        pull.run()
    pull.cancel_when = lambda progress: False
    hub.throttle(None)
    pull.run()


def test_discard_drops_what_is_not_whole(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(4e6)
    pull = Pull(hub, repository, cache_dir)
    pull.cancel_when = lambda progress: progress.done_bytes > _SIZE / 2
    pull.run_until_cancelled()
    config, model = repository.files
    assert len(list(_blobs(cache_dir).glob(f"{model.sha256}*"))) == 2
    discard(repository, cache_dir)
    assert [one.name for one in _blobs(cache_dir).iterdir()] == [config.blob_id]
    assert missing_bytes(repository, repository.files, cache_dir) == _SIZE
    hub.throttle(None)
    assert Pull(hub, repository, cache_dir).run().is_dir()
    discard(repository, cache_dir)
    assert missing_bytes(repository, repository.files, cache_dir) == 0


def test_discard_leaves_no_empty_folders(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"model.safetensors": MadeUp(_SIZE)})
    hub.throttle(4e6)
    pull = Pull(hub, repository, cache_dir, QUICK)
    pull.cancel_when = lambda progress: progress.done_bytes > 0
    pull.run_until_cancelled()
    discard(repository, cache_dir)
    assert not (cache_dir / "models--maker--model").exists()
