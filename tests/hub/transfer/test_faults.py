"""What goes wrong on the way is overcome, or said; what came is never lost."""

import time
from pathlib import Path

import pytest

from mlxtui.errors import AccessDenied, HubError, RepositoryNotFound
from mlxtui.hub.transfer import TransferLimits, missing_bytes, rate, schedule
from mlxtui.repositories import Repository
from tests.hub.transfer.harness import ALONE, USUAL, Pull, add, content_of
from tests.hub_server import (
    Answer,
    Call,
    Corrupt,
    Drop,
    Fault,
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

_SIZE = 3_000_000
_TARGET = "maker/model/model.safetensors"


@pytest.fixture
def repository(hub: HubServer) -> Repository:
    return add(hub, {"config.json": b"{}", "model.safetensors": MadeUp(_SIZE)})


def _is_right(hub: HubServer, folder: Path) -> bool:
    found = (folder / "model.safetensors").read_bytes()
    return found == content_of(hub, "model.safetensors")


@pytest.mark.parametrize(
    "faults",
    [
        [Drop(after_bytes=1000)],
        [Drop(after_bytes=0)],
        [Reset(after_bytes=100_000)],
        [Drop(after_bytes=50_000), Reset(after_bytes=1)] * 20,
        [Stall(after_bytes=10_000)],
        [Silent(seconds=0.01)],
        [Silent()],
        [Status(500), Status(502), Status(503), Status(504), Status(408)],
        [Status(429), Status(429)],
        [Truncate(missing_bytes=7)],
        [IgnoreRange()],
        [IgnoreRange()] * 4,
        [WrongContentRange(shift_bytes=1)],
        [WrongContentRange(shift_bytes=-4096)] * 3,
        [Status(416)],
        [Status(403)],
        [Answer(b"<html>please log in</html>", "text/html")],
        [Slow(2_000_000)],
    ],
    ids=repr,
)
def test_a_fault_is_overcome(
    hub: HubServer, repository: Repository, cache_dir: Path, faults: list[Fault]
) -> None:
    hub.fault(_TARGET, *faults)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


@pytest.mark.parametrize(
    "fault", [Status(503), Status(429), Silent(seconds=0.01)], ids=repr
)
def test_a_fault_of_the_hub_is_overcome(
    hub: HubServer, repository: Repository, cache_dir: Path, fault: Fault
) -> None:
    hub.fault("/maker/model/resolve/*", fault, fault)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


def test_a_drop_costs_nothing_that_came(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, *[Drop(after_bytes=100_000)] * 25)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    assert hub.faults_left() == 0
    assert hub.bytes_sent(_TARGET) == _SIZE


def test_a_stalled_server_is_asked_for_the_rest(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    assert USUAL.stall_seconds == 20
    hub.fault(_TARGET, Stall(after_bytes=10_000), Stall(after_bytes=0))
    assert _is_right(hub, Pull(hub, repository, cache_dir, ALONE).run())
    first, second, third = hub.asked(_TARGET)
    assert second.range == third.range == f"bytes=10000-{_SIZE - 1}"
    for one, two in ((first, second), (second, third)):
        assert two.at - one.at >= 0.95 * ALONE.stall_seconds


def test_in_a_stall_the_speed_that_is_shown_falls_to_zero(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate, "_WINDOW_SECONDS", 0.5)
    monkeypatch.setattr(schedule, "_SILENT_SECONDS", 0.3)
    hub.fault(_TARGET, Stall(after_bytes=1000), is_endless=True)
    limits = TransferLimits(stall_seconds=6, connections=2)
    pull = Pull(hub, repository, cache_dir, limits)
    pull.cancel_when = lambda progress: (
        progress.done_bytes > 2 and progress.rate_bytes_per_second == 0
    )
    pull.run_until_cancelled()
    last = pull.reports[-1]
    assert last.rate_bytes_per_second == 0 and last.seconds_left is None
    assert last.note == "No data is coming."
    hub.heal()
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


def test_retry_after_is_honoured(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, *[Status(429, retry_after="1")])
    pull = Pull(hub, repository, cache_dir, ALONE)
    assert _is_right(hub, pull.run())
    first, second = hub.asked(_TARGET)[:2]
    assert first.status == 429 and second.at - first.at >= 0.95
    assert any("429" in note and "next attempt" in note for note in pull.notes)


def test_a_server_that_never_answers_is_given_up_with_what_came(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, Drop(after_bytes=500_000))
    hub.fault(_TARGET, Status(503), is_endless=True)
    with pytest.raises(HubError, match="model.safetensors could not be fetched") as one:
        Pull(hub, repository, cache_dir, ALONE).run()
    assert "503" in one.value.message and "kept" in one.value.hint
    left = missing_bytes(repository, repository.files, cache_dir)
    assert left == _SIZE - 500_000
    hub.heal()
    hub.forget_requests()
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    assert hub.bytes_sent(_TARGET) == left


def test_the_wait_grows_with_each_failure(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, *[Status(503)] * 4)
    limits = TransferLimits(first_wait_seconds=0.05, connections=1)
    assert _is_right(hub, Pull(hub, repository, cache_dir, limits).run())
    moments = [request.at for request in hub.asked(_TARGET)][:5]
    waits = [two - one for one, two in zip(moments, moments[1:], strict=False)]
    assert all(wait >= 0.95 * 0.05 * 2**number for number, wait in enumerate(waits))


def test_a_link_that_has_expired_is_asked_for_again(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, None, Status(403), None, Status(403))
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    assert len(hub.asked("/maker/model/resolve/*/model.safetensors")) > 1


def test_a_server_that_ignores_ranges_is_read_in_one_stream(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, IgnoreRange(), is_endless=True)
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    streams = [request for request in hub.asked(_TARGET) if not request.range]
    assert len(streams) == 1


def test_a_stream_that_breaks_begins_again(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, IgnoreRange(), IgnoreRange())
    hub.fault(_TARGET, Drop(after_bytes=1_000_000), Drop(after_bytes=2_000_000))
    limits = TransferLimits(
        connections=2, first_wait_seconds=0.02, least_span_bytes=256 * 1024
    )
    assert _is_right(hub, Pull(hub, repository, cache_dir, limits).run())


def test_a_corrupt_byte_is_found_and_the_file_fetched_once_more(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, Corrupt(at=1_234_567))
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())
    assert hub.bytes_sent(_TARGET) == 2 * _SIZE


def test_ranges_of_wrong_bytes_are_found(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, WrongBytes())
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


def test_a_small_file_is_checked_too(hub: HubServer, cache_dir: Path) -> None:
    repository = add(hub, {"config.json": b'{"a": 1}'})
    hub.fault("maker/model/config.json", Corrupt(at=3))
    folder = Pull(hub, repository, cache_dir).run()
    assert (folder / "config.json").read_bytes() == b'{"a": 1}'


def test_what_stays_wrong_ends_in_an_error_and_never_in_the_cache(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.fault(_TARGET, *[Corrupt(at=5)] * 50)
    with pytest.raises(HubError, match="wrong bytes of model.safetensors"):
        Pull(hub, repository, cache_dir).run()
    blobs = cache_dir / "models--maker--model/blobs"
    sha256 = repository.files[1].sha256
    assert not (blobs / sha256).exists()
    assert not (
        cache_dir / "models--maker--model/snapshots" / repository.commit
    ).exists()
    hub.heal()
    assert _is_right(hub, Pull(hub, repository, cache_dir).run())


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(404, error_code="EntryNotFound"), RepositoryNotFound),
        (Status(403, error_code="GatedRepo"), AccessDenied),
        (Status(401), HubError),
    ],
    ids=repr,
)
def test_a_refusal_of_the_hub_is_final(
    hub: HubServer,
    repository: Repository,
    cache_dir: Path,
    fault: Fault,
    error: type[HubError],
) -> None:
    hub.fault("/maker/model/resolve/*/model.safetensors", fault, is_endless=True)
    with pytest.raises(error):
        Pull(hub, repository, cache_dir, ALONE).run()
    assert len(hub.asked("/maker/model/resolve/*/model.safetensors")) == 1


