"""Two programs that want the same do no harm to each other."""

import threading
from pathlib import Path

import pytest
from filelock import FileLock
from huggingface_hub import hf_hub_download

from mlxtui.hub.transfer import discard, missing_bytes
from mlxtui.repositories import Repository
from tests.hub.transfer.harness import QUICK, REPO_ID, Pull, add, content_of
from tests.hub.transfer.test_kill import output_of, start
from tests.hub_server import HubServer, MadeUp

_SIZE = 4_000_000


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    return add(hub, {"config.json": b"{}", "model.safetensors": MadeUp(_SIZE)})


def _is_right(hub: HubServer, folder: Path) -> bool:
    found = (folder / "model.safetensors").read_bytes()
    return found == content_of(hub, "model.safetensors")


def test_the_second_waits_says_so_and_finds_it_done(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(4e6)
    other = start(hub, repository, cache_dir, QUICK)
    while missing_bytes(repository, repository.files, cache_dir) > 0.9 * _SIZE:
        assert other.poll() is None
    pull = Pull(hub, repository, cache_dir)
    assert _is_right(hub, pull.run())
    assert output_of(other).split()[-1] == "done"
    assert hub.bytes_sent("maker/model/model.safetensors") == _SIZE
    assert "Another program is fetching model.safetensors." in pull.notes
    # It shows how far the other one is.
    dones = [report.done_bytes for report in pull.reports]
    assert dones == sorted(dones) and len(set(dones)) > 2


def test_it_goes_on_where_the_other_was_killed(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(4e6)
    other = start(hub, repository, cache_dir, QUICK)
    while missing_bytes(repository, repository.files, cache_dir) > 0.7 * _SIZE:
        assert other.poll() is None
    pull = Pull(hub, repository, cache_dir)

    def kill(progress: object) -> bool:
        if len(pull.reports) == 5:
            hub.throttle(None)
            other.kill()
        return False

    pull.cancel_when = kill
    assert _is_right(hub, pull.run())
    output_of(other)
    assert hub.bytes_sent("maker/model/model.safetensors") < 1.5 * _SIZE


def test_two_transfers_of_one_program(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(8e6)
    pulls = [Pull(hub, repository, cache_dir) for _one in range(2)]
    folders: list[Path] = []
    threads = [
        threading.Thread(target=lambda one=one: folders.append(one.run()))
        for one in pulls
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 2 and all(_is_right(hub, folder) for folder in folders)
    assert hub.bytes_sent("maker/model/model.safetensors") == _SIZE


def test_beside_huggingface_hub(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(8e6)
    theirs: list[str] = []
    thread = threading.Thread(
        target=lambda: theirs.append(
            hf_hub_download(
                REPO_ID,
                "model.safetensors",
                cache_dir=cache_dir,
                endpoint=hub.endpoint,
            )
        )
    )
    thread.start()
    while not hub.asked("maker/model/model.safetensors"):
        assert thread.is_alive()
    pull = Pull(hub, repository, cache_dir)
    folder = pull.run()
    thread.join()
    assert _is_right(hub, folder)
    assert Path(theirs[0]).read_bytes() == content_of(hub, "model.safetensors")
    assert "Another program is fetching model.safetensors." in pull.notes
    assert hub.bytes_sent("maker/model/model.safetensors") == _SIZE


def test_huggingface_hub_waits_for_us(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(8e6)
    pull = Pull(hub, repository, cache_dir)
    thread = threading.Thread(target=pull.run)
    thread.start()
    while not hub.asked("maker/model/model.safetensors"):
        assert thread.is_alive()
    theirs = hf_hub_download(
        REPO_ID, "model.safetensors", cache_dir=cache_dir, endpoint=hub.endpoint
    )
    thread.join()
    assert Path(theirs).read_bytes() == content_of(hub, "model.safetensors")
    assert hub.bytes_sent("maker/model/model.safetensors") == _SIZE


def test_what_another_program_fetches_is_not_discarded(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.throttle(8e6)
    pull = Pull(hub, repository, cache_dir)
    pull.cancel_when = lambda progress: progress.done_bytes > _SIZE / 2
    pull.run_until_cancelled()
    left = missing_bytes(repository, repository.files, cache_dir)
    lock = (
        cache_dir
        / ".locks/models--maker--model"
        / (f"{repository.files[1].sha256}.lock")
    )
    with FileLock(lock):
        discard(repository, cache_dir)
        assert missing_bytes(repository, repository.files, cache_dir) == left
    discard(repository, cache_dir)
    assert missing_bytes(repository, repository.files, cache_dir) == _SIZE
