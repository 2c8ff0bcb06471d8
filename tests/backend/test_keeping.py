"""Copies that take no room, new names, removals that free what they say."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from mlxtui import paths
from mlxtui.backend import keeping, removal
from mlxtui.backend.library_scan import scan_library
from mlxtui.backend.provenance import read_provenance, write_provenance
from mlxtui.errors import InvalidParameter, JobRefused, ModelNotFound, ModelRefused
from mlxtui.plans import Provenance, Quality
from mlxtui.recipes import Quantization, Recipe
from mlxtui.settings import Settings
from tests.models import write_model

_FIRST, _SECOND = "0a" * 20, "1b" * 20


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model called `first` in the models folder."""
    return write_model(paths.models_dir() / "first")


def _cache_snapshot(source: Path, commit: str, *, changed: str = "") -> Path:
    """Put a model into the cache as a revision of `owner/name`; equal files are one."""
    repository = Path(constants.HF_HUB_CACHE) / "models--owner--name"
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir(exist_ok=True)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    for file in source.iterdir():
        mark = commit[:8] if file.name == changed else "same"
        blob = repository / "blobs" / f"{mark}-{file.name}"
        blob.write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


def _weights(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size


def _names() -> list[str]:
    return [model.name for model in scan_library(Settings()) if not model.problem]


def test_a_copy_shares_the_weights_but_not_the_config(model: Path) -> None:
    copied = keeping.copy_model("first", "second", Settings())
    assert copied.name == "second"
    assert copied.path == paths.models_dir() / "second"
    weights = "model.safetensors"
    assert os.path.samefile(model / weights, copied.path / weights)
    config = "config.json"
    assert not os.path.samefile(model / config, copied.path / config)
    assert (model / config).read_bytes() == (copied.path / config).read_bytes()
    assert copied.provenance == Provenance(source="first")


def test_a_copy_of_a_download_needs_no_links_and_remembers_the_commit(
    model: Path,
) -> None:
    snapshot = _cache_snapshot(model, _FIRST)
    copied = keeping.copy_model("owner/name", "mine/own", Settings())
    assert not any(file.is_symlink() for file in copied.path.iterdir())
    assert os.path.samefile(
        snapshot / "model.safetensors", copied.path / "model.safetensors"
    )
    assert copied.provenance == Provenance(source="owner/name", commit=_FIRST)


@pytest.mark.parametrize(
    "name", ["", "  ", "../x", "/x", "a/b/c", ".x", "-x", "a\nb", "x" * 201, "あ/../い"]
)
def test_names_that_are_no_folders_are_refused(model: Path, name: str) -> None:
    with pytest.raises(InvalidParameter):
        keeping.copy_model("first", name, Settings())
    assert _names() == ["guide", "first"]


def test_a_name_that_is_taken_is_refused(model: Path) -> None:
    with pytest.raises(InvalidParameter, match="GUIDE already"):
        keeping.copy_model("first", "GUIDE", Settings())


def test_a_copy_that_cannot_be_linked_leaves_nothing(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: str, _target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(JobRefused) as refused:
        keeping.copy_model("first", "second", Settings())
    assert "second" in refused.value.message
    assert "another disk" in refused.value.hint
    assert [folder.name for folder in paths.models_dir().iterdir()] == ["first"]


def test_a_new_name_moves_the_folder(model: Path) -> None:
    renamed = keeping.rename_model("first", "日本語の名前", Settings())
    assert renamed.path == paths.models_dir() / "日本語の名前"
    assert _names() == ["guide", "日本語の名前"]


def test_a_name_may_change_its_case_only(model: Path) -> None:
    assert keeping.rename_model("first", "First", Settings()).name == "First"


def test_a_download_keeps_the_name_of_its_repository(model: Path) -> None:
    _cache_snapshot(model, _FIRST)
    with pytest.raises(ModelRefused, match="its name stays"):
        keeping.rename_model("owner/name", "other", Settings())


def test_a_removal_frees_what_it_says(model: Path) -> None:
    plan = removal.plan_removal("first", Settings())
    assert plan.freed_bytes == sum(file.stat().st_size for file in model.iterdir())
    assert (plan.kept_bytes, plan.kept_for) == (0, ())
    removal.remove_model("first", Settings(), ())
    assert not model.exists()
    assert list(paths.models_dir().iterdir()) == []


def test_what_a_copy_shares_stays(model: Path) -> None:
    keeping.copy_model("first", "second", Settings())
    plan = removal.plan_removal("first", Settings())
    assert plan.kept_bytes == _weights(model)
    assert plan.kept_for == ("second",)
    removal.remove_model("first", Settings(), ())
    assert _names() == ["guide", "second"]
    last = removal.plan_removal("second", Settings())
    assert last.freed_bytes > last.kept_bytes == 0


def test_another_revision_keeps_its_files(model: Path) -> None:
    _cache_snapshot(model, _FIRST, changed="config.json")
    second = _cache_snapshot(model, _SECOND, changed="config.json")
    plan = removal.plan_removal("owner/name", Settings())
    assert plan.model.path == second  # that of `main`
    assert plan.freed_bytes == (second / "config.json").stat().st_size
    assert plan.kept_for == (f"owner/name@{_FIRST[:8]}",)
    removal.remove_model("owner/name", Settings(), ())
    assert not second.exists()
    assert _names() == ["guide", "first", "owner/name"]
    removal.remove_model("owner/name", Settings(), ())
    assert list(Path(constants.HF_HUB_CACHE).iterdir()) == []


def test_a_download_under_way_stays(model: Path) -> None:
    snapshot = _cache_snapshot(model, _FIRST)
    part = snapshot.parent.parent / "blobs" / "abc.mlxtui.part"
    part.write_bytes(b"half")
    removal.remove_model("owner/name", Settings(), ())
    assert part.exists()


def test_a_link_that_leads_out_of_the_cache_takes_nothing_along(
    model: Path, tmp_path: Path
) -> None:
    snapshot = _cache_snapshot(model, _FIRST)
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    (snapshot / "extra.txt").symlink_to(precious)
    removal.remove_model("owner/name", Settings(), ())
    assert precious.read_text() == "mine"


def test_a_loaded_model_is_not_removed(model: Path) -> None:
    with pytest.raises(ModelRefused, match="first is loaded"):
        removal.remove_model("first", Settings(), [model])
    assert model.exists()


def test_what_a_job_needs_is_not_removed(model: Path) -> None:
    with pytest.raises(ModelRefused, match="needs first"):
        removal.remove_model("first", Settings(), (), [model])
    assert model.exists()


def test_of_a_link_in_the_models_folder_only_the_link_goes(tmp_path: Path) -> None:
    theirs = write_model(tmp_path / "theirs")
    paths.make_private(paths.models_dir())
    (paths.models_dir() / "linked").symlink_to(theirs)
    assert removal.plan_removal("linked", Settings()).freed_bytes == 0
    removal.remove_model("linked", Settings(), ())
    assert list(paths.models_dir().iterdir()) == []
    assert (theirs / "config.json").is_file()


def test_what_is_not_ours_is_not_removed(tmp_path: Path) -> None:
    write_model(tmp_path / "others" / "theirs")
    settings = Settings(model_folders=(tmp_path / "others",))
    for name in ("guide", "theirs", str(tmp_path / "others" / "theirs")):
        with pytest.raises(ModelRefused):
            removal.remove_model(name, settings, ())
    with pytest.raises(ModelNotFound):
        removal.remove_model("nothing", settings, ())


def test_a_broken_model_can_be_removed(model: Path) -> None:
    (model / "config.json").write_text("{")
    removal.remove_model("first", Settings(), ())
    assert not model.exists()


def test_all_that_was_made_from_one_model_is_compared(
    model: Path, make_made: Callable[[str, str], Path]
) -> None:
    make_made("first-4bit", "first")
    make_made("first-4bit-again", "first-4bit")
    make_made("stranger", "somewhere/else")
    expected = {"first", "first-4bit", "first-4bit-again"}
    for name in expected:
        assert {one.name for one in keeping.compare(name, Settings())} == expected
    assert [one.name for one in keeping.compare("guide", Settings())] == ["guide"]


@pytest.fixture
def make_made() -> Callable[[str, str], Path]:
    """Makes a model that says what it was made from."""

    def make(name: str, source: str) -> Path:
        folder = write_model(paths.models_dir() / name)
        write_provenance(folder, Provenance(source=source))
        return folder

    return make


def test_a_new_name_keeps_the_family(
    model: Path, make_made: Callable[[str, str], Path]
) -> None:
    made = make_made("first-4bit", "first")
    keeping.rename_model("first", "renamed", Settings())
    provenance = read_provenance(made)
    assert provenance is not None and provenance.source == "renamed"
    family = {one.name for one in keeping.compare("renamed", Settings())}
    assert family == {"renamed", "first-4bit"}


def test_models_made_from_each_other_end_the_search(
    make_made: Callable[[str, str], Path],
) -> None:
    make_made("egg", "hen")
    make_made("hen", "egg")
    assert len(keeping.compare("egg", Settings())) >= 1


def test_provenance_comes_back_as_it_was(tmp_path: Path) -> None:
    provenance = Provenance(
        source="owner/モデル",
        commit=_FIRST,
        recipe=Recipe(quantization=Quantization(bits=3, group_size=128)),
        made_at="2026-11-20T12:00:00+00:00",
        kept_in_float=("model.layers.0.mlp.down_proj",),
        quality=Quality(
            perplexity=12.5, source_perplexity=None, mean_kl_divergence=None
        ),
    )
    write_provenance(tmp_path, provenance)
    assert read_provenance(tmp_path) == provenance


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": 1}', '"\\ud800"'])
def test_a_damaged_provenance_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "mlxtui.json").write_text(text)
    assert read_provenance(tmp_path) is None


def test_the_name_of_a_folder_is_the_one_that_means_it(
    model: Path, tmp_path: Path
) -> None:
    settings = Settings(model_folders=(tmp_path / "others",))
    hidden = write_model(tmp_path / "others" / "first")
    snapshot = _cache_snapshot(model, _FIRST)
    assert keeping.name_of(model, settings) == "first"
    assert keeping.name_of(snapshot, settings) == "owner/name"
    assert keeping.name_of(hidden, settings) == str(hidden)
