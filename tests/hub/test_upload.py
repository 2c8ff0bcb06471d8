"""Sending a folder to the hub, with its bytes counted, and ending that."""

import os
from pathlib import Path

import pytest

from mlxtui.errors import AccessDenied, HubError, InvalidParameter, JobRefused, Offline
from mlxtui.hub import upload as upload_module
from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer.control import TransferCancelled
from mlxtui.hub.upload import upload
from tests.hub_server import TOKEN, Drop, HubServer, HubUser, Silent, Status

_SIZES = {"model-1.safetensors": 300_000, "model-2.safetensors": 200_000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, with what is not to be sent."""
    model = tmp_path / "model"
    model.mkdir()
    for name, size in _SIZES.items():
        (model / name).write_bytes(os.urandom(size))
    (model / "config.json").write_text("{}")
    (model / "README.md").write_text("---\nlibrary_name: mlx\n---\n# Mine\n")
    (model / "mlxtui.json").write_text('{"source": "/home/me"}')
    (model / ".hidden").write_text("x")
    return model


class _Watcher:
    """Remembers the progress, and cancels after so many bytes."""

    def __init__(self, cancel_after_bytes: int | None = None) -> None:
        self.reports: list[tuple[int, int]] = []
        self._cancel_after_bytes = cancel_after_bytes

    def on_progress(self, done_bytes: int, total_bytes: int) -> None:
        self.reports.append((done_bytes, total_bytes))

    def is_cancelled(self) -> bool:
        after = self._cancel_after_bytes
        done = self.reports[-1][0] if self.reports else 0
        return after is not None and done >= after


def _send(
    access: HubAccess,
    folder: Path,
    repo_id: str = "tester/mine",
    watcher: _Watcher | None = None,
) -> str:
    watcher = watcher or _Watcher()
    return upload(
        access, folder, repo_id,
        on_progress=watcher.on_progress, is_cancelled=watcher.is_cancelled,
    )  # fmt: skip


def test_a_folder_becomes_a_repository(
    hub: HubServer,
    access: HubAccess,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    watcher = _Watcher()
    address = _send(access, folder, watcher=watcher)
    assert address == f"{hub.endpoint}/tester/mine"
    files = hub.repository("tester/mine").files
    assert set(files) == {".gitattributes", "README.md", "config.json", *_SIZES}
    for name in _SIZES:
        assert files[name].all_bytes() == (folder / name).read_bytes()
    done = [report[0] for report in watcher.reports]
    total = watcher.reports[-1][1]
    assert done == sorted(done) and done[-1] == total
    assert {report[1] for report in watcher.reports} == {total}
    assert total == sum(file.stat().st_size for file in folder.glob("[Rcm]*.*")) - len(
        (folder / "mlxtui.json").read_bytes()
    )
    assert len([one for one in done if 0 < one < total]) > 4
    # Nothing is printed, no bar and no warning; no other host sees the token.
    assert capfd.readouterr() == ("", "")
    assert not any(one.had_token for one in hub.requests if one.server == "cdn")
    assert not hub.asked("/api/agent*")


def test_sent_again_only_what_is_not_there_is_sent(
    hub: HubServer, access: HubAccess, folder: Path
) -> None:
    _send(access, folder)
    before = len(hub.asked("/upload/*"))
    watcher = _Watcher()
    _send(access, folder, watcher=watcher)
    assert len(hub.asked("/upload/*")) == before
    assert watcher.reports[-1][0] == watcher.reports[-1][1] > 0


def test_an_error_of_the_storage_is_tried_again(
    hub: HubServer, access: HubAccess, folder: Path
) -> None:
    hub.fault("/upload/*", Status(500, retry_after="0"))
    _send(access, folder)
    assert hub.faults_left() == 0
    assert "model-1.safetensors" in hub.repository("tester/mine").files


def test_cancelled_it_ends_and_nothing_is_seen_of_it(
    hub: HubServer, access: HubAccess, folder: Path
) -> None:
    with pytest.raises(TransferCancelled):
        _send(access, folder, watcher=_Watcher(cancel_after_bytes=100_000))
    assert set(hub.repository("tester/mine").files) == {".gitattributes"}
    with pytest.raises(TransferCancelled):
        _send(access, folder, "tester/other", _Watcher(cancel_after_bytes=0))
    assert not hub.asked("/api/models/tester/other*")
    _send(access, folder)
    assert set(_SIZES) < set(hub.repository("tester/mine").files)


@pytest.mark.parametrize(
    ("token", "repo_id", "named"),
    [
        ("", "tester/mine", "hub_token"),
        ("hf_Wrong", "tester/mine", "settings/tokens"),
        (TOKEN, "other/mine", "rights"),
        ("hf_Reader", "reader/mine", "rights"),
    ],
)
def test_who_may_not_write_is_told(
    hub: HubServer, folder: Path, token: str, repo_id: str, named: str
) -> None:
    hub.add_user("hf_Reader", HubUser("reader", can_write=False))
    with pytest.raises(AccessDenied) as refusal:
        _send(HubAccess(hub.endpoint, token), folder, repo_id)
    assert named in refusal.value.message + refusal.value.hint
    assert "hf_" not in refusal.value.message + refusal.value.hint
    assert not hub.asked("/upload/*")


def test_a_hub_that_fails_is_told(
    hub: HubServer,
    access: HubAccess,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload_module, "_ANSWER_SECONDS", 0.3)
    for path, fault, named in (
        ("/api/repos/create", Status(503), "503"),
        ("/api/repos/create", Silent(), "in time"),
        ("/api/models/tester/mine/commit/main", Status(403), "403"),
        ("/api/models/tester/mine/commit/main", Drop(0), "connection"),
    ):
        hub.fault(path, fault)
        with pytest.raises(HubError) as failure:
            _send(access, folder)
        assert named in failure.value.message
    with pytest.raises(Offline):
        _send(HubAccess(hub.endpoint, TOKEN, offline=True), folder)


def test_what_cannot_be_sent_is_refused_before_anything_is_made(
    hub: HubServer, access: HubAccess, folder: Path
) -> None:
    with pytest.raises(JobRefused):
        _send(access, folder / "nowhere")
    for repo_id in ("mine", "a/b/c", "../x", ""):
        with pytest.raises(InvalidParameter):
            _send(access, folder, repo_id)
    assert hub.requests == []