def test_a_file_that_changed_on_the_hub_is_refused(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    hub.repository("maker/model").change("model.safetensors", MadeUp(_SIZE, seed=9))
    with pytest.raises(HubError, match="model.safetensors is another file"):
        Pull(hub, repository, cache_dir).run()


def test_a_file_that_changes_under_way_is_found(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    def change() -> None:
        hub.repository("maker/model").change("model.safetensors", MadeUp(_SIZE, seed=9))

    hub.fault(_TARGET, None, None, Call(change))
    with pytest.raises(HubError, match="model.safetensors"):
        Pull(hub, repository, cache_dir).run()
    assert not (
        cache_dir / "models--maker--model/snapshots" / repository.commit
    ).exists()


def test_the_same_second_is_no_failure_of_each_connection(
    hub: HubServer, repository: Repository, cache_dir: Path
) -> None:
    # Eight connections that fail at once are one attempt, not eight.
    hub.fault(_TARGET, *[Status(503)] * 8)
    limits = TransferLimits(
        near_connections=8,
        attempts=3,
        first_wait_seconds=0.3,
        least_span_bytes=256 * 1024,
    )
    begin = time.monotonic()
    assert _is_right(hub, Pull(hub, repository, cache_dir, limits).run())
    assert time.monotonic() > begin
