"""GGUF files in the library: those of the user, of the hub, and of other programs."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from mlxtui import i18n, names, paths
from mlxtui.backend import keeping, library_scan, removal, seen_gguf
from mlxtui.backend.library_names import named_folders, named_gguf_files
from mlxtui.backend.provenance import write_provenance
from mlxtui.convert.gguf.files import look_at_group
from mlxtui.errors import ModelRefused
from mlxtui.plans import GgufOrigin, JobSpec, Provenance
from mlxtui.recipes import GgufMode, Quantization, Recipe
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from tests.backend.job_harness import running_jobs
from tests.convert.gguf.gguf_bytes import gguf_bytes, llama_facts, llama_tensors
from tests.models import write_model
from tests.ollama_store import OllamaStore, tree

_LIBRARY = "registry.ollama.ai/library"
_FIRST = "0a" * 20


def _content(**changes: object) -> bytes:
    """A small model in GGUF form."""
    return gguf_bytes(llama_facts(32, **changes), llama_tensors(32, "Q8_0"))


def _write(path: Path, content: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_content() if content is None else content)
    return path


def _write_split(folder: Path) -> tuple[Path, Path]:
    first = _write(
        folder / "big-00001-of-00002.gguf",
        gguf_bytes(llama_facts(32, split__count=2, split__no=0), {}),
    )
    second = _write(
        folder / "big-00002-of-00002.gguf",
        gguf_bytes({"split.count": 2, "split.no": 1}, llama_tensors(32, "Q8_0")),
    )
    return first, second


def _cache(name: str, *blobs: str) -> Path:
    """A file of a repository in the Hugging Face cache, and its blob."""
    repository = Path(constants.HF_HUB_CACHE) / "models--owner--repo"
    snapshot = repository / "snapshots" / _FIRST
    snapshot.mkdir(parents=True, exist_ok=True)
    blob = _write(repository / "blobs" / f"blob of {name}")
    (snapshot / name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot / name


@pytest.fixture
def store(tmp_path: Path) -> OllamaStore:
    """Ollama's, with `tiny:latest`."""
    store = OllamaStore(tmp_path / "ollama")
    store.add(f"{_LIBRARY}/tiny/latest", {"model": _content(), "template": b"{{ }}"})
    return store


@pytest.fixture
def lm_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LM Studio's folder, with an MLX model and a GGUF one."""
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    folder = tmp_path / "me" / ".lmstudio" / "models"
    write_model(folder / "mlx-community" / "theirs")
    _write(folder / "publisher" / "repo-GGUF" / "other.gguf", _content(x="other"))
    return folder


def _scanned(settings: Settings | None = None) -> list[LocalModel]:
    models = library_scan.scan_library(settings or Settings())
    return [model for model in models if model.name != "guide"]


def _one() -> LocalModel:
    (model,) = _scanned()
    return model


def _made(name: str, files: Sequence[Path], **changes: object) -> Path:
    """A model of the models folder that says it was made of files."""
    folder = write_model(paths.models_dir() / name)
    origin = GgufOrigin(
        files=tuple(file.name for file in files),
        sha256="0" * 64,
        mode="faithful",
        size_bytes=sum(file.stat().st_size for file in files),
        modified_ns=files[0].stat().st_mtime_ns,
    )
    provenance = Provenance(source=str(files[0]), gguf=replace(origin, **changes))  # type: ignore[arg-type]
    write_provenance(folder, provenance)
    return folder


# What is listed


def test_a_gguf_file_in_the_models_folder_is_listed_with_its_facts() -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    model = _one()
    assert (model.name, model.path, model.files) == ("tiny.gguf", file, (file,))
    assert (model.kind, model.source) == ("gguf", "models")
    assert (model.architecture, model.quantization) == ("llama", "Q8_0")
    assert model.size_bytes == file.stat().st_size
    assert model.parameter_count and model.context_length == 2048
    assert model.needed_bytes > 0
    assert (model.imported_as, model.problem) == ("", "")


def test_it_is_listed_wherever_models_are_looked_for(
    tmp_path: Path, store: OllamaStore, lm_studio: Path
) -> None:
    _write(paths.models_dir() / "owner" / "a.gguf", _content(x="a"))
    cached = _cache("b.gguf")
    _write(tmp_path / "extra" / "c.gguf", _content(x="c"))
    settings = Settings(model_folders=(tmp_path / "extra",))
    found = {
        model.name: model.source for model in _scanned(settings) if not model.problem
    }
    assert found == {
        "mlx-community/theirs": "lm-studio",
        "owner/a.gguf": "models",
        "owner/repo/b.gguf": "hugging-face",
        "c.gguf": "extra",
        "publisher/repo-GGUF/other.gguf": "lm-studio",
        "tiny:latest": "ollama",
    }
    assert keeping.name_of(cached, settings) == "owner/repo/b.gguf"
    assert keeping.name_of(cached.resolve(), settings) == "owner/repo/b.gguf"


