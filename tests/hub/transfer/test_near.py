"""A near server is asked by few connections with small buffers, a far one by all."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui.hub.transfer import wire
from tests.hub.transfer.harness import QUICK, Pull, add
from tests.hub_server import HubServer, MadeUp, Stall

_LIMITS = replace(QUICK, stall_seconds=60)


@pytest.mark.parametrize(
    ("near_seconds", "connections"), [(60, 3), (0, 8)], ids=["near", "far"]
)
def test_how_many_connections_there_are(
    hub: HubServer,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    near_seconds: float,
    connections: int,
) -> None:
    monkeypatch.setattr(wire, "_NEAR_SECONDS", near_seconds)
    repository = add(hub, {"model.safetensors": MadeUp(6_000_000)})
    hub.fault("maker/model/*", Stall(after_bytes=1000), is_endless=True)
    pull = Pull(hub, repository, cache_dir, _LIMITS)
    most = 0

    def look(progress: object) -> bool:
        nonlocal most
        most = max(most, len(hub.asked("maker/model/*")))
        # Long enough for one more to come, were it asked for.
        return most >= connections and len(pull.reports) > 10

    pull.cancel_when = look
    pull.run_until_cancelled()
    assert most == connections


@pytest.mark.parametrize("near_seconds", [60, 0])
def test_only_a_near_server_gets_a_small_buffer(
    hub: HubServer,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    near_seconds: float,
) -> None:
    monkeypatch.setattr(wire, "_NEAR_SECONDS", near_seconds)
    monkeypatch.setattr(wire, "_NEAR_BUFFER_BYTES", 40_000)
    repository = add(hub, {"model.safetensors": MadeUp(6_000_000)})
    hub.fault("maker/model/*", Stall(after_bytes=1000), is_endless=True)
    fitted: list[int] = []
    keep = wire.Wire._keep

    def look(self: wire.Wire, stream: object) -> None:
        found = stream.get_extra_info("socket")  # type: ignore[attr-defined]
        fitted.append(found.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
        keep(self, stream)

    monkeypatch.setattr(wire.Wire, "_keep", look)
    pull = Pull(hub, repository, cache_dir, _LIMITS)
    pull.cancel_when = lambda progress: progress.done_bytes > 0
    pull.run_until_cancelled()
    # The system may double what it is asked for.
    are_small = [one in (40_000, 80_000) for one in fitted]
    assert fitted and all(are_small) == any(are_small) == (near_seconds > 0)
