"""Servers that go away: the transfer waits for them, for hours, and asks again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui.errors import HubError, Offline
from mlxtui.hub.transfer import TransferProgress
from mlxtui.repositories import Repository
from tests.hub.transfer.harness import ALONE, QUICK, USUAL, Pull, add, content_of
from tests.hub_parts.cdn import CdnHandler
from tests.hub_parts.server import Server
from tests.hub_server import Given, HubServer, MadeUp

_SIZE = 3_000_000
_FILES: dict[str, Given] = {"config.json": b"{}", "model.safetensors": MadeUp(_SIZE)}
# Of answers that bring nothing: an outage is none.
_IMPATIENT = replace(QUICK, attempts=2, longest_wait_seconds=0.05)


def _is_right(hub: HubServer, folder: Path) -> bool:
    found = (folder / "model.safetensors").read_bytes()
    return found == content_of(hub, "model.safetensors")


def _host(endpoint: str) -> str:
    return endpoint.removeprefix("http://")


class _Outage:
    """Lets a hub go away in the middle of a transfer, and come back after a while."""

    def __init__(self, pull: Pull, hub: HubServer) -> None:
        self._pull = pull
        self.hub = hub
        self._is_gone = self._is_back = False
        pull.cancel_when = self._look

    def _look(self, progress: TransferProgress) -> bool:
        if not self._is_gone and progress.done_bytes > _SIZE / 3:
            self._is_gone = True
            self.go()
        # Ten a second: a transfer that counts these attempts gives up meanwhile.
        waits = [one for one in self._pull.reports if "network" in one.note]
        if len(waits) == 5 and not self._is_back:
            self._is_back = True
            self.come_back()
        return False

    def go(self) -> None:
        self.hub.close()

    def come_back(self) -> None:
        port = int(self.hub.endpoint.rpartition(":")[2])
        self.hub = HubServer(port)
        add(self.hub, _FILES)


class _OutageOfFiles(_Outage):
    """Only the server for large files goes away; another one comes for it."""

    def go(self) -> None:
        self.hub._cdn.close()

    def come_back(self) -> None:
        self.hub._cdn = Server(0, CdnHandler, self.hub._state)
        self.hub._state.cdn_endpoint = self.hub._cdn.address


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as running:
        running.throttle(8e6)
        yield running


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    return add(hub, _FILES)


def test_a_hub_that_comes_back_sends_to_another_server(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    pull = Pull(hub, repository, cache_dir, _IMPATIENT)
    outage = _Outage(pull, hub)
    folder = pull.run()
    with outage.hub as second:
        assert second is not hub and second.cdn_endpoint != hub.cdn_endpoint
        assert _is_right(second, folder)
        # What came before was not fetched again.
        assert second.bytes_sent("maker/model/*") < 0.7 * _SIZE
    assert (
        f"Waiting for the network: {_host(hub.endpoint)} (the hub) cannot be reached:"
        " Connection refused. The next attempt is in 1 s."
    ) in pull.notes
    assert pull.reports[-1].note == ""


def test_the_hub_is_asked_again_when_the_server_for_files_is_gone(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    pull = Pull(hub, repository, cache_dir, _IMPATIENT)
    gone = _host(hub.cdn_endpoint)
    _OutageOfFiles(pull, hub)
    assert _is_right(hub, pull.run())
    assert _host(hub.cdn_endpoint) != gone
    assert (
        f"Waiting for the network: {gone} (where {_host(hub.endpoint)} sends for the"
        " file) cannot be reached: Connection refused. The next attempt is in 1 s."
    ) in pull.notes


def test_it_ends_within_half_a_second_while_it_waits_for_the_network(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.close()
    pull = Pull(hub, repository, cache_dir, replace(USUAL, first_wait_seconds=30))
    pull.cancel_when = lambda progress: "is in 30 s." in progress.note
    assert pull.run_until_cancelled() < 0.5
    last = pull.reports[-1]
    assert last.rate_bytes_per_second == 0 and last.seconds_left is None


def test_the_patience_has_an_end(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.close()
    limits = replace(ALONE, attempts=1, patience_seconds=0.3)
    pull = Pull(hub, repository, cache_dir, limits)
    with pytest.raises(HubError, match=r"could not be fetched\. .* refused\.$") as one:
        pull.run()
    assert type(one.value) is Offline and len(pull.reports) > 1


def test_for_hours_by_default() -> None:
    assert USUAL.patience_seconds >= 12 * 3600
    assert USUAL.longest_wait_seconds <= 30
