"""Over TLS: content in large pieces, ends, cuts, and certificates that do not hold."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui.errors import HubError
from mlxtui.hub import asking
from mlxtui.hub.transfer import TransferProgress
from tests.hub.transfer.harness import QUICK, USUAL, Pull, add, content_of
from tests.hub_server import Call, Drop, HubServer, MadeUp, Stall

_SIZE = 3_000_000
_TARGET = "maker/model/vocabulary.txt"

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the certificate"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _made_certificate(tmp_path_factory.mktemp("certificate"))


def _made_certificate(folder: Path) -> tuple[Path, Path]:
    found, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(found)],
        check=True, capture_output=True,
    )  # fmt: skip
    return found, key


@pytest.fixture
def hub(certificate: tuple[Path, Path]) -> Iterator[HubServer]:
    """A hub that speaks TLS; its server for large files does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with HubServer() as running:
        running._hub.socket = context.wrap_socket(running._hub.socket, server_side=True)
        running._state.endpoint = running.endpoint.replace("http://", "https://")
        yield running


@pytest.fixture(autouse=True)
def own_certificates() -> Iterator[None]:
    """A program reads the certificates that it trusts once."""
    asking._certificates.cache_clear()
    yield
    asking._certificates.cache_clear()


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


@pytest.mark.usefixtures("trusted")
def test_a_file_comes_whole(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"vocabulary.txt": MadeUp(_SIZE)})
    hub.fault(_TARGET, Drop(after_bytes=200_000), Drop(after_bytes=7))
    folder = Pull(hub, repository, cache_dir).run()
    found = (folder / "vocabulary.txt").read_bytes()
    assert found == content_of(hub, "vocabulary.txt")


@pytest.mark.usefixtures("trusted")
def test_a_cut_leaves_nothing_wrong_behind(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"vocabulary.txt": MadeUp(_SIZE)})
    hub.fault(_TARGET, Stall(after_bytes=100_000), is_endless=True)
    pull = Pull(hub, repository, cache_dir, replace(USUAL, least_span_bytes=256 * 1024))
    pull.cancel_when = lambda progress: len(pull.reports) == 8
    assert pull.run_until_cancelled() < 0.5
    hub.heal()
    hub.throttle(5e6)
    pull = Pull(hub, repository, cache_dir, QUICK)
    pull.cancel_when = lambda progress: progress.done_bytes > _SIZE / 2
    pull.run_until_cancelled()
    hub.throttle(None)
    hub.forget_requests()
    folder = Pull(hub, repository, cache_dir).run()
    found = (folder / "vocabulary.txt").read_bytes()
    assert found == content_of(hub, "vocabulary.txt")
    # Nothing that was there had to come again for its checksum.
    assert hub.bytes_sent(_TARGET) < _SIZE / 2


@pytest.mark.usefixtures("trusted")
def test_a_link_that_is_not_encrypted_is_refused(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, {"model.safetensors": MadeUp(_SIZE)})
    with pytest.raises(HubError, match="not encrypted"):
        Pull(hub, repository, cache_dir).run()
    assert hub.bytes_sent("maker/model/*") == 0


def test_a_certificate_that_nobody_vouches_for_ends_it_at_once(
    hub: HubServer, cache_dir: Path
) -> None:
    repository = add(hub, {"vocabulary.txt": MadeUp(_SIZE)})
    limits = replace(USUAL, connections=1)
    with pytest.raises(HubError, match="certificate of 127.0.0.1"):
        Pull(hub, repository, cache_dir, limits).run()
    assert not hub.requests


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_turns_wrong_on_the_way_is_waited_out(
    hub: HubServer,
    certificate: tuple[Path, Path],
    cache_dir: Path,
    tmp_path: Path,
) -> None:
    """As a login page does that stands between while the network comes back."""
    repository = add(hub, {"vocabulary.txt": MadeUp(_SIZE)})
    listener = hub._hub.socket
    assert isinstance(listener, ssl.SSLSocket)
    other = _made_certificate(tmp_path)
    hub.fault(
        _TARGET,
        Call(lambda: listener.context.load_cert_chain(*other)),
        Drop(after_bytes=0),
    )
    limits = replace(QUICK, connections=1, attempts=2)
    pull = Pull(hub, repository, cache_dir, limits)

    def look(progress: TransferProgress) -> bool:
        waits = [one for one in pull.reports if "certificate" in one.note]
        if len(waits) == 3:
            listener.context.load_cert_chain(*certificate)
        return False

    pull.cancel_when = look
    folder = pull.run()
    found = (folder / "vocabulary.txt").read_bytes()
    assert found == content_of(hub, "vocabulary.txt")
    assert any(note.startswith("Waiting for the network") for note in pull.notes)
