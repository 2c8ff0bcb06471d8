"""Ollama's store: its names, its layers, and what is wrong in it."""

import json
import os
from pathlib import Path

import pytest

from mlxtui.hub.stores import ollama
from mlxtui.hub.stores.ollama import OllamaModel
from tests.ollama_store import MEDIA_TYPE, OllamaStore, tree

_LIBRARY = "registry.ollama.ai/library"
_WEIGHTS = b"GGUF weights"


@pytest.fixture
def store(tmp_path: Path) -> OllamaStore:
    """The one that `OLLAMA_MODELS` names."""
    return OllamaStore(tmp_path / "ollama")


def _found() -> list[OllamaModel]:
    return list(ollama.find_models())


def _one() -> OllamaModel:
    (model,) = _found()
    return model


def _hostile(digest: str) -> str:
    weights = {"mediaType": f"{MEDIA_TYPE}model", "digest": digest, "size": 1}
    return json.dumps({"layers": [weights]})


def test_without_a_store_there_is_nothing(tmp_path: Path) -> None:
    assert _found() == []
    (tmp_path / "ollama").write_text("a file")
    assert _found() == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{_LIBRARY}/llama3.2/latest", "llama3.2:latest"),
        (f"{_LIBRARY}/llama3.2/1b-instruct-q4_K_M", "llama3.2:1b-instruct-q4_K_M"),
        ("registry.ollama.ai/user/own.model/v1", "user/own.model:v1"),
        ("hf.co/owner/repo-GGUF/Q4_K_M", "hf.co/owner/repo-GGUF:Q4_K_M"),
        ("localhost:5000/team/tiny/latest", "localhost:5000/team/tiny:latest"),
    ],
)
def test_models_are_called_as_ollama_calls_them(
    store: OllamaStore, path: str, name: str
) -> None:
    blobs = store.add(path, {"model": _WEIGHTS, "template": b"{{ .Prompt }}"})
    assert _one() == OllamaModel(name, blobs["model"], len(_WEIGHTS))


def test_other_layers_are_no_weights(store: OllamaStore) -> None:
    kinds = ("projector", "template", "params", "system", "license", "messages")
    others = {kind: kind.encode() for kind in kinds}
    blobs = store.add(f"{_LIBRARY}/sees/latest", {"model": _WEIGHTS, **others})
    assert (_one().path, _one().problem) == (blobs["model"], "")


def test_two_names_may_share_their_weights(store: OllamaStore) -> None:
    for tag in ("latest", "3b"):
        blobs = store.add(f"{_LIBRARY}/twice/{tag}", {"model": _WEIGHTS})
    assert [model.name for model in _found()] == ["twice:3b", "twice:latest"]
    assert {model.path for model in _found()} == {blobs["model"]}


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"tensor": b"weights", "json": b"{}"}, "own engine"),
        ({"model": _WEIGHTS, "adapter": b"GGUF lora"}, "adapter"),
        ({"license": b"free"}, "no weights"),
    ],
)
def test_what_cannot_be_used_says_why(
    store: OllamaStore, layers: dict[str, bytes], said: str
) -> None:
    store.add(f"{_LIBRARY}/odd/latest", layers)
    assert said in _one().problem
    assert _one().hint
    assert _one().size_bytes == sum(map(len, layers.values()))
    assert _one().is_gguf == ("tensor" not in layers)


def test_models_of_the_cloud_are_not_on_this_machine(store: OllamaStore) -> None:
    store.add(
        f"{_LIBRARY}/gpt-oss/120b-cloud", {}, config={"remote_host": "https://x.test"}
    )
    assert _found() == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"layers": 3}', b'{"layers": [3]}',
        b'{"layers": [{"mediaType": 1, "digest": "x"}]}',
        b"[" * 100_000, b'{"a":' * 50_000,
        _hostile("sha256:../../../etc/passwd").encode(),
        _hostile("sha256-" + "a" * 63 + "/").encode(),
        _hostile("sha256:" + "a" * 64 + "\n").encode(),
        _hostile("md5:" + "a" * 64).encode(),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_damaged_manifest_is_listed_with_its_reason_and_hides_no_other(
    store: OllamaStore, content: bytes
) -> None:
    store.add(f"{_LIBRARY}/whole/latest", {"model": _WEIGHTS})
    manifest = store.manifest(f"{_LIBRARY}/broken/latest", content)
    broken, whole = _found()
    assert (broken.name, broken.path) == ("broken:latest", manifest)
    assert "damaged" in broken.problem
    assert "ollama pull broken:latest" in broken.hint
    assert (whole.name, whole.problem) == ("whole:latest", "")