def test_other_programs_are_left_alone_when_the_setting_says_so(
    store: OllamaStore, lm_studio: Path
) -> None:
    assert len(_scanned()) == 3
    assert _scanned(Settings(other_programs=False)) == []


def test_the_parts_of_a_split_model_are_one_entry() -> None:
    files = _write_split(paths.models_dir() / "repo")
    model = _one()
    assert (model.name, model.files, model.path) == ("repo/big.gguf", files, files[0])
    assert model.size_bytes == sum(file.stat().st_size for file in files)
    assert model.problem == ""
    for file in files:
        assert keeping.name_of(file, Settings()) == "repo/big.gguf"
    files[1].unlink()
    assert "big-00002-of-00002.gguf" in _one().problem


def test_projectors_are_left_out_by_name_and_by_content() -> None:
    _write(paths.models_dir() / "mmproj-tiny-f16.gguf")
    _write(
        paths.models_dir() / "eyes.gguf",
        gguf_bytes({"general.architecture": "clip", "general.type": "mmproj"}, {}),
    )
    assert _scanned() == []


def test_what_cannot_be_imported_says_why() -> None:
    folder = paths.models_dir()
    _write(folder / "cut.gguf", _content()[:200])
    _write(folder / "odd.gguf", _content(general__architecture="unheard-of"))
    cut, odd = _scanned()
    assert cut.problem.startswith("cut.gguf: ") and cut.hint
    assert "unheard-of" in odd.problem and odd.hint


def test_what_ollama_keeps_for_its_own_engine_is_no_gguf_file(
    store: OllamaStore,
) -> None:
    store.add(f"{_LIBRARY}/qwen3/mlx", {"tensor": b"weights", "json": b"{}"})
    mlx, _tiny = _scanned()
    assert (mlx.name, mlx.kind, mlx.source) == ("qwen3:mlx", "model", "ollama")
    assert "own engine" in mlx.problem and mlx.size_bytes
    with pytest.raises(ModelRefused, match="belongs to Ollama"):
        removal.plan_removal(mlx.name, Settings())
    with pytest.raises(ModelRefused):
        keeping.copy_model(mlx.name, "copied", Settings())


def test_a_file_that_several_folders_lead_to_is_listed_once(tmp_path: Path) -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "link.gguf").symlink_to(file)
    models = _scanned(Settings(model_folders=(tmp_path / "extra",)))
    assert [model.name for model in models] == ["tiny.gguf"]


def test_names_of_ollama_may_share_a_blob(store: OllamaStore) -> None:
    store.add(f"{_LIBRARY}/tiny/1b", {"model": _content()})
    assert [model.name for model in _scanned()] == ["tiny:1b", "tiny:latest"]


def test_a_blob_without_a_suffix_is_looked_into(store: OllamaStore) -> None:
    model = _one()
    assert (model.architecture, model.quantization) == ("llama", "Q8_0")
    assert model.path.name.startswith("sha256-")
    assert keeping.name_of(model.path, Settings()) == "tiny:latest"


def test_a_name_that_a_folder_has_is_the_folders(tmp_path: Path) -> None:
    folder = write_model(paths.models_dir() / "tiny.gguf")
    _write(tmp_path / "extra" / "tiny.gguf")
    settings = Settings(model_folders=(tmp_path / "extra",))
    assert [model.path for model in _scanned(settings)] == [folder]
    assert list(named_gguf_files(settings)) == []


def test_a_folder_with_a_model_and_gguf_files_is_both() -> None:
    folder = write_model(paths.models_dir() / "both")
    _write(folder / "small.gguf")
    assert [model.name for model in _scanned()] == ["both", "both/small.gguf"]


# What was made of it


def test_a_file_knows_what_was_made_of_it(tmp_path: Path) -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    _made("tiny", [file])
    made, entry = _scanned()
    assert (made.name, entry.imported_as) == ("tiny", "tiny")
    os.utime(file, (1, 1))  # another file, as far as can be told
    assert _scanned()[1].imported_as == ""


def test_a_blob_of_ollama_is_known_by_its_hash(store: OllamaStore) -> None:
    (entry,) = _scanned()
    sha256 = entry.path.name.removeprefix("sha256-")
    _made("tiny", [entry.path], sha256=sha256, modified_ns=0)
    assert _scanned()[-1].imported_as == "tiny"
    _made("tiny", [entry.path], sha256="1" * 64, modified_ns=0)
    assert _scanned()[-1].imported_as == ""


