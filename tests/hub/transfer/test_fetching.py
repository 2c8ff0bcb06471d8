"""A repository comes whole, into the cache's own layout, and others find it."""

import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import (
    hf_hub_download,
    scan_cache_dir,
    snapshot_download,
    try_to_load_from_cache,
)

from mlxtui.errors import HubError, Offline
from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer import (
    TransferControl,
    TransferProgress,
    fetch,
    missing_bytes,
)
from mlxtui.hub.transfer.checksum import Checksum
from mlxtui.hub.transfer.layout import layout_of
from mlxtui.hub.transfer.part import Part
from mlxtui.repositories import Repository, RepositoryAddress
from tests.hub.transfer.harness import REPO_ID, Pull, add, content_of, look
from tests.hub_server import Given, HubServer, MadeUp

_FILES: dict[str, Given] = {
    "config.json": b'{"model_type": "tiny"}',
    "empty.txt": b"",
    "a folder/日本語 & more.txt": b"hello",
    "model.safetensors": MadeUp(3_000_000),
    "other.safetensors": MadeUp(1_500_000, seed=1),
}


def _check(hub: HubServer, folder: Path, repository: Repository) -> None:
    """Every file is there, with the hub's content."""
    for file in repository.files:
        assert (folder / file.path).read_bytes() == content_of(hub, file.path)


def _left_over(cache_dir: Path) -> list[str]:
    return [path.name for path in cache_dir.rglob("*mlxtui*")]


