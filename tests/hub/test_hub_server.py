"""The local hub itself: huggingface_hub's own client finds there what it expects."""

import hashlib
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub_server import TOKEN, Given, HubServer, MadeUp

_CARD = b"---\nlicense: mit\ntags: [mlx]\npipeline_tag: text-generation\n---\n# Hi\n"
_FILES: dict[str, Given] = {
    "README.md": _CARD,
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": MadeUp(300_000),
    "part/notes.txt": b"text",
}


@pytest.fixture(autouse=True)
def plain_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client as it is used here: no Xet, no questions of its own, no bars."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)


@pytest.fixture
def api(hub: HubServer) -> HfApi:
    """huggingface_hub's interface to it."""
    hub.add("owner/name", _FILES, downloads=7, likes=3)
    return HfApi(endpoint=hub.endpoint, token=TOKEN)


def test_it_lists_and_filters_models(hub: HubServer, api: HfApi) -> None:
    for number in range(12):
        hub.add(f"crowd/gguf-{number:02}", {"x.gguf": b"GGUF"}, downloads=number)
    assert [one.id for one in api.list_models(search="NAME")] == ["owner/name"]
    assert [one.id for one in api.list_models(author="owner")] == ["owner/name"]
    assert [one.id for one in api.list_models(filter=["mlx", "license:mit"])] == [
        "owner/name"
    ]
    (found,) = api.list_models(pipeline_tag="text-generation", full=True)
    assert (found.downloads, found.likes, found.gated) == (7, 3, False)
    assert found.last_modified is not None
    most = [one.downloads for one in api.list_models(sort="downloads", limit=3)]
    assert most == [11, 10, 9]
    expanded = list(api.list_models(filter="gguf", expand=["gguf", "downloads"]))
    assert len(expanded) == 12 and expanded[0].gguf and not expanded[0].tags
    with pytest.raises(HfHubHTTPError):
        list(api.list_models(sort="size"))  # type: ignore[arg-type]


def test_it_describes_a_model(hub: HubServer, api: HfApi) -> None:
    repository = hub.repository("owner/name")
    repository.tag("v1")
    first = repository.revisions["main"]
    hub.add("owner/name", {"new.txt": b"new"})
    info = api.model_info("owner/name", files_metadata=True)
    assert info.sha == repository.revisions["main"] != first
    assert info.card_data is not None and info.card_data.license == "mit"
    assert info.siblings is not None
    files = {one.rfilename: one for one in info.siblings}
    weights = files["model.safetensors"]
    assert weights.lfs is not None and weights.size == 300_000
    assert weights.lfs.sha256 == repository.files["model.safetensors"].sha256
    assert files["config.json"].lfs is None
    old = api.model_info("owner/name", revision="v1")
    assert old.sha == first
    assert "new.txt" not in [one.rfilename for one in old.siblings or []]
    assert api.model_info("owner/name", revision=first).sha == first


def test_small_files_have_the_ids_that_git_gives_them(
    hub: HubServer, api: HfApi
) -> None:
    notes = hub.repository("owner/name").files["part/notes.txt"]
    # As `printf text | git hash-object --stdin` says.
    assert notes.blob_id == "f3a34851d44d6b97c90fbb99dd3d18c261b9a237"


def test_it_lists_trees_in_pages(hub: HubServer, api: HfApi) -> None:
    many: dict[str, bytes] = {f"many/{number:04}": b"" for number in range(1500)}
    hub.add("owner/large", many)
    assert len(api.list_repo_files("owner/large")) == 1500
    top = [one.path for one in api.list_repo_tree("owner/name")]
    assert top == ["README.md", "config.json", "model.safetensors", "part"]
    (one,) = api.get_paths_info("owner/name", "config.json")
    assert one.path == "config.json"


def test_it_downloads_one_file_and_all(
    hub: HubServer, api: HfApi, tmp_path: Path
) -> None:
    path = hf_hub_download(
        "owner/name", "part/notes.txt", endpoint=hub.endpoint, token=TOKEN
    )
    assert Path(path).read_bytes() == b"text"
    folder = Path(snapshot_download("owner/name", endpoint=hub.endpoint, token=TOKEN))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    repository = hub.repository("owner/name")
    assert digest == repository.files["model.safetensors"].sha256
    assert folder.name == repository.revisions["main"]
    sent = [one for one in hub.requests if one.server == "cdn"]
    assert sent and not any(one.had_token for one in sent)
    assert any(one.had_token for one in hub.requests)


@pytest.mark.filterwarnings("ignore:Use 'content=")
def test_it_makes_a_repository_and_uploads_a_folder(
    hub: HubServer, api: HfApi, tmp_path: Path
) -> None:
    assert api.whoami()["name"] == "tester"
    (tmp_path / "sub").mkdir()
    (tmp_path / "README.md").write_bytes(_CARD)
    (tmp_path / "sub" / "a.txt").write_bytes(b"small")
    (tmp_path / "model.safetensors").write_bytes(b"large" * 1000)
    api.create_repo("tester/new")
    made = api.upload_folder(repo_id="tester/new", folder_path=tmp_path)
    files = hub.repository("tester/new").files
    assert made.oid == hub.repository("tester/new").revisions["main"]
    assert set(files) == {
        ".gitattributes",
        "README.md",
        "model.safetensors",
        "sub/a.txt",
    }
    assert files["model.safetensors"].all_bytes() == b"large" * 1000
    assert hub.asked("/upload/*")[0].server == "cdn"
    with pytest.raises(HfHubHTTPError):
        api.create_repo("tester/new")
    with pytest.raises(HfHubHTTPError):
        api.create_repo("other/new")


def test_its_errors_are_told_apart(hub: HubServer, api: HfApi) -> None:
    hub.add("owner/gated", _FILES, gated="manual")
    hub.add("owner/private", _FILES, is_private=True)
    stranger = HfApi(endpoint=hub.endpoint, token=False)
    for error, call in (
        (RepositoryNotFoundError, lambda: api.model_info("owner/nothing")),
        (RepositoryNotFoundError, lambda: stranger.model_info("owner/private")),
        (RevisionNotFoundError, lambda: api.model_info("owner/name", revision="v9")),
        (RemoteEntryNotFoundError, lambda: _download(api, "owner/name", "no.txt")),
        (GatedRepoError, lambda: _download(api, "owner/gated", "config.json")),
        (GatedRepoError, lambda: _download(stranger, "owner/gated", "config.json")),
    ):
        with pytest.raises(error):
            call()
    assert api.model_info("owner/private").private
    assert api.model_info("owner/gated").gated == "manual"
    hub.accept("owner/gated")
    assert Path(_download(api, "owner/gated", "config.json")).is_file()
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        HfApi(endpoint=hub.endpoint, token="hf_wrong").model_info("owner/name")


def _download(api: HfApi, repo_id: str, path: str) -> str:
    return str(api.hf_hub_download(repo_id, path))


def test_a_renamed_repository_is_found_by_its_old_name(
    hub: HubServer, api: HfApi
) -> None:
    hub.rename("owner/name", "owner/new")
    assert api.model_info("owner/name").id == "owner/new"
