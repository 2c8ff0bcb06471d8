"""The token stays with its hub, names stay in their folder, disks may be full."""

import errno
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, NamedTuple

import pytest

from mlxtui.errors import AccessDenied, DiskFull, HubError
from mlxtui.hub.transfer import fetching, missing_bytes
from mlxtui.hub.transfer.layout import checked_path
from mlxtui.repositories import RemoteFile, Repository, RepositoryAddress
from tests.hub.transfer.harness import ALONE, REPO_ID, Pull, add, content_of
from tests.hub_server import TOKEN, HubServer, MadeUp

_SIZE = 3_000_000


class _Asked(NamedTuple):
    path: str
    headers: dict[str, str]


class _Other(http.server.BaseHTTPRequestHandler):
    """A server that answers as its class says."""

    protocol_version = "HTTP/1.1"
    status: ClassVar[int] = 200
    head: ClassVar[dict[str, str]] = {}
    body: ClassVar[bytes] = b""
    asked: ClassVar[list[_Asked]] = []

    def do_GET(self) -> None:
        self.asked.append(_Asked(self.path, dict(self.headers)))
        self.send_response(self.status)
        for name, value in self.head.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(self.body)
        except OSError:
            pass  # it was cut off
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def _server(
    status: int, head: dict[str, str], body: bytes = b""
) -> Iterator[tuple[str, list[_Asked]]]:
    asked: list[_Asked] = []
    about = {"status": status, "head": head, "body": body, "asked": asked}
    handler = type("Handler", (_Other,), about)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()
        thread.join()


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    return add(
        hub, {"config.json": b"{}", "model.safetensors": MadeUp(_SIZE)}, gated="manual"
    )


# The token


