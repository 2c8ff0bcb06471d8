"""What the hub says of one repository, and what is not believed of it."""

import json
from typing import Any

import pytest

from mlxtui.errors import AccessDenied, HubError, Offline, RepositoryNotFound
from mlxtui.hub.access import HubAccess
from mlxtui.hub.address import parse_address
from mlxtui.hub.repository import describe, is_safe_path, without_front_matter
from mlxtui.repositories import RemoteFile, Repository
from tests.hub_server import TOKEN, Answer, Given, HubServer, MadeUp, Status

_CARD = b"""---
license: other
license_name: tiny-1.0
base_model:
- owner/base
- owner/other
pipeline_tag: text-generation
tags: [mlx]
---

# Hi

---
text
"""
_FILES: dict[str, Given] = {
    "README.md": _CARD,
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": MadeUp(1000),
    "part/notes.txt": b"text",
}


def _describe(access: HubAccess, typed: str = "owner/name") -> Repository:
    return describe(access, parse_address(typed))


def test_everything_is_known_before_anything_is_fetched(
    hub: HubServer, access: HubAccess
) -> None:
    made = hub.add("owner/name", _FILES, downloads=7, likes=3)
    found = _describe(access)
    assert found.commit == made.revisions["main"]
    assert found.files[2] == RemoteFile(
        path="model.safetensors", size_bytes=1000,
        sha256=made.files["model.safetensors"].sha256,
    )  # fmt: skip
    assert found.files[3] == RemoteFile(
        path="part/notes.txt", size_bytes=4,
        blob_id=made.files["part/notes.txt"].blob_id,
    )  # fmt: skip
    assert (found.kind, found.weight_formats) == ("text", ("mlx", "safetensors"))
    assert (found.license, found.base_models) == (
        "tiny-1.0", ("owner/base", "owner/other"),
    )  # fmt: skip
    assert (found.downloads, found.likes, found.updated) == (7, 3, made.updated)
    assert (found.is_gated, found.is_private) == (False, False)
    assert found.card == "# Hi\n\n---\ntext"
    assert hub.bytes_sent("owner/name/*.safetensors") == 0


def test_a_revision_is_looked_at_as_it_was(hub: HubServer, access: HubAccess) -> None:
    made = hub.add("owner/name", _FILES)
    made.tag("refs/pr/1")
    first = made.revisions["main"]
    hub.add("owner/name", {"new.txt": b"new"})
    for revision in ("refs/pr/1", first):
        found = _describe(access, f"owner/name@{revision}")
        assert (found.commit, found.address.revision) == (first, revision)
        assert "new.txt" not in [file.path for file in found.files]
    assert _describe(access).commit == made.revisions["main"]


def test_a_gated_repository_is_described_but_for_its_card(
    hub: HubServer, access: HubAccess
) -> None:
    hub.add("owner/name", _FILES, gated="manual")
    found = _describe(access)
    assert (found.is_gated, found.card, len(found.files)) == (True, "", 4)
    hub.accept("owner/name")
    assert _describe(access).card


def test_a_renamed_repository_is_found(hub: HubServer, access: HubAccess) -> None:
    hub.add("owner/name", _FILES)
    hub.rename("owner/name", "owner/new")
    assert _describe(access).card


def test_what_is_not_there_is_told_apart(hub: HubServer, access: HubAccess) -> None:
    hub.add("owner/name", _FILES)
    hub.add("owner/private", _FILES, is_private=True)
    assert _describe(access, "owner/private").is_private
    for one, typed, named in (
        (access, "owner/nothing", "owner/nothing"),
        (HubAccess(hub.endpoint), "owner/private", "owner/private"),
        (access, "owner/name@v9", "v9"),
        (access, "owner/name/other.gguf", "other.gguf"),
    ):
        with pytest.raises(RepositoryNotFound) as refusal:
            _describe(one, typed)
        assert named in refusal.value.message and refusal.value.hint


def test_a_token_that_is_not_valid_is_told(hub: HubServer) -> None:
    hub.add("owner/name", _FILES)
    with pytest.raises(AccessDenied) as refusal:
        _describe(HubAccess(hub.endpoint, "hf_Wrong"))
    assert f"{hub.endpoint}/settings/tokens" in refusal.value.hint
    assert "hf_Wrong" not in refusal.value.message + refusal.value.hint


def test_offline_nothing_is_asked(hub: HubServer) -> None:
    with pytest.raises(Offline):
        _describe(HubAccess(hub.endpoint, offline=True))
    assert hub.requests == []


