"""Searching a hub that answers over real HTTP."""

from typing import Any

import pytest

from mlxtui.errors import HubError, InvalidParameter, Offline, RepositoryNotFound
from mlxtui.hub.access import HubAccess
from mlxtui.hub.search import PAGE_LINES, search
from mlxtui.repositories import FoundRepository, SearchQuery
from tests.hub_server import Answer, Given, HubServer, MadeUp

_WEIGHTS: dict[str, Given] = {"config.json": b"{}", "model.safetensors": MadeUp(100)}
_TEXT: dict[str, Any] = {"pipeline_tag": "text-generation"}


@pytest.fixture
def models(hub: HubServer) -> HubServer:
    """A hub with one model of each sort."""
    hub.add(
        "mlx-community/Tiny-4bit", _WEIGHTS, tags=("mlx", "4-bit"), downloads=50,
        likes=1, parameter_count=8_000_000, **_TEXT,
    )  # fmt: skip
    hub.add("owner/tiny-chat", _WEIGHTS, downloads=90, parameter_count=4_000, **_TEXT)
    hub.add("owner/tiny-gguf", {"a.gguf": b"GGUF"}, downloads=20, likes=9, **_TEXT)
    hub.add(
        "owner/embedder", _WEIGHTS, pipeline_tag="sentence-similarity",
        library_name="sentence-transformers",
    )  # fmt: skip
    hub.add("owner/eyes", _WEIGHTS, pipeline_tag="image-text-to-text")
    hub.add("owner/lora", _WEIGHTS, library_name="peft", gated="auto", **_TEXT)
    hub.add("owner/private", _WEIGHTS, is_private=True, **_TEXT)
    return hub


def _names(access: HubAccess, **query: object) -> list[str]:
    page = search(access, SearchQuery(**query))  # type: ignore[arg-type]
    return [one.repo_id for one in page.found]


def _one(access: HubAccess, repo_id: str) -> FoundRepository:
    (found,) = search(access, SearchQuery(words=repo_id)).found
    return found


def test_words_find_names(models: HubServer, access: HubAccess) -> None:
    assert _names(access, words="tiny") == [
        "owner/tiny-chat", "mlx-community/Tiny-4bit", "owner/tiny-gguf",
    ]  # fmt: skip
    assert _names(access, words="tiny 4BIT") == ["mlx-community/Tiny-4bit"]
    assert _names(access, words="日本語") == []
    assert len(_names(access)) == 7


def test_an_owner_and_a_beginning_find_what_that_owner_has(
    models: HubServer, access: HubAccess
) -> None:
    assert _names(access, words="owner/tin") == ["owner/tiny-chat", "owner/tiny-gguf"]
    assert len(_names(access, words="mlx-community/")) == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"kind": "text", "weight_format": "mlx"}, "mlx-community/Tiny-4bit"),
        ({"kind": "text", "weight_format": "gguf"}, "owner/tiny-gguf"),
        ({"kind": "embedding", "weight_format": "safetensors"}, "owner/embedder"),
        ({"kind": "vision"}, "owner/eyes"),
        ({"kind": "adapter"}, "owner/lora"),
    ],
)
def test_kinds_and_formats_are_told_apart(
    models: HubServer, access: HubAccess, query: dict[str, object], name: str
) -> None:
    assert _names(access, **query) == [name]
    found = _one(access, name)
    assert found.kind == query["kind"]
    if wanted := query.get("weight_format"):
        assert wanted in found.weight_formats


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("downloads", "owner/tiny-chat"),
        ("likes", "owner/tiny-gguf"),
        ("size", "mlx-community/Tiny-4bit"),
    ],
)
def test_results_are_in_order(
    models: HubServer, access: HubAccess, order: str, first: str
) -> None:
    names = _names(access, words="tiny", order=order)
    assert (names[0], len(names)) == (first, 3)


def test_the_updated_ones_come_first(models: HubServer, access: HubAccess) -> None:
    chat = models.repository("owner/tiny-chat")
    chat.updated = chat.updated.replace(year=2027)
    assert _names(access, order="updated")[0] == "owner/tiny-chat"
    assert _one(access, "owner/tiny-chat").updated == chat.updated


def test_pages_follow_one_another_and_end(hub: HubServer, access: HubAccess) -> None:
    total = 2 * PAGE_LINES + 3
    for number in range(total):
        hub.add(f"crowd/model-{number:03}", {"x.gguf": b""}, downloads=number)
    query = SearchQuery(words="model", weight_format="gguf")
    page, names = search(access, query), []
    while True:
        names += [one.repo_id for one in page.found]
        if not page.next_page:
            break
        page = search(access, query, page.next_page)
    assert names == [f"crowd/model-{number:03}" for number in reversed(range(total))]
    assert len(hub.asked("/api/models")) == 3