@pytest.mark.parametrize("mode", ["faithful", "exact"])
def test_the_faithful_one_goes_first(mode: GgufMode) -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    _made("exact", [file], mode="exact")
    assert _scanned()[-1].imported_as == "exact"
    _made("tiny", [file], mode=mode)
    faithful = "tiny" if mode == "faithful" else "exact"
    assert _scanned()[-1].imported_as == faithful


def test_what_was_quantized_or_is_broken_does_not_count() -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    folder = _made("tiny", [file])
    (folder / "config.json").write_text("{")
    assert _scanned()[-1].imported_as == ""
    _made("tiny", [file])
    assert _scanned()[-1].imported_as == "tiny"
    made = _scanned()[0].provenance
    assert made is not None
    recipe = Recipe(quantization=Quantization(bits=4))
    write_provenance(folder, replace(made, recipe=recipe))
    assert _scanned()[-1].imported_as == ""


# How long it takes


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were looked into."""
    seen: list[str] = []

    def counted(source, group):  # type: ignore[no-untyped-def]
        seen.extend(group.files)
        return look_at_group(source, group)

    monkeypatch.setattr(seen_gguf, "look_at_group", counted)
    return seen


def test_each_file_is_looked_into_once_until_it_changes(looks: list[str]) -> None:
    file = _write(paths.models_dir() / "a.gguf")
    _write(paths.models_dir() / "b.gguf", _content()[:100])
    first = _scanned()
    assert looks == ["a.gguf", "b.gguf"]
    assert _scanned() == first
    assert looks == ["a.gguf", "b.gguf"]
    file.write_bytes(_content(llama__context_length=64))
    assert _scanned()[0].context_length == 64
    assert looks == ["a.gguf", "b.gguf", "a.gguf"]
    i18n.set_language("ja")  # problems are remembered in words
    _scanned()
    assert looks[3:] == ["a.gguf", "b.gguf"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"made_by": 1}', b"[" * 100_000,
     b'{"made_by": "0.1.0 en", "files": []}'],
    ids=range(6),
)  # fmt: skip
def test_a_damaged_memory_costs_time_only(content: bytes, looks: list[str]) -> None:
    _write(paths.models_dir() / "a.gguf")
    first = _scanned()
    file = paths.gguf_cache_file()
    known = file.read_bytes()
    file.write_bytes(content)
    assert _scanned() == first
    assert file.read_bytes() == known
    file.write_bytes(known.replace(b'"gguf"', b'"unheard-of"'))
    assert _scanned() == first
    assert looks == ["a.gguf"] * 3


def test_a_memory_that_cannot_be_written_is_none(looks: list[str]) -> None:
    _write(paths.models_dir() / "a.gguf")
    paths.make_private(paths.gguf_cache_file())  # a folder is in its place
    assert _scanned() == _scanned()
    assert looks == ["a.gguf", "a.gguf"]


def test_looks_at_the_same_time_do_not_disturb_each_other(looks: list[str]) -> None:
    for number in range(8):
        _write(paths.models_dir() / f"{number}.gguf")
    with ThreadPoolExecutor(8) as pool:
        scans = list(pool.map(lambda _number: _scanned(), range(8)))
    assert all(scan == scans[0] for scan in scans)
    looks.clear()
    assert _scanned() == scans[0]
    assert looks == []


def test_files_that_are_gone_are_forgotten_unless_the_look_was_cut_short() -> None:
    a, b = (_write(paths.models_dir() / name) for name in ("a.gguf", "b.gguf"))
    _scanned()
    assert str(b) in paths.gguf_cache_file().read_text()
    b.unlink()
    _write(paths.models_dir() / "c.gguf")
    _scanned()
    assert str(b) not in paths.gguf_cache_file().read_text()
    assert str(a) in paths.gguf_cache_file().read_text()
    cancelled = threading.Event()
    cancelled.set()
    assert library_scan.scan_library(Settings(), cancelled) == ()
    assert str(a) in paths.gguf_cache_file().read_text()


def test_names_are_known_without_opening_a_file(
    store: OllamaStore, looks: list[str]
) -> None:
    _write(paths.models_dir() / "a.gguf", b"")
    settings = Settings()
    found = [entry.name for entry in named_gguf_files(settings)]
    assert found == ["a.gguf", "tiny:latest"]
    assert [folder.name for folder in named_folders(settings)] == ["guide"]
    assert looks == []


# What is kept, and what is not ours


def test_nothing_changes_in_the_stores_of_other_programs(
    store: OllamaStore, lm_studio: Path
) -> None:
    before = tree(store.folder), tree(lm_studio)
    models = _scanned()
    assert len(models) == 3
    for model in models:
        for refused in (
            lambda name: removal.plan_removal(name, Settings()),
            lambda name: removal.remove_model(name, Settings(), ()),
            lambda name: keeping.copy_model(name, "copied", Settings()),
            lambda name: keeping.rename_model(name, "renamed", Settings()),
        ):
            with pytest.raises(ModelRefused) as refusal:
                refused(model.name)
            assert refusal.value.hint
    keeping.compare("tiny:latest", Settings())
    keeping.name_of(models[-1].path, Settings())
    assert (tree(store.folder), tree(lm_studio)) == before
    assert not (paths.models_dir()).exists()


def test_the_owner_is_named_to_who_wants_to_remove_it(
    store: OllamaStore, lm_studio: Path
) -> None:
    with pytest.raises(ModelRefused, match="belongs to Ollama") as refusal:
        removal.plan_removal("tiny", Settings())
    assert "ollama rm tiny:latest" in refusal.value.hint
    with pytest.raises(ModelRefused, match="belongs to LM Studio"):
        removal.plan_removal("theirs", Settings())


def test_the_disk_of_other_programs_is_not_counted(
    store: OllamaStore, lm_studio: Path
) -> None:
    own = _write(paths.models_dir() / "own.gguf")
    models = _scanned()
    assert len(models) == 4
    assert library_scan.disk_bytes(models) == own.stat().st_size
    files = _write_split(paths.models_dir() / "split")
    sizes = [file.stat().st_size for file in (own, *files)]
    assert library_scan.disk_bytes(_scanned()) == sum(sizes)


def test_a_gguf_file_of_the_models_folder_is_removed_with_all_its_parts() -> None:
    files = _write_split(paths.models_dir() / "repo")
    other = _write(paths.models_dir() / "repo" / "other.gguf")
    plan = removal.plan_removal("big", Settings())
    assert plan.freed_bytes == sum(file.stat().st_size for file in files)
    assert (plan.kept_bytes, plan.kept_for) == (0, ())
    removal.remove_model("big", Settings(), ())
    assert [file.exists() for file in (*files, other)] == [False, False, True]


def test_a_folder_takes_the_gguf_files_in_it_along() -> None:
    folder = write_model(paths.models_dir() / "both")
    _write(folder / "small.gguf")
    plan = removal.plan_removal("both", Settings())
    assert plan.kept_for == ()
    removal.remove_model("both/small.gguf", Settings(), ())
    assert [model.name for model in _scanned()] == ["both"]


def test_a_download_is_removed_from_the_cache_with_its_blob() -> None:
    small, large = _cache("small.gguf"), _cache("large.gguf")
    _cache("mmproj-large.gguf")
    blob = large.resolve()
    assert removal.plan_removal("small", Settings()).freed_bytes > 0
    removal.remove_model("owner/repo/small.gguf", Settings(), ())
    assert not os.path.lexists(small) and blob.exists()
    assert [model.name for model in _scanned()] == ["owner/repo/large.gguf"]
    removal.remove_model("owner/repo/large.gguf", Settings(), ())
    assert list(Path(constants.HF_HUB_CACHE).iterdir()) == []


def test_a_blob_that_another_revision_links_to_is_not_freed() -> None:
    file = _cache("small.gguf")
    _cache("large.gguf")
    older = file.parent.with_name("1b" * 20) / "small.gguf"
    older.parent.mkdir()
    older.symlink_to(os.readlink(file))
    plan = removal.plan_removal("owner/repo/small.gguf", Settings())
    assert (plan.freed_bytes, plan.kept_bytes) == (0, file.stat().st_size)
    removal.remove_model("owner/repo/small.gguf", Settings(), ())
    assert older.is_file()
    large = removal.plan_removal("owner/repo/large.gguf", Settings())
    assert large.freed_bytes > large.kept_bytes == 0


def test_of_a_link_only_the_link_goes(tmp_path: Path) -> None:
    theirs = _write(tmp_path / "theirs.gguf")
    paths.make_private(paths.models_dir())
    link = paths.models_dir() / "linked.gguf"
    link.symlink_to(theirs)
    assert removal.plan_removal("linked", Settings()).freed_bytes == 0
    removal.remove_model("linked", Settings(), ())
    assert theirs.exists() and not os.path.lexists(link)


@pytest.mark.parametrize("is_deep", [False, True])
def test_nothing_is_changed_behind_a_link(lm_studio: Path, is_deep: bool) -> None:
    paths.make_private(paths.models_dir())
    (paths.models_dir() / "lms").symlink_to(
        lm_studio / "mlx-community" if is_deep else lm_studio
    )
    before = tree(lm_studio)
    names_found = [model.name for model in _scanned() if model.source == "models"]
    assert names_found == (
        ["lms/theirs"] if is_deep else ["lms/publisher/repo-GGUF/other.gguf"]
    )
    for refused in (
        lambda name: removal.remove_model(name, Settings(), ()),
        lambda name: keeping.rename_model(name, "mine", Settings()),
    ):
        with pytest.raises(ModelRefused) as refusal:
            refused(names_found[0])
        assert refusal.value.hint
    assert tree(lm_studio) == before


def test_a_folder_that_is_linked_into_a_snapshot_is_not_ours(tmp_path: Path) -> None:
    theirs = _write(tmp_path / "theirs" / "tiny.gguf")
    snapshot = _cache("other.gguf").parent
    (snapshot / "linked").symlink_to(theirs.parent)
    with pytest.raises(ModelRefused, match="A link leads to"):
        removal.remove_model("owner/repo/linked/tiny.gguf", Settings(), ())
    removal.remove_model("owner/repo/other.gguf", Settings(), ())
    assert theirs.exists()


def test_other_weights_keep_a_snapshot_however_they_are_written() -> None:
    small, large = _cache("small.gguf"), _cache("LARGE.GGUF")
    removal.remove_model("small", Settings(), ())
    assert not os.path.lexists(small) and large.exists()


def test_what_a_job_reads_is_not_removed() -> None:
    file = _write(paths.models_dir() / "repo" / "tiny.gguf")
    cached = _cache("small.gguf")
    for name, path in (
        ("tiny.gguf", file),
        ("tiny.gguf", file.parent),
        ("small.gguf", cached),
        ("small.gguf", cached.resolve()),
        ("small.gguf", cached.parent),
    ):
        with pytest.raises(ModelRefused, match="A job"):
            removal.remove_model(name, Settings(), (), [path])
    assert file.exists() and cached.exists()
    removal.remove_model("tiny.gguf", Settings(), (), [paths.models_dir() / "other"])


def test_a_gguf_file_keeps_its_name_and_has_no_copies() -> None:
    _write(paths.models_dir() / "tiny.gguf")
    with pytest.raises(ModelRefused, match="keeps its name"):
        keeping.rename_model("tiny.gguf", "other", Settings())
    with pytest.raises(ModelRefused, match="no copy"):
        keeping.copy_model("tiny.gguf", "other", Settings())


def test_what_was_made_of_a_file_is_compared_with_it() -> None:
    file = _write(paths.models_dir() / "tiny.gguf")
    folder = _made("tiny", [file])
    write_provenance(folder, Provenance(source="tiny.gguf"))
    compared = keeping.compare("tiny", Settings())
    assert {model.name for model in compared} == {"tiny", "tiny.gguf"}


def test_a_model_may_be_called_after_its_gguf_file(store: OllamaStore) -> None:
    _write(paths.models_dir() / "tiny.gguf")
    models = _scanned()
    assert [model.name for model in models] == ["tiny.gguf", "tiny:latest"]
    for model in models:
        name = names.imported_name(model.name)
        assert names.check_new_name(name, models) == "tiny"


# The import itself


def test_an_import_from_ollama_is_listed_with_it_and_changes_nothing_there(
    store: OllamaStore,
) -> None:
    store.add("hf.co/owner/longer/latest", {"model": _content()})
    before = tree(store.folder)
    blob = _scanned()[0].path
    with running_jobs() as jobs:
        job = jobs.run(JobSpec(source=str(blob)))
        assert job.result_path == paths.models_dir() / "tiny"
        # Nothing of it is called after the blob, at no time.
        told = jobs.jobs[job.job_id]
        assert {(each.title, each.source_name) for each in told} <= {
            ("tiny:latest", "tiny:latest"), ("tiny", "tiny:latest"),
        }  # fmt: skip
        assert "Asked for: tiny:latest" in jobs.log(job.job_id)
        assert jobs.plan(JobSpec(source=str(blob))).result_name == "tiny"
    assert [(model.name, model.imported_as) for model in _scanned()] == [
        ("tiny", ""),
        ("hf.co/owner/longer:latest", "tiny"),
        ("tiny:latest", "tiny"),
    ]
    removal.remove_model("tiny", Settings(), ())
    assert [model.imported_as for model in _scanned()] == ["", ""]
    assert tree(store.folder) == before
