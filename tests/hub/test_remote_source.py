"""Small parts of a repository's files, read where they are."""

import gc
import hashlib
import logging

import pytest

from mlxtui.errors import AccessDenied, HubError, Offline, RepositoryNotFound
from mlxtui.hub.access import HubAccess
from mlxtui.hub.address import parse_address
from mlxtui.hub.remote_source import RemoteSource
from mlxtui.hub.repository import describe
from tests.hub_server import (
    TOKEN,
    Corrupt,
    HubServer,
    IgnoreRange,
    MadeUp,
    Status,
    Truncate,
    WrongContentRange,
)

_SIZE = 3 << 20
_WEIGHTS = "owner/name/model.safetensors"


@pytest.fixture
def source(hub: HubServer, access: HubAccess) -> RemoteSource:
    """A repository with a large file, and a name that is to be quoted."""
    hub.add(
        "owner/name",
        {
            "config.json": b'{"model_type": "llama"}',
            "model.safetensors": MadeUp(_SIZE),
            "日本 語/a#b?c%20.txt": b"text",
            "empty.txt": b"",
        },
    )
    return RemoteSource(access, describe(access, parse_address("owner/name")))


def _whole(hub: HubServer) -> bytes:
    return hub.repository("owner/name").files["model.safetensors"].all_bytes()


def test_files_and_their_parts_are_read(hub: HubServer, source: RemoteSource) -> None:
    assert source.files()["model.safetensors"] == _SIZE
    whole = _whole(hub)
    for start, length in (
        (0, 8), (8, 100_000), (200_000, 300_000), (_SIZE - 5, 100), (_SIZE - 5, None),
        (_SIZE, 1), (_SIZE + 9, None), (7, 0),
    ):  # fmt: skip
        stop = _SIZE if length is None else start + length
        assert source.read("model.safetensors", start, length) == whole[start:stop]
    assert source.read("config.json") == b'{"model_type": "llama"}'
    assert source.read("日本 語/a#b?c%20.txt", 1, 2) == b"ex"
    assert source.read("empty.txt") == b""


def test_a_whole_file_is_what_the_hub_says_it_is(
    hub: HubServer, source: RemoteSource
) -> None:
    digest = hashlib.sha256(source.read("model.safetensors")).hexdigest()
    assert digest == hub.repository("owner/name").files["model.safetensors"].sha256


def test_what_was_read_is_not_asked_for_again(
    hub: HubServer, source: RemoteSource
) -> None:
    source.read("model.safetensors", 0, 8)
    source.read("model.safetensors", 8, 50_000)
    source.read("model.safetensors", 0, 8)
    assert len(hub.asked(_WEIGHTS)) == 1
    assert hub.bytes_sent(_WEIGHTS) < 1 << 20


def test_no_token_reaches_the_other_host(hub: HubServer, source: RemoteSource) -> None:
    source.read("model.safetensors", 0, 8)
    (sent,) = hub.asked(_WEIGHTS)
    assert (sent.server, sent.had_token) == ("cdn", False)
    assert hub.asked("/owner/name/resolve/*")[-1].had_token


def test_neither_token_nor_link_is_logged(
    hub: HubServer, source: RemoteSource, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        source.read("model.safetensors", 0, 8)
        source.read("config.json")
    assert TOKEN not in caplog.text and "Signature" not in caplog.text


@pytest.mark.parametrize("fault", [WrongContentRange(1), Truncate(1), IgnoreRange()])
def test_wrong_bytes_are_not_taken(
    hub: HubServer, source: RemoteSource, fault: Truncate
) -> None:
    hub.fault(_WEIGHTS, fault)
    with pytest.raises(HubError, match=r"wrong bytes of model\.safetensors"):
        source.read("model.safetensors", 100, 50)
    assert source.read("model.safetensors", 100, 50) == _whole(hub)[100:150]


def test_a_whole_file_in_place_of_its_beginning_is_cut(
    hub: HubServer, source: RemoteSource
) -> None:
    hub.fault(_WEIGHTS, IgnoreRange())
    assert source.read("model.safetensors", 0, 8) == _whole(hub)[:8]


def test_a_hub_that_fails_is_told_and_asked_again_later(
    hub: HubServer, source: RemoteSource
) -> None:
    hub.fault(_WEIGHTS, Status(503), Status(403))
    for _one in range(2):
        with pytest.raises(HubError):
            source.read("model.safetensors", 0, 8)
    assert source.read("model.safetensors", 0, 8) == _whole(hub)[:8]


def test_what_is_not_there_and_what_is_too_much_are_refused(
    hub: HubServer, access: HubAccess, source: RemoteSource
) -> None:
    with pytest.raises(RepositoryNotFound):
        source.read("other.txt")
    hub.add("owner/large", {"model.safetensors": MadeUp(65 << 20)})
    large = RemoteSource(access, describe(access, parse_address("owner/large")))
    with pytest.raises(HubError, match="too large"):
        large.read("model.safetensors")
    assert large.read("model.safetensors", 64 << 20, 4)
    assert hub.bytes_sent("owner/large/*") < 1 << 20


def test_a_gated_file_says_where_its_licence_is(hub: HubServer) -> None:
    hub.add("owner/gated", {"config.json": b"{}"}, gated="auto")
    for access, words in (
        (HubAccess(hub.endpoint), "config set hub_token"),
        (HubAccess(hub.endpoint, TOKEN), "try again"),
    ):
        found = describe(access, parse_address("owner/gated"))
        with pytest.raises(AccessDenied) as refusal:
            RemoteSource(access, found).read("config.json")
        assert f"{hub.endpoint}/owner/gated" in refusal.value.hint
        assert words in refusal.value.hint


def test_memory_is_kept_for_the_newest_parts_only(
    hub: HubServer, access: HubAccess
) -> None:
    hub.add("owner/large", {"a.bin": MadeUp(20 << 20), "b.bin": MadeUp(20 << 20)})
    source = RemoteSource(access, describe(access, parse_address("owner/large")))
    for path in ("a.bin", "b.bin", "b.bin", "a.bin"):
        source.read(path)
    assert len(hub.asked("owner/large/b.bin")) == 1
    assert len(hub.asked("owner/large/a.bin")) == 2


def test_offline_nothing_is_asked(source: RemoteSource, hub: HubServer) -> None:
    with pytest.raises(Offline):
        RemoteSource(HubAccess(hub.endpoint, offline=True), source._repository)


def test_forgotten_connections_are_closed(
    hub: HubServer, source: RemoteSource, access: HubAccess
) -> None:
    repository = describe(access, parse_address("owner/name"))
    forgotten = RemoteSource(access, repository)
    forgotten.read("config.json")
    client = forgotten._client
    del forgotten
    gc.collect()
    assert client.is_closed
    source.close()
    assert source._client.is_closed


def test_a_corrupted_byte_is_for_the_transfer_to_find(
    hub: HubServer, source: RemoteSource
) -> None:
    hub.fault(_WEIGHTS, Corrupt(3))
    assert source.read("model.safetensors", 0, 8) != _whole(hub)[:8]
