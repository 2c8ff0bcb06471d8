"""Every way in which a hub fails ends in a sentence and a next step."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from mlxtui.errors import AccessDenied, HubError, Offline, RepositoryNotFound
from mlxtui.hub import asking
from mlxtui.hub.access import HubAccess
from mlxtui.hub.asking import open_client
from mlxtui.hub.failures import failure_of, host_of
from mlxtui.hub.search import search
from mlxtui.repositories import RepositoryAddress, SearchQuery
from tests.hub_server import TOKEN, Drop, HubServer, Reset, Silent, Slow, Status

_QUERY = SearchQuery(words="x")


def _failure(access: HubAccess) -> HubError:
    with pytest.raises(HubError) as failure:
        search(access, _QUERY)
    text = failure.value.message + failure.value.hint
    assert failure.value.message and TOKEN not in text and "Traceback" not in text
    return failure.value


@pytest.mark.parametrize(
    ("fault", "kind", "named"),
    [
        (Status(429, retry_after="7"), HubError, "7 seconds"),
        (Status(429), HubError, "later"),
        (Status(500), HubError, "HTTP 500"),
        (Status(503), HubError, "HTTP 503"),
        (Status(403, message="not for you"), AccessDenied, "not for you"),
        (Status(401), AccessDenied, "HTTP 401"),
        (Status(418, message="\x1b[31mteapot"), HubError, "teapot"),
        (
            Status(403, message="Access to this resource is disabled."),
            AccessDenied, "closed",
        ),
        (Status(404), HubError, "HTTP 404"),
        (Status(200, body=b"<html>", content_type="text/html"), HubError, "login page"),
        (Drop(0), HubError, "closed the connection."),
        (Reset(0), HubError, "was lost: Connection reset by peer."),
    ],
)  # fmt: skip
def test_an_answer_that_says_no_is_told(
    hub: HubServer,
    access: HubAccess,
    fault: Status,
    kind: type[HubError],
    named: str,
) -> None:
    hub.add("owner/name", {"config.json": b"{}"})
    hub.fault("/api/models", fault)
    failure = _failure(access)
    assert type(failure) is kind
    assert named in failure.message + failure.hint
    assert "\x1b" not in failure.message


@pytest.mark.parametrize("fault", [Silent(), Slow(20)])
def test_a_hub_that_falls_silent_is_given_up(
    hub: HubServer,
    access: HubAccess,
    fault: Silent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "READ_SECONDS", 0.3)
    monkeypatch.setattr(asking, "_WHOLE_SECONDS", 0.3)
    hub.add("owner/x", {"config.json": b"{}"})
    hub.fault("/api/models", fault)
    failure = _failure(access)
    assert "time" in failure.message or "slow" in failure.message


def test_a_hub_that_says_too_much_is_given_up(
    hub: HubServer, access: HubAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("owner/x", {"config.json": b"{}"})
    with open_client(access) as client, pytest.raises(HubError):
        asking.ask(client, access, "/api/models", most_bytes=10)


def test_a_hub_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    failure = _failure(HubAccess(f"http://127.0.0.1:{port}", TOKEN))
    assert isinstance(failure, Offline)
    assert f"127.0.0.1:{port}" in failure.message and "refused." in failure.message
    failure = _failure(HubAccess("http://no-such-host.invalid", TOKEN))
    assert isinstance(failure, Offline) and "no-such-host.invalid" in failure.message


def test_a_hub_without_https_is_told(hub: HubServer) -> None:
    failure = _failure(HubAccess(hub.endpoint.replace("http:", "https:"), TOKEN))
    assert "HTTPS" in failure.message


@pytest.mark.parametrize(
    "endpoint",
    ["http://me:hidden@[::x", "ftp://me:hidden@host", "me:hidden@host", "http://"],
)
def test_an_address_that_is_not_valid_gives_no_login_away(endpoint: str) -> None:
    failure = _failure(HubAccess(endpoint, TOKEN))
    assert "hidden" not in failure.message + failure.hint


def test_a_hub_that_redirects_for_ever_is_told(
    hub: HubServer, access: HubAccess
) -> None:
    again = f"{hub.endpoint}/api/models"
    fault = Status(307, body=b"", location=again)
    hub.fault("/api/models", fault, is_endless=True)
    assert "does not answer as a hub does" in _failure(access).message


@contextmanager
def _wrong_certificate() -> Iterator[str]:
    """A server that breaks off when HTTPS begins, as one with old TLS does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(10)
                # A fatal alert: protocol version.
                connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_broken_https_is_told() -> None:
    with _wrong_certificate() as endpoint:
        assert "HTTPS" in _failure(HubAccess(endpoint, TOKEN)).message


def test_a_certificate_that_is_not_known_is_told() -> None:
    error = httpx2.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    failure = failure_of(error, "owner/name", "https://hub.example")
    assert "certificate of hub.example" in failure.message
    assert "SSL_CERT_FILE" in failure.hint


@pytest.mark.parametrize(
    ("variable", "value"),
    [("http_proxy", "socks5://me:hidden@host:1"), ("http_proxy", "foo://me:hidden@h")],
)
def test_a_proxy_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    failure = _failure(HubAccess("http://hub.invalid", TOKEN))
    assert "roxy" in failure.message
    assert "hidden" not in failure.message + failure.hint


def test_a_proxy_that_refuses_is_told(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", hub.endpoint)
    hub.fault("*", Status(407), is_endless=True)
    failure = _failure(HubAccess("https://hub.invalid", TOKEN))
    assert "roxy" in failure.message


def test_errors_of_ours_pass_and_others_are_named() -> None:
    ours = RepositoryNotFound("not there")
    assert failure_of(ours, "owner/name") is ours
    assert isinstance(failure_of(OfflineModeIsEnabled("x"), "owner/name"), Offline)
    request = httpx2.Request("GET", "http://me:hidden@hub.example/x?token=hidden")
    failure = failure_of(httpx2.ReadTimeout("late", request=request))
    assert failure.message.startswith("hub.example does not")
    for error in (ValueError("x"), KeyError("sha"), OSError(28, "No space left")):
        assert failure_of(error, "owner/name", "https://hub.example").message


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx2.ConnectError(""), "hub.example:81 cannot be reached."),
        (
            httpx2.RemoteProtocolError("Server disconnected"),
            "hub.example:81 closed the connection.",
        ),
        (
            httpx2.RemoteProtocolError("illegal status line"),
            "hub.example:81 does not speak HTTP as it should.",
        ),
        (httpx2.ReadError(""), "The connection to hub.example:81 was lost."),
        (OSError(), "The hub's files cannot be read or written."),
    ],
    ids=repr,
)
def test_no_name_of_a_class_is_shown(error: Exception, message: str) -> None:
    assert failure_of(error, endpoint="https://hub.example:81").message == message


def test_a_gated_repository_says_where_its_licence_is() -> None:
    response = httpx2.Response(
        403, headers={"X-Error-Code": "GatedRepo"},
        request=httpx2.Request("GET", "https://cdn.example/x"),
    )  # fmt: skip
    error = httpx2.HTTPStatusError("x", request=response.request, response=response)
    address = RepositoryAddress(repo_id="owner/name")
    failure = failure_of(error, address, "https://hub.example")
    assert isinstance(failure, AccessDenied)
    assert "https://hub.example/owner/name" in failure.hint


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://me:secret@hub.example:8443/path", "hub.example:8443"),
        ("", "?"),
        ("hub.example", "hub.example"),
    ],
)
def test_a_host_is_shown_without_login(endpoint: str, host: str) -> None:
    assert host_of(endpoint) == host
