"""GGUF files and the models of other programs, in `list`, `show`, `rm`, `cp`, `mv`."""

import json
from pathlib import Path

import pytest

from mlxtui import paths
from tests.conftest import RunCommand
from tests.convert.gguf.gguf_bytes import gguf_bytes, llama_facts, llama_tensors
from tests.ollama_store import OllamaStore, tree


@pytest.fixture
def store(tmp_path: Path) -> OllamaStore:
    """Ollama's, with `tiny:latest`."""
    store = OllamaStore(tmp_path / "ollama")
    content = gguf_bytes(llama_facts(32), llama_tensors(32, "Q8_0"))
    store.add("registry.ollama.ai/library/tiny/latest", {"model": content})
    return store


def test_a_gguf_file_is_listed_with_where_it_comes_from(
    store: OllamaStore, run_mlxtui: RunCommand
) -> None:
    before = tree(store.folder)
    (blob,) = (
        file for file in store.folder.glob("blobs/*") if file.stat().st_size > 99
    )
    listed = run_mlxtui("list")
    assert "tiny:latest" in listed.stdout and "Ollama" in listed.stdout
    assert "GGUF file" in listed.stdout
    assert "of other programs" in listed.stdout
    _guide, row = json.loads(run_mlxtui("list", "--json").stdout)
    assert (row["name"], row["kind"], row["source"]) == (
        "tiny:latest",
        "gguf",
        "ollama",
    )
    assert (row["path"], row["files"]) == (str(blob), [str(blob)])
    assert (row["imported_as"], row["problem"]) == (None, None)
    shown = run_mlxtui("show", "tiny").stdout
    assert str(blob) in shown and "Q8_0" in shown
    by_path = json.loads(run_mlxtui("show", str(blob), "--json").stdout)
    assert (by_path["architecture"], by_path["source"]) == ("llama", "path")
    assert tree(store.folder) == before


@pytest.mark.parametrize(
    "arguments", [["rm", "tiny", "--yes"], ["mv", "tiny", "mine"], ["cp", "tiny", "x"]]
)
def test_what_is_ollamas_stays_as_it_is(
    arguments: list[str], store: OllamaStore, run_mlxtui: RunCommand
) -> None:
    before = tree(store.folder)
    ended = run_mlxtui(*arguments)
    assert ended.returncode == 1
    first, hint = ended.stderr.splitlines()
    assert first.startswith("Error: tiny:latest") and hint.strip()
    assert tree(store.folder) == before
    assert not paths.models_dir().exists()


def test_the_name_of_an_unusable_file_is_said_once(
    tmp_path: Path, run_mlxtui: RunCommand
) -> None:
    facts = {"general.architecture": "llama", "general.type": "adapter"}
    weights = {"model": gguf_bytes(facts, llama_tensors(32, "Q8_0"))}
    adapter = "registry.ollama.ai/library/adapter/latest"
    OllamaStore(tmp_path / "ollama").add(adapter, weights)
    listed = run_mlxtui("list").stdout
    assert "✗ adapter:latest: It is an adapter" in listed
    assert "adapter:latest: adapter:latest" not in listed