def test_the_token_goes_to_the_hub_and_to_nobody_else(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.accept(REPO_ID)
    Pull(hub, repository, cache_dir, token=TOKEN).run()
    with_token = {one.server for one in hub.requests if one.had_token}
    without = {one.server for one in hub.requests if not one.had_token}
    assert with_token == {"hub"} and without == {"cdn"}


def test_a_hub_that_sends_elsewhere_does_not_take_the_token_along(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    name = repository.files[1].sha256
    head = {"Content-Length": "0"}
    with _server(404, head) as (elsewhere, asked):
        first_head = {
            "Location": f"{elsewhere}/steal",
            "X-Linked-ETag": f'"{name}"',
            "Content-Length": "0",
        }
        with _server(302, first_head) as (first, asked_first):
            only = replace(repository, files=repository.files[1:])
            pull = Pull(hub, only, cache_dir, token=TOKEN)
            pull.access = replace(pull.access, endpoint=first)
            pull.limits = replace(ALONE, attempts=2)
            with pytest.raises(HubError):
                pull.run()
    assert asked and asked_first
    assert all("Authorization" in one.headers for one in asked_first)
    assert not any("Authorization" in one.headers for one in asked)
    assert not any(TOKEN in str(one) for one in asked)


def test_a_gated_repository_is_refused_with_the_address_of_its_licence(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    with pytest.raises(AccessDenied) as refused:
        Pull(hub, repository, cache_dir, token=TOKEN).run()
    assert f"{hub.endpoint}/{REPO_ID}" in refused.value.hint
    assert TOKEN not in str(vars(refused.value))


def test_an_endless_chain_of_redirects_ends(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    head = {"Location": "/again", "Content-Length": "0", "Connection": "close"}
    with _server(302, head) as (endpoint, asked):
        pull = Pull(hub, repository, cache_dir, ALONE)
        pull.access = replace(pull.access, endpoint=endpoint)
        with pytest.raises(HubError, match="without an end"):
            pull.run()
    assert len(asked) < 20


# Names


@pytest.mark.parametrize(
    "path",
    [
        "../config.json",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "./a",
        "",
        "a/",
        "C:\\b",
        "C:b",
        "a\\..\\..\\b",
        "\\\\host\\share",
        "a\0b",
        "a\nb",
    ],
)
def test_a_name_that_leaves_its_folder_is_refused(
    hub: HubServer, repository: Repository, cache_dir: Path, path: str
) -> None:
    harmful = RemoteFile(path=path, size_bytes=2, blob_id="9" * 40)
    with pytest.raises(HubError, match="nothing is fetched"):
        Pull(hub, replace(repository, files=(harmful,)), cache_dir).run()
    assert not hub.requests and not cache_dir.exists()


@pytest.mark.parametrize("path", ["a", "a/b c/日本.txt", ".gitattributes", "a..b"])
def test_usual_names_are_taken(path: str) -> None:
    assert str(checked_path(path)) == path


@pytest.mark.parametrize("name", ["", "../../../../tmp/x", "9" * 39, "G" * 64])
def test_a_checksum_that_is_none_is_refused(
    hub: HubServer, repository: Repository, cache_dir: Path, name: str
) -> None:
    harmful = RemoteFile(path="config.json", size_bytes=2, sha256=name)
    with pytest.raises(HubError, match="no checksum of config.json"):
        Pull(hub, replace(repository, files=(harmful,)), cache_dir).run()
    assert not hub.requests


@pytest.mark.parametrize(
    ("repo_id", "revision", "commit"),
    [
        ("../../x", "main", "1" * 40),
        ("a/b/c", "main", "1" * 40),
        ("a/..", "main", "1" * 40),
        ("a/b", "../../main", "1" * 40),
        ("a/b", "main", "../../1"),
    ],
)
def test_an_address_that_leaves_the_cache_is_refused(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    repo_id: str,
    revision: str,
    commit: str,
) -> None:
    address = RepositoryAddress(repo_id=repo_id, revision=revision)
    with pytest.raises(HubError):
        Pull(hub, replace(repository, address=address, commit=commit), cache_dir).run()
    assert not hub.requests and not cache_dir.exists()


# Lengths


def test_a_server_that_sends_more_than_the_size_is_cut_off(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, {"config.json": b"{}" * 500})
    etag = f'"{repository.files[0].blob_id}"'
    # No length, and a thousand times what was promised.
    with _server(200, {"ETag": etag}, b"{}" * 500_000) as (endpoint, _asked):
        pull = Pull(hub, repository, cache_dir, ALONE)
        pull.access = replace(pull.access, endpoint=endpoint)
        folder = pull.run()
    assert (folder / "config.json").read_bytes() == b"{}" * 500
    assert max(report.done_bytes for report in pull.reports) == 1000


@pytest.mark.parametrize("length", ["999", "1001"])
def test_another_length_than_the_size_is_refused(
    hub: HubServer, cache_dir: Path, length: str
) -> None:
    repository = add(hub, {"config.json": b"{}" * 500})
    head = {"ETag": f'"{repository.files[0].blob_id}"', "Content-Length": length}
    with _server(200, head, b"{}" * 500) as (endpoint, _asked):
        pull = Pull(hub, repository, cache_dir, replace(ALONE, attempts=2))
        pull.access = replace(pull.access, endpoint=endpoint)
        with pytest.raises(HubError, match="config.json"):
            pull.run()
    assert not list(cache_dir.rglob("snapshots/*"))


# Disks


def test_too_little_room_is_said_before_anything_is_fetched(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    huge = replace(repository.files[1], size_bytes=10**18)
    with pytest.raises(DiskFull, match=r"1000000\.0 TB are still to be fetched") as one:
        Pull(hub, replace(repository, files=(huge,)), cache_dir).run()
    assert "free" in one.value.message and not hub.requests


def test_a_disk_that_fills_up_keeps_what_came(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.accept(REPO_ID)
    write = os.pwrite
    room = 1_500_000

    def pwrite(file: int, data: bytes, at: int) -> int:
        nonlocal room
        if len(data) > 32:  # the journal's records still fit
            room -= len(data)
            if room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    pull = Pull(hub, repository, cache_dir, ALONE, token=TOKEN)
    with pytest.raises(DiskFull, match="The disk is full: 1.5 MB") as full:
        pull.run()
    assert "kept" in full.value.hint
    monkeypatch.undo()
    left = missing_bytes(repository, repository.files, cache_dir)
    assert _SIZE - 1_500_000 <= left < _SIZE - 1_400_000
    hub.forget_requests()
    folder = Pull(hub, repository, cache_dir, ALONE, token=TOKEN).run()
    found = (folder / "model.safetensors").read_bytes()
    assert found == content_of(hub, "model.safetensors")
    assert hub.bytes_sent("maker/model/model.safetensors") == left


def test_a_folder_that_cannot_be_written_is_named(
    hub: HubServer, repository: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(HubError, match="cannot be written to"):
        Pull(hub, repository, file / "cache").run()


def test_room_is_looked_for_where_the_cache_will_be(tmp_path: Path) -> None:
    assert fetching._free_bytes(tmp_path / "not" / "there") > 0