def test_a_repository_comes_whole(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    pull = Pull(hub, repository, cache_dir)
    folder = pull.run()
    assert folder == cache_dir / "models--maker--model/snapshots" / repository.commit
    _check(hub, folder, repository)
    assert _left_over(cache_dir) == []
    last = pull.reports[-1]
    assert last.done_bytes == last.total_bytes == 4_500_027
    assert last.files == () and last.note == ""


def test_huggingface_hub_finds_it(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    folder = Pull(hub, repository, cache_dir).run()
    found = snapshot_download(REPO_ID, cache_dir=cache_dir, local_files_only=True)
    assert Path(found) == folder
    cached = try_to_load_from_cache(REPO_ID, "config.json", cache_dir)
    assert cached == str(folder / "config.json")
    scanned = scan_cache_dir(cache_dir)
    assert not scanned.warnings
    (repo,) = scanned.repos
    assert repo.size_on_disk == 4_500_027
    assert set(repo.refs) == {"main"}


def test_it_is_what_huggingface_hub_itself_would_have_made(
    hub: HubServer, cache_dir: Path, tmp_path: Path
) -> None:
    repository = add(hub, _FILES)
    Pull(hub, repository, cache_dir).run()
    theirs = tmp_path / "theirs"
    snapshot_download(REPO_ID, cache_dir=theirs, endpoint=hub.endpoint)

    def layout(root: Path) -> dict[str, str]:
        return {
            str(path.relative_to(root)): str(path.readlink())
            if path.is_symlink()
            else ""
            for folder in ("blobs", "snapshots", "refs")
            for path in (root / "models--maker--model" / folder).rglob("*")
        }

    assert layout(cache_dir) == layout(theirs)


def test_what_huggingface_hub_fetched_is_not_fetched_again(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, _FILES)
    hf_hub_download(
        REPO_ID, "model.safetensors", cache_dir=cache_dir, endpoint=hub.endpoint
    )
    hub.forget_requests()
    pull = Pull(hub, repository, cache_dir)
    _check(hub, pull.run(), repository)
    assert not hub.asked("maker/model/model.safetensors")
    assert pull.reports[0].done_bytes >= 3_000_000


def test_a_second_time_asks_nobody(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    folder = Pull(hub, repository, cache_dir).run()
    hub.close()
    assert Pull(hub, repository, cache_dir).run() == folder


def test_offline_says_so_at_once_unless_all_is_there(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, _FILES)

    def run() -> Path:
        return fetch(
            HubAccess(hub.endpoint, offline=True),
            repository,
            repository.files,
            cache_dir,
            control=TransferControl(),
            on_progress=lambda progress: None,
        )

    with pytest.raises(Offline):
        run()
    folder = Pull(hub, repository, cache_dir).run()
    assert run() == folder


def test_only_the_files_that_are_wanted_come(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    wanted = tuple(file for file in repository.files if file.path == "config.json")
    folder = Pull(hub, replace(repository, files=wanted), cache_dir).run()
    assert [path.name for path in folder.iterdir()] == ["config.json"]
    _check(hub, Pull(hub, repository, cache_dir).run(), repository)


def test_files_of_one_content_are_fetched_once(hub: HubServer, cache_dir: Path) -> None:
    same = MadeUp(600_000)
    repository = add(hub, {"a.safetensors": same, "b/c.safetensors": same})
    pull = Pull(hub, repository, cache_dir)
    _check(hub, pull.run(), repository)
    assert hub.bytes_sent("maker/model/*") == 600_000
    assert pull.reports[-1].total_bytes == 600_000


def test_many_small_files_come_side_by_side(hub: HubServer, cache_dir: Path) -> None:
    files = {f"folder/{number}.txt": b"%d" % number for number in range(150)}
    repository = add(hub, files)
    _check(hub, Pull(hub, repository, cache_dir).run(), repository)
    assert _left_over(cache_dir) == []


def test_a_large_file_comes_in_parts_at_once(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"model.safetensors": MadeUp(6_000_000)})
    hub.throttle(20e6)
    Pull(hub, repository, cache_dir).run()
    asked = hub.asked("maker/model/model.safetensors")
    assert len({request.range for request in asked}) == len(asked) >= 8
    assert hub.bytes_sent("maker/model/*") == 6_000_000
    # The hub is asked for the address once, not for each part.
    assert len(hub.asked("/maker/model/resolve/*")) <= 2


def test_another_revision_shares_what_did_not_change(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, _FILES)
    first = Pull(hub, repository, cache_dir).run()
    hub.repository(REPO_ID).commit({"config.json": b"{}"})
    hub.repository(REPO_ID).tag("v2/final")
    newer = look(hub, revision="v2/final")
    hub.forget_requests()
    second = Pull(hub, newer, cache_dir).run()
    _check(hub, second, newer)
    assert (first / "config.json").read_bytes() == _FILES["config.json"]
    assert hub.bytes_sent("maker/model/*") == 2
    refs = cache_dir / "models--maker--model/refs"
    assert (refs / "main").read_text() == repository.commit
    assert (refs / "v2/final").read_text() == newer.commit


def test_a_commit_has_no_ref(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"config.json": b"{}"})
    address = RepositoryAddress(repo_id=REPO_ID, revision=repository.commit)
    Pull(hub, replace(repository, address=address), cache_dir).run()
    assert not (cache_dir / "models--maker--model/refs").exists()


def test_a_renamed_repository_is_found_under_its_old_name(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, _FILES)
    hub.rename(REPO_ID, "maker/new-name")
    folder = Pull(hub, repository, cache_dir).run()
    assert (folder / "config.json").read_bytes() == _FILES["config.json"]


def test_progress_says_how_far_each_file_is(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    hub.throttle(10e6)
    pull = Pull(hub, repository, cache_dir)
    pull.run()
    dones = [report.done_bytes for report in pull.reports]
    assert dones == sorted(dones)
    assert {report.total_bytes for report in pull.reports} == {4_500_027}
    under_way = [file for report in pull.reports for file in report.files]
    assert "model.safetensors" in {path for path, _done, _total in under_way}
    assert all(0 <= done <= total for _path, done, total in under_way)
    flowing = [report for report in pull.reports if report.rate_bytes_per_second]
    assert all(report.seconds_left is not None for report in flowing)


def test_missing_bytes_are_those_that_would_be_fetched(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, _FILES)
    assert missing_bytes(repository, repository.files, cache_dir) == 4_500_027
    assert not cache_dir.exists()
    Pull(hub, repository, cache_dir).run()
    assert missing_bytes(repository, repository.files, cache_dir) == 0


def test_an_error_names_what_the_hub_refuses(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, _FILES)
    gone = replace(repository, commit="0" * 40)
    with pytest.raises(HubError, match="revision"):
        Pull(hub, gone, cache_dir).run()


def test_connections_to_the_hub_are_used_again(hub: HubServer, cache_dir: Path) -> None:
    opened: list[object] = []
    connect = socket.create_connection

    def create_connection(*arguments: Any, **named: Any) -> socket.socket:
        opened.append(arguments)
        return connect(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", create_connection)
        repository = add(hub, {f"{number}.txt": b"%d" % number for number in range(30)})
        Pull(hub, repository, cache_dir).run()
    assert len(hub.requests) == 60
    assert len(opened) <= 8


def test_what_is_there_and_not_checked_is_only_checked(
    hub: HubServer, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = add(hub, {"model.safetensors": MadeUp(3_000_000)})
    (file,) = repository.files
    layout = layout_of(repository, cache_dir)
    layout.prepare()
    part = Part(layout.part(file.sha256), layout.journal(file.sha256), file.size_bytes)
    part.write(content_of(hub, file.path), 0)
    part.note(0, file.size_bytes)
    part.close()
    may_check = threading.Event()
    advance = Checksum.advance

    def advance_later(self: Checksum, part: Part) -> None:
        assert may_check.wait(30)
        advance(self, part)

    monkeypatch.setattr(Checksum, "advance", advance_later)
    pull = Pull(hub, repository, cache_dir)

    def look(progress: TransferProgress) -> bool:
        if progress.note == "Checking what came.":
            may_check.set()
        return False

    pull.cancel_when = look
    _check(hub, pull.run(), repository)
    assert not hub.requests
    assert {report.done_bytes for report in pull.reports} == {3_000_000}
