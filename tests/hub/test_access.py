"""Which hub is asked, with whose token, and where its files go."""

from pathlib import Path

import pytest
from huggingface_hub import constants

from mlxtui.errors import AccessDenied, Offline
from mlxtui.hub.access import HubAccess, cache_dir, hub_access, without_login
from mlxtui.settings import Settings

_TOKEN = "hf_SecretOfTheTest"


def test_the_hub_s_usual_places_count_where_the_settings_say_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert hub_access(Settings()) == HubAccess("https://huggingface.co")
    monkeypatch.setattr(constants, "ENDPOINT", "https://mirror.example")
    token_file = Path(constants.HF_TOKEN_PATH)
    token_file.parent.mkdir(parents=True)
    token_file.write_text(f"{_TOKEN}\n")
    assert hub_access(Settings()) == HubAccess("https://mirror.example", _TOKEN)
    monkeypatch.setenv("HF_TOKEN", "hf_FromTheVariable")
    assert hub_access(Settings()).token == "hf_FromTheVariable"


def test_the_settings_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_FromTheVariable")
    used = Settings(hub_token=_TOKEN, hub_endpoint="https://mirror.example")
    assert hub_access(used) == HubAccess("https://mirror.example", _TOKEN)


@pytest.mark.parametrize("by_setting", [True, False])
def test_offline_no_token_is_even_looked_for(
    monkeypatch: pytest.MonkeyPatch, by_setting: bool
) -> None:
    monkeypatch.setenv("HF_TOKEN", _TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", not by_setting)
    access = hub_access(Settings(offline=by_setting))
    assert (access.offline, access.token) == (True, "")
    with pytest.raises(Offline) as refusal:
        access.require_network()
    assert "offline" in refusal.value.hint


def test_a_token_is_in_no_text() -> None:
    access = HubAccess("https://hub.example", _TOKEN)
    assert _TOKEN not in repr(access) + str(access)


@pytest.mark.parametrize("bad", [f"{_TOKEN} x", f"{_TOKEN}日本"])
def test_a_token_that_is_none_is_told_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", bad)
    with pytest.raises(AccessDenied) as refusal:
        hub_access(Settings())
    assert "HF_TOKEN" in refusal.value.hint
    assert _TOKEN not in refusal.value.message + refusal.value.hint


def test_a_token_file_that_cannot_be_read_is_told() -> None:
    Path(constants.HF_TOKEN_PATH).mkdir(parents=True)
    with pytest.raises(AccessDenied) as refusal:
        hub_access(Settings())
    assert "hf auth login" in refusal.value.hint


def test_downloads_go_to_the_hub_s_cache_or_into_the_models_folder(
    tmp_path: Path,
) -> None:
    assert cache_dir(Settings()) == Path(constants.HF_HUB_CACHE)
    used = Settings(models_folder=tmp_path / "models")
    assert cache_dir(used) == tmp_path / "models" / "hub"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@hub.example/x", "https://hub.example/x"),
        ("https://hub.example/x?token=secret", "https://hub.example/x"),
        ("see http://a:b@c:1/ and d", "see http://c:1/ and d"),
    ],
)
def test_logins_are_taken_out_of_addresses(text: str, shown: str) -> None:
    assert without_login(text) == shown