def test_a_manifest_that_is_far_too_long_is_not_read_whole(store: OllamaStore) -> None:
    manifest = store.manifest(f"{_LIBRARY}/long/latest", "")
    with manifest.open("wb") as file:
        file.truncate(2**40)  # takes no room
    assert "damaged" in _one().problem


def test_a_pipe_in_the_store_holds_nobody_up(store: OllamaStore) -> None:
    config = store.blob(b"{}")
    config.unlink()
    os.mkfifo(config)
    digest = config.name.replace("-", ":")
    layer = {"mediaType": "config", "digest": digest, "size": 2}
    store.manifest(f"{_LIBRARY}/odd/latest", json.dumps({"config": layer}))
    manifest = store.manifest(f"{_LIBRARY}/pipe/latest", "")
    manifest.unlink()
    os.mkfifo(manifest)
    assert [model.name for model in _found()] == ["odd:latest"]


def test_weights_that_are_missing_or_cut_are_told(store: OllamaStore) -> None:
    weights = store.add(f"{_LIBRARY}/tiny/latest", {"model": _WEIGHTS})["model"]
    weights.write_bytes(_WEIGHTS[:-1])
    assert "not whole" in _one().problem
    weights.unlink()
    assert "missing" in _one().problem
    assert "ollama pull tiny:latest" in _one().hint
    weights.mkdir()
    assert "not whole" in _one().problem


def test_no_link_is_followed_out_of_the_store(
    store: OllamaStore, tmp_path: Path
) -> None:
    weights = store.add(f"{_LIBRARY}/tiny/latest", {"model": _WEIGHTS})["model"]
    elsewhere = tmp_path / "elsewhere"
    weights.rename(elsewhere)
    weights.symlink_to(elsewhere)
    assert "leads out" in _one().problem
    assert _one().path != weights
    manifest = store.folder / "manifests" / _LIBRARY / "tiny" / "latest"
    manifest.rename(tmp_path / "manifest")
    manifest.symlink_to(tmp_path / "manifest")
    assert _found() == []


def test_blobs_may_lie_on_another_disk(store: OllamaStore, tmp_path: Path) -> None:
    store.add(f"{_LIBRARY}/tiny/latest", {"model": _WEIGHTS})
    (store.folder / "blobs").rename(tmp_path / "large disk")
    (store.folder / "blobs").symlink_to(tmp_path / "large disk")
    assert _one().problem == ""


def test_files_that_are_no_manifests_are_passed_over(store: OllamaStore) -> None:
    store.add(f"{_LIBRARY}/tiny/latest", {"model": _WEIGHTS})
    for path in (
        ".DS_Store", f"{_LIBRARY}/.DS_Store", f"{_LIBRARY}/tiny/.latest",
        f"{_LIBRARY}/tiny/with blank", f"{_LIBRARY}/tiny/{'x' * 81}",
        f"{_LIBRARY}/a/b/c", "registry.ollama.ai/dotted.owner/x/latest",
    ):  # fmt: skip
        store.manifest(path, "{}")
    (store.folder / "manifests" / _LIBRARY / "loop").symlink_to("loop")
    assert _one().name == "tiny:latest"


def test_looking_changes_nothing(store: OllamaStore) -> None:
    store.add(f"{_LIBRARY}/tiny/latest", {"model": _WEIGHTS})
    store.manifest(f"{_LIBRARY}/broken/latest", "{")
    before = tree(store.folder)
    assert len(_found()) == 2
    assert tree(store.folder) == before


def test_the_store_is_where_ollama_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OLLAMA_MODELS", ' "/big disk/ollama" ')
    assert ollama.stores() == (Path("/big disk/ollama"),)
    monkeypatch.setenv("OLLAMA_MODELS", "  ")
    monkeypatch.setattr("sys.platform", "darwin")
    assert ollama.stores() == (tmp_path / ".ollama/models",)
    monkeypatch.setattr("sys.platform", "linux")
    service = Path("/usr/share/ollama/.ollama/models")
    assert ollama.stores() == (tmp_path / ".ollama/models", service)
