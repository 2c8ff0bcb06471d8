"""The local hub's ranges and faults: each does what the transfer is tested against."""

import hashlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.hub_server import (
    TOKEN,
    Corrupt,
    Drop,
    HubServer,
    IgnoreRange,
    MadeUp,
    Reset,
    Silent,
    Slow,
    Stall,
    Status,
    Truncate,
    WrongBytes,
    WrongContentRange,
)

_WEIGHTS = "owner/name/model.safetensors"


@pytest.fixture(autouse=True)
def weights(hub: HubServer) -> None:
    """A repository with one large file."""
    hub.add("owner/name", {"model.safetensors": MadeUp(300_000)})


def _link(hub: HubServer) -> str:
    """The address of the large file, as the hub redirects to it."""
    answer = httpx2.get(f"{hub.endpoint}/owner/name/resolve/main/model.safetensors")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


# Ranges


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=299990-", 299_990, 300_000),
        ("bytes=-5", 299_995, 300_000),
        ("bytes=100-999999", 100, 300_000),
    ],
)
def test_a_range_is_sent(hub: HubServer, asked: str, start: int, stop: int) -> None:
    whole = hub.repository("owner/name").files["model.safetensors"].all_bytes()
    answer = httpx2.get(_link(hub), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/300000"
    assert answer.content == whole[start:stop]


def test_a_range_beyond_the_end_is_refused(hub: HubServer) -> None:
    answer = httpx2.get(_link(hub), headers={"Range": "bytes=300000-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (
        416,
        "bytes */300000",
    )


def test_another_file_than_before_is_sent_whole(hub: HubServer) -> None:
    headers = {"Range": "bytes=5-", "If-Range": '"of another file"'}
    assert httpx2.get(_link(hub), headers=headers).status_code == 200
    etag = httpx2.head(_link(hub)).headers["ETag"]
    headers["If-Range"] = etag
    assert httpx2.get(_link(hub), headers=headers).status_code == 206


def test_a_link_takes_no_token_and_no_other_signature(hub: HubServer) -> None:
    token = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx2.get(_link(hub), headers=token).status_code == 400
    assert httpx2.get(_link(hub).partition("?")[0]).status_code == 403


def test_made_up_bytes_differ_from_place_to_place(hub: HubServer) -> None:
    size = 3 << 20
    one = hub.add("a/b", {"x.bin": MadeUp(size), "y.bin": MadeUp(size, seed=1)}).files
    whole = one["x.bin"].all_bytes()
    assert len(whole) == size
    assert len({whole[place : place + 4096] for place in range(0, size, 1 << 20)}) == 3
    assert hashlib.sha256(whole).hexdigest() == one["x.bin"].sha256
    assert one["x.bin"].sha256 != one["y.bin"].sha256


# Faults


def _get(
    hub: HubServer, asked: str = "bytes=0-", timeout: float = 30
) -> httpx2.Response:
    return httpx2.get(_link(hub), headers={"Range": asked}, timeout=timeout)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Drop(1000), httpx2.RemoteProtocolError),
        (Reset(1000), httpx2.ReadError),
        (Stall(1000), httpx2.ReadTimeout),
        (Silent(), httpx2.ReadTimeout),
        (Silent(0.01), httpx2.RemoteProtocolError),
    ],
)
def test_a_connection_fails(
    hub: HubServer,
    fault: Drop | Reset | Stall | Silent,
    error: type[Exception],
) -> None:
    hub.fault(_WEIGHTS, fault)
    with pytest.raises(error):
        _get(hub, timeout=0.3 if error is httpx2.ReadTimeout else 30)
    assert hub.faults_left() == 0
    if not isinstance(fault, Silent):
        assert hub.bytes_sent(_WEIGHTS) == 1000
    assert _get(hub).status_code == 206


def _whole(hub: HubServer) -> bytes:
    return hub.repository("owner/name").files["model.safetensors"].all_bytes()


@pytest.mark.parametrize(
    ("fault", "is_so"),
    [
        (IgnoreRange(), lambda one, whole: one.content == whole),
        (Truncate(7), lambda one, whole: one.content == whole[10:93]),
        (WrongBytes(), lambda one, whole: one.content != whole[10:100]),
        (
            WrongContentRange(1),
            lambda one, whole: one.headers["Content-Range"].startswith("bytes 11-100/"),
        ),
        (
            Corrupt(50),
            lambda one, whole: _differing(one.content, whole[10:100]) == [40],
        ),
        (
            Status(429, retry_after="3"),
            lambda one, _: one.headers["Retry-After"] == "3",
        ),
        (Status(503), lambda one, _: one.status_code == 503),
    ],
)
def test_an_answer_is_wrong(
    hub: HubServer,
    fault: IgnoreRange,
    is_so: Callable[[httpx2.Response, bytes], bool],
) -> None:
    hub.fault(_WEIGHTS, fault)
    assert is_so(_get(hub, "bytes=10-99"), _whole(hub))
    right = _get(hub, "bytes=10-99")
    assert (right.status_code, right.content) == (206, _whole(hub)[10:100])


def _differing(one: bytes, other: bytes) -> list[int]:
    return [place for place in range(len(one)) if one[place] != other[place]]


def test_faults_strike_one_request_each_in_order(hub: HubServer) -> None:
    hub.fault(_WEIGHTS, Status(500), None, Corrupt(250_000), Status(503))
    statuses = [_get(hub, "bytes=0-9").status_code for _one in range(4)]
    # The corrupted byte waits for the request that asks for it.
    assert statuses == [500, 206, 206, 206]
    assert _get(hub).content != _whole(hub)
    assert _get(hub).status_code == 503
    hub.fault(_WEIGHTS, Status(500), is_endless=True)
    assert [_get(hub).status_code for _one in range(3)] == [500] * 3
    hub.heal()
    assert _get(hub).status_code == 206


def test_an_answer_can_be_slow(hub: HubServer) -> None:
    hub.fault(_WEIGHTS, Slow(1_000_000))
    answer = httpx2.get(_link(hub), timeout=5)
    assert answer.content == _whole(hub)
    assert answer.elapsed.total_seconds() > 0.15


def test_the_throttle_holds_for_all_connections_together(hub: HubServer) -> None:
    link = _link(hub)
    hub.throttle(2_000_000)
    began = time.monotonic()
    with ThreadPoolExecutor(3) as threads:
        lengths = [
            len(one.content) for one in threads.map(lambda _n: httpx2.get(link), "abc")
        ]
    assert lengths == [300_000] * 3
    assert time.monotonic() - began > 0.9 * 900_000 / 2_000_000


def test_a_file_changes_under_the_same_commit(hub: HubServer) -> None:
    before = httpx2.head(_link(hub))
    hub.repository("owner/name").change("model.safetensors", b"another")
    after = httpx2.head(_link(hub))
    assert before.url == after.url
    assert before.headers["ETag"] != after.headers["ETag"]
    assert httpx2.get(_link(hub)).content == b"another"


def test_it_ends_while_clients_hang_on_it() -> None:
    with HubServer() as hub:
        hub.add("owner/name", {})
        hub.fault("*", Silent())
        port = int(hub.endpoint.rpartition(":")[2])
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /api/models HTTP/1.1\r\nHost: hub\r\n\r\n")
        idle = socket.create_connection(("127.0.0.1", port))
    with client, idle:
        client.settimeout(10)
        idle.settimeout(10)
        for one in (client, idle):
            try:
                assert one.recv(1) == b""
            except ConnectionResetError:
                pass  # it was not yet accepted
