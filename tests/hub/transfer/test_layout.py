"""The cache's layout where links do not work, and where others have been before."""

import os
from pathlib import Path

import pytest
from huggingface_hub import constants, snapshot_download

from mlxtui.hub.library import find_folders
from mlxtui.hub.transfer import missing_bytes
from mlxtui.hub.transfer.part import Part, PartClosed
from mlxtui.repositories import Repository
from tests.hub.transfer.harness import ALONE, REPO_ID, Pull, add, content_of
from tests.hub_server import HubServer, MadeUp

_SIZE = 600_000


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    same = MadeUp(_SIZE)
    return add(
        hub,
        {"config.json": b"{}", "a.safetensors": same, "b/c.safetensors": same},
    )


def _check(hub: HubServer, folder: Path, repository: Repository) -> None:
    for file in repository.files:
        assert (folder / file.path).read_bytes() == content_of(hub, file.path)


@pytest.fixture(params=["forbidden", "impossible"])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "forbidden":
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
        return

    def symlink(target: str, link: str) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", symlink)


@pytest.mark.usefixtures("no_links")
def test_without_links_the_files_themselves_stand_in_the_snapshot(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    folder = Pull(hub, repository, cache_dir).run()
    _check(hub, folder, repository)
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert not list((cache_dir / "models--maker--model/blobs").iterdir())
    found = snapshot_download(REPO_ID, cache_dir=cache_dir, local_files_only=True)
    assert Path(found) == folder
    hub.close()
    assert missing_bytes(repository, repository.files, cache_dir) == 0
    assert Pull(hub, repository, cache_dir).run() == folder


def test_a_broken_link_and_a_wrong_file_are_put_right(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    folder = cache_dir / "models--maker--model/snapshots" / repository.commit
    folder.mkdir(parents=True)
    (folder / "config.json").symlink_to("../../blobs/gone")
    (folder / "a.safetensors").write_bytes(b"not it")
    _check(hub, Pull(hub, repository, cache_dir).run(), repository)


def test_a_blob_of_the_wrong_size_is_fetched_again(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    blobs = cache_dir / "models--maker--model/blobs"
    blobs.mkdir(parents=True)
    (blobs / repository.files[0].sha256).write_bytes(b"cut short")
    _check(hub, Pull(hub, repository, cache_dir).run(), repository)


def test_a_model_is_not_listed_before_it_is_whole(
    hub: HubServer, repository: Repository, tmp_path: Path
) -> None:
    cache_dir = Path(constants.HF_HUB_CACHE)
    hub.throttle(1e6)
    seen: list[int] = []
    pull = Pull(hub, repository, cache_dir, ALONE)

    def look(progress: object) -> bool:
        seen.append(len(list(find_folders(tmp_path / "no", tmp_path / "none"))))
        return False

    pull.cancel_when = look
    pull.run()
    # The built-in one; the last report comes when all is fetched and nothing named.
    assert set(seen) == {1}
    names = [one.name for one in find_folders(tmp_path / "no", tmp_path / "none")]
    assert names == ["guide", REPO_ID]


def test_a_part_that_is_closed_takes_nothing_more(tmp_path: Path) -> None:
    part = Part(tmp_path / "part", tmp_path / "journal", 100)
    part.write(b"x" * 50, 0)
    assert part.note(0, 50) == 50 and part.note(25, 50) == 0
    assert part.close() == 75 and part.close() == 0
    for forbidden in (
        lambda: part.write(b"x", 50),
        lambda: part.note(50, 51),
        lambda: part.read(0, 1),
    ):
        with pytest.raises(PartClosed):
            forbidden()
    assert part.save() == 0
    again = Part(tmp_path / "part", tmp_path / "journal", 100)
    assert list(again.spans()) == [(0, 50)]
    again.close()


def test_a_part_of_another_size_begins_again(tmp_path: Path) -> None:
    part = Part(tmp_path / "part", tmp_path / "journal", 100)
    part.write(b"x" * 50, 0)
    part.note(0, 50)
    part.save()
    part.close()
    other = Part(tmp_path / "part", tmp_path / "journal", 200)
    assert other.done_bytes == 0
    assert (tmp_path / "part").read_bytes() == bytes(200)
    other.close()