def test_the_token_goes_to_no_other_host(hub: HubServer) -> None:
    with HubServer() as other:
        other.add("owner/name", _FILES)
        elsewhere = f"{other.endpoint}/api/models/owner/name?blobs=true"
        hub.fault("/api/models/*", Status(307, body=b"", location=elsewhere))
        _describe(HubAccess(hub.endpoint, TOKEN))
        assert [one.had_token for one in other.requests[:1]] == [False]
        assert hub.requests[0].had_token


# Names of files


@pytest.mark.parametrize(
    "path",
    [
        "../evil", "a/../../evil", "/etc/passwd", "a//b", "a/./b", "..", ".", "",
        "a\\..\\b", "a\0b", "a\nb", "\x1b[31m", "a/", "x" * 256, "y/" * 600 + "z",
        "語" * 86, "\udcff",
    ],
)  # fmt: skip
def test_a_name_that_would_leave_the_folder_refuses_the_repository(
    hub: HubServer, access: HubAccess, path: str
) -> None:
    assert not is_safe_path(path)
    info = {"sha": "0" * 40, "siblings": [_sibling("config.json"), _sibling(path)]}
    hub.fault("/api/models/*", Answer(json.dumps(info).encode()))
    with pytest.raises(HubError) as refusal:
        _describe(access)
    assert "owner/name" in refusal.value.message
    assert "\x1b" not in refusal.value.message


def _sibling(path: str, **other: Any) -> dict[str, Any]:
    return {"rfilename": path, "size": 3, "blobId": "1" * 40} | other


def test_a_real_hub_s_own_hostile_name_is_refused(
    hub: HubServer, access: HubAccess
) -> None:
    hub.add("owner/name", _FILES | {"../evil": b"x"})
    with pytest.raises(HubError, match="would leave its folder"):
        _describe(access)


@pytest.mark.parametrize(
    "path", ["a b/日本.txt", ".gitattributes", "a..b/c", "語" * 85]
)
def test_usual_names_are_taken(path: str) -> None:
    assert is_safe_path(path)


def test_a_file_that_is_a_folder_as_well_is_refused(
    hub: HubServer, access: HubAccess
) -> None:
    info = {"sha": "0" * 40, "siblings": [_sibling("a/b/c"), _sibling("a/b")]}
    hub.fault("/api/models/*", Answer(json.dumps(info).encode()))
    with pytest.raises(HubError):
        _describe(access)


# Nonsense


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha": "main"}, {"sha": "../" + "0" * 37}, {"sha": None},
        {"siblings": None}, {"siblings": [5]}, {"siblings": [_sibling("x", size=-1)]},
        {"siblings": [_sibling("x", size=True)]},
        {"siblings": [_sibling("x", size="3")]},
        {"siblings": [_sibling("x", blobId="../../x")]},
        {"siblings": [_sibling("x", lfs={"size": 3, "sha256": "../" + "0" * 61})]},
        {"siblings": [{"rfilename": "x"}]},
    ],
)  # fmt: skip
def test_nonsense_is_told(
    hub: HubServer, access: HubAccess, wrong: dict[str, Any]
) -> None:
    info = {"sha": "0" * 40, "siblings": [_sibling("config.json")]} | wrong
    hub.fault("/api/models/*", Answer(json.dumps(info).encode()))
    with pytest.raises(HubError) as refusal:
        _describe(access)
    assert refusal.value.hint


def test_facts_of_the_wrong_type_are_left_out(
    hub: HubServer, access: HubAccess
) -> None:
    info = {
        "sha": "0" * 40, "siblings": [_sibling("config.json")], "tags": "x",
        "cardData": {"license": 3, "base_model": [1, "owner/base"]}, "private": "no",
        "downloads": [], "pipeline_tag": {}, "lastModified": 3,
    }  # fmt: skip
    hub.fault("/api/models/*", Answer(json.dumps(info).encode()))
    found = _describe(access)
    assert (found.license, found.base_models) == ("", ("owner/base",))
    assert (found.is_private, found.downloads, found.updated) == (False, 0, None)


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("---\na: 1\n---\n# Hi", "# Hi"),
        ("\ufeff---\r\na: 1\r\n---\r\n# Hi", "# Hi"),
        ("# Hi\n---\nno matter\n---", "# Hi\n---\nno matter\n---"),
        ("---\nnever ends", "---\nnever ends"),
        ("---\n---\n", ""),
        ("", ""),
    ],
)
def test_front_matter_is_taken_away(text: str, card: str) -> None:
    assert without_front_matter(text) == card