def test_an_address_finds_that_repository(models: HubServer, access: HubAccess) -> None:
    for words in (
        "owner/tiny-chat",
        "owner/tiny-chat@v1",
        f"{models.endpoint}/owner/tiny-chat/tree/main",
    ):
        assert _names(access, words=words) == ["owner/tiny-chat"]
    assert _one(access, "owner/private").repo_id == "owner/private"
    assert _one(access, "owner/lora").is_gated
    assert not _one(access, "owner/eyes").is_gated


def test_a_page_that_is_no_model_s_is_said_to_be_none(
    models: HubServer, access: HubAccess
) -> None:
    with pytest.raises(InvalidParameter):
        _names(access, words="https://github.com/owner/tiny-chat")
    with pytest.raises(RepositoryNotFound):
        _names(access, words="https://huggingface.co/owner/nothing")
    assert _names(access, words="owner/nothing") == []


def test_sizes_are_those_of_the_weights(models: HubServer, access: HubAccess) -> None:
    chat = _one(access, "owner/tiny-chat")
    assert (chat.parameter_count, chat.size_bytes) == (4_000, 8_000)
    assert _one(access, "owner/tiny-gguf").size_bytes is None


def test_packed_weights_are_counted_as_what_they_stand_for(
    hub: HubServer, access: HubAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A 4-bit model of 1280 weights in groups of 64, and 100 that are not packed.
    counts = {"U32": 160, "BF16": 40 + 100}
    repository = hub.add("mlx-community/x-4bit", _WEIGHTS, tags=("mlx",))
    monkeypatch.setattr(repository, "parameters", lambda: counts)
    found = _one(access, "mlx-community/x-4bit")
    assert (found.parameter_count, found.size_bytes) == (1380, 4 * 160 + 2 * 140)
    assert (found.kind, found.weight_formats) == ("text", ("mlx", "safetensors"))


def test_offline_nothing_is_asked(hub: HubServer) -> None:
    with pytest.raises(Offline):
        search(HubAccess(hub.endpoint, offline=True), SearchQuery())
    assert hub.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"nonsense", b"\xff\xfe", b'"text"', b"[" * 100_000, b"null",
        b"[" * 3_000 + b"]" * 3_000,
    ],
)  # fmt: skip
def test_nonsense_is_told(hub: HubServer, access: HubAccess, body: bytes) -> None:
    hub.fault("/api/models", Answer(body))
    with pytest.raises(HubError) as refusal:
        search(access, SearchQuery(words="x"))
    assert "127.0.0.1" in refusal.value.message and refusal.value.hint


def test_lines_that_lie_are_left_out_or_taken_with_what_is_right(
    hub: HubServer, access: HubAccess
) -> None:
    lines = b"""[1, null, {}, {"id": 5}, {"id": "../../x"}, {"id": "gpt2"},
        {"id": "owner/a", "downloads": "many", "likes": -3, "tags": {"x": 1},
         "gated": "manual", "lastModified": "yesterday", "pipeline_tag": 7,
         "safetensors": {"parameters": [1]}, "gguf": 4, "siblings": [3, {}]},
        {"id": "owner/b", "likes": true, "tags": ["gguf", 4],
         "safetensors": {"parameters": {"BF16": -4, "F32": "x", "U8": true}}}]"""
    hub.fault("/api/models", Answer(lines))
    first, second = search(access, SearchQuery(words="x")).found
    assert (first.repo_id, first.downloads, first.likes) == ("owner/a", 0, 0)
    assert (first.updated, first.size_bytes, first.is_gated) == (None, None, True)
    assert (second.weight_formats, second.likes) == (("gguf",), 0)


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ('<https://other.example/api/models?cursor=abc>; rel="next"', "abc"),
        ('<https://other.example/x>; rel="next"', ""),
        ('<http://[::1?cursor=a>; rel="next"', ""),
        ("nonsense", ""),
    ],
)
def test_another_host_in_the_next_page_s_address_is_not_asked(
    hub: HubServer, access: HubAccess, link: str, cursor: str
) -> None:
    hub.fault("/api/models", Answer(b"[]", link=link))
    page = search(access, SearchQuery(words="x"))
    assert page.next_page == cursor
    hub.fault("/api/models", Answer(b"[]"))
    # The test's network ends at this machine: asking there would fail.
    assert search(access, SearchQuery(words="x"), "abc").found == ()
