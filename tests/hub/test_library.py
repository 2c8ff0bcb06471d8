"""Where model folders are looked for, and what they are called."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from huggingface_hub import constants

from mlxtui.hub import library
from mlxtui.hub.library import Folder, find_folders, find_gguf_folders

_FIRST, _SECOND = "0a" * 20, "1b" * 20

# The user `nobody` of most systems; root itself may read everything.
_NOBODY = 65534


def _make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def _make_cached(
    repo: str,
    commit: str,
    *,
    kind: str = "models",
    ref: str = "",
    modified_seconds: int = 0,
) -> Path:
    """A repository as the hub's own client keeps it: blobs, snapshots, refs."""
    folder = Path(constants.HF_HUB_CACHE) / f"{kind}--{repo.replace('/', '--')}"
    blob = folder / "blobs" / f"blob of {commit}"
    snapshot = folder / "snapshots" / commit
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_text("{}")
    os.utime(blob, (modified_seconds, modified_seconds))
    snapshot.mkdir(parents=True)
    link = snapshot / "config.json"
    link.symlink_to(os.path.relpath(blob, snapshot))
    if ref:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / ref).write_text(commit)
    return snapshot


def _found(tmp_path: Path, *extra: Path) -> list[Folder]:
    return list(find_folders(tmp_path / "guide", tmp_path / "models", extra))


def _names(tmp_path: Path, *extra: Path) -> list[str]:
    return [folder.name for folder in _found(tmp_path, *extra)[1:]]


@pytest.fixture
def plain_user_folder() -> Iterator[Path]:
    """A folder of a user whom permissions hold back, who runs the test."""
    with TemporaryDirectory(prefix="mlxtui-") as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_the_guide_comes_first_even_when_nothing_else_is_there(tmp_path: Path) -> None:
    assert _found(tmp_path) == [Folder("guide", tmp_path / "guide", "built-in")]


def test_the_models_folder_is_read_one_level_deep_and_as_owner_and_name(
    tmp_path: Path,
) -> None:
    models = tmp_path / "models"
    plain = _make_model(models / "tiny")
    owned = _make_model(models / "owner" / "big")
    assert _found(tmp_path)[1:] == [
        Folder("owner/big", owned, "models"),
        Folder("tiny", plain, "models"),
    ]


def test_folders_without_a_models_files_are_left_out(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "empty").mkdir(parents=True)
    (models / "notes.txt").write_text("")
    (models / "owner" / "notes").mkdir(parents=True)
    _make_model(models / "owner" / "group" / "too deep")
    _make_model(models / ".hidden")
    assert _names(tmp_path) == []


def test_a_folder_with_only_weights_is_shown_so_that_its_problem_is(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "models" / "half"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"")
    assert _names(tmp_path) == ["half"]


def test_a_folder_inside_a_model_is_no_model_of_its_own(tmp_path: Path) -> None:
    _make_model(_make_model(tmp_path / "models" / "outer") / "inner")
    assert _names(tmp_path) == ["outer"]


@pytest.mark.parametrize(
    "name", ["日本語モデル", "with blank", "[brackets]*?", "émile"]
)
def test_any_name_of_a_folder_is_a_models_name(name: str, tmp_path: Path) -> None:
    _make_model(tmp_path / "models" / name)
    _make_model(tmp_path / "models" / "所有者" / name)
    assert sorted(_names(tmp_path)) == sorted([name, f"所有者/{name}"])


def test_a_linked_folder_is_found(tmp_path: Path) -> None:
    real = _make_model(tmp_path / "elsewhere" / "real")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "linked").symlink_to(real)
    (tmp_path / "models" / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "models" / "loop").symlink_to("loop")
    assert _names(tmp_path) == ["linked"]


def test_extra_folders_come_last(tmp_path: Path) -> None:
    _make_model(tmp_path / "models" / "mine")
    extra = _make_model(tmp_path / "disk" / "theirs")
    _make_cached("owner/cached", _FIRST)
    found = _found(tmp_path, tmp_path / "disk", tmp_path / "not there")
    sources = [folder.source for folder in found]
    assert sources == ["built-in", "models", "hugging-face", "extra"]
    assert found[-1] == Folder("theirs", extra, "extra")


def test_a_tilde_in_an_extra_folder_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    _make_model(tmp_path / "mine" / "tiny")
    assert _names(tmp_path, Path("~/mine")) == ["tiny"]


@pytest.mark.parametrize(
    "extra",
    [Path("~no-such-user-here/models"), Path("/" + "x" * 300), Path("/a\0b")],
    ids=["of a stranger", "too long for the system", "with a zero byte"],
)
def test_an_impossible_extra_folder_hides_no_other(extra: Path, tmp_path: Path) -> None:
    _make_model(tmp_path / "disk" / "theirs")
    assert _names(tmp_path, extra, tmp_path / "disk") == ["theirs"]


def test_a_models_folder_that_is_a_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    assert _names(tmp_path) == []


def test_a_folder_that_may_not_be_read_hides_no_other(
    plain_user_folder: Path,
) -> None:
    models = plain_user_folder / "models"
    _make_model(models / "a")
    locked = _make_model(models / "b")
    _make_model(models / "c")
    locked.chmod(0)
    try:
        assert {"a", "c"} <= set(_names(plain_user_folder))
        models.chmod(0)
        assert _names(plain_user_folder) == []
    finally:
        models.chmod(0o700)
        locked.chmod(0o700)


def test_the_snapshot_of_a_cached_repository_is_a_model(tmp_path: Path) -> None:
    snapshot = _make_cached("owner/name", _FIRST, ref="main")
    assert _found(tmp_path)[1:] == [Folder("owner/name", snapshot, "hugging-face")]


def test_a_repository_without_an_owner_has_its_own_name(tmp_path: Path) -> None:
    _make_cached("gpt2", _FIRST, ref="main")
    assert _names(tmp_path) == ["gpt2"]


def test_of_two_revisions_the_one_of_main_has_the_plain_name(tmp_path: Path) -> None:
    main = _make_cached("owner/name", _FIRST, ref="main", modified_seconds=1)
    other = _make_cached("owner/name", _SECOND, ref="old", modified_seconds=2)
    assert _found(tmp_path)[1:] == [
        Folder("owner/name", main, "hugging-face"),
        Folder(f"owner/name@{other.name[:8]}", other, "hugging-face"),
    ]


def test_without_main_the_newest_revision_has_the_plain_name(tmp_path: Path) -> None:
    _make_cached("owner/name", _FIRST, modified_seconds=1)
    newest = _make_cached("owner/name", _SECOND, modified_seconds=2)
    assert _found(tmp_path)[1] == Folder("owner/name", newest, "hugging-face")


@pytest.mark.parametrize("kind", ["datasets", "spaces"])
def test_a_cached_repository_that_is_no_model_is_left_out(
    kind: str, tmp_path: Path
) -> None:
    _make_cached("owner/other", _FIRST, kind=kind)
    _make_cached("owner/name", _FIRST)
    assert _names(tmp_path) == ["owner/name"]


def test_cached_repositories_are_in_the_order_of_the_alphabet(tmp_path: Path) -> None:
    for repo in ("b/x", "A/y", "a/z"):
        _make_cached(repo, _FIRST)
    assert _names(tmp_path) == ["A/y", "a/z", "b/x"]


def _without_snapshots(cache: Path) -> None:
    (cache / "models--owner--broken" / "blobs").mkdir(parents=True)


def _with_a_dangling_link(cache: Path) -> None:
    snapshot = _make_cached("owner/broken", _SECOND)
    (snapshot / "model.safetensors").symlink_to("../../blobs/gone")


def _with_a_file_among_snapshots(cache: Path) -> None:
    (_make_cached("owner/broken", _SECOND).parent / "file").write_text("")


def _with_a_ref_that_is_no_text(cache: Path) -> None:
    _make_cached("owner/broken", _SECOND, ref="main")
    (cache / "models--owner--broken" / "refs" / "main").write_bytes(b"\xff\xfe")


def _with_strange_files(cache: Path) -> None:
    (cache / "models--").mkdir()
    (cache / "notes.txt").write_text("")
    (cache / ".locks").mkdir()
    (cache / "unknown--owner--name").mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        _without_snapshots,
        _with_a_dangling_link,
        _with_a_file_among_snapshots,
        _with_a_ref_that_is_no_text,
        _with_strange_files,
    ],
)
def test_a_broken_entry_of_the_cache_hides_no_other(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    whole = _make_cached("owner/whole", _FIRST, ref="main")
    damage(Path(constants.HF_HUB_CACHE))
    assert Folder("owner/whole", whole, "hugging-face") in _found(tmp_path)


def test_a_cache_that_is_a_file_is_empty(tmp_path: Path) -> None:
    cache = Path(constants.HF_HUB_CACHE)
    cache.parent.mkdir(parents=True)
    cache.write_text("")
    assert _names(tmp_path) == []


def test_a_repository_of_the_cache_that_may_not_be_read_hides_no_other(
    plain_user_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(plain_user_folder / "hub"))
    _make_cached("owner/name", _FIRST)
    locked = _make_cached("owner/locked", _FIRST).parent
    locked.chmod(0)
    try:
        assert "owner/name" in _names(plain_user_folder)
    finally:
        locked.chmod(0o700)


def test_what_is_removed_meanwhile_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _make_cached("owner/whole", _FIRST)
    going = _make_cached("owner/going", _SECOND)
    plain = _make_model(tmp_path / "models" / "plain")
    subfolders = library._subfolders

    def subfolders_then_remove(folder: Path) -> list[Path]:
        found = subfolders(folder)
        for path in (going, plain):
            if path in found:
                shutil.rmtree(path)
        return found

    monkeypatch.setattr(library, "_subfolders", subfolders_then_remove)
    found = _found(tmp_path)
    assert Folder("owner/whole", whole, "hugging-face") in found
    assert "plain" not in [folder.name for folder in found]


# GGUF files


def _write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"GGUF")
    return folder


def _with_gguf(tmp_path: Path, *extra: Path, others: bool = False) -> list[Folder]:
    folders = find_gguf_folders(tmp_path / "models", extra, other_programs=others)
    return list(folders)


def test_folders_with_gguf_files_are_found_by_their_paths(tmp_path: Path) -> None:
    models = _write(tmp_path / "models", "a.gguf")
    repo = _write(models / "owner" / "repo", "b.GGUF", "README.md")
    inner = _write(repo / "Q4_K_M", "c-00001-of-00002.gguf")
    _write(inner / "too deep", "d.gguf")
    _write(models / ".hidden", "e.gguf")
    _write(models / "empty", "notes.txt")
    (models / "loop").symlink_to("loop")
    assert _with_gguf(tmp_path) == [
        Folder("", models, "models"),
        Folder("owner/repo", repo, "models"),
        Folder("owner/repo/Q4_K_M", inner, "models"),
    ]


def test_a_snapshot_with_gguf_files_has_its_repositorys_name(tmp_path: Path) -> None:
    for cache in (Path(constants.HF_HUB_CACHE), tmp_path / "models" / "hub"):
        snapshot = cache / "models--owner--name" / "snapshots" / _FIRST
        _write(cache / "models--owner--name" / "blobs", "x")
        inner = snapshot / "BF16"
        inner.mkdir(parents=True)
        (inner / "big.gguf").symlink_to("../../../blobs/x")
        (inner / "gone.gguf").symlink_to("../../../blobs/gone")
        assert _with_gguf(tmp_path)[-1 if cache.name != "hub" else 0] == Folder(
            "owner/name/BF16", inner, "hugging-face"
        )


def test_a_config_beside_gguf_files_alone_makes_no_model_folder(tmp_path: Path) -> None:
    folder = _write(_make_model(tmp_path / "models" / "repo"), "a.gguf")
    assert _names(tmp_path) == []
    _write(folder, "model.safetensors")
    assert _names(tmp_path) == ["repo"]


def test_the_models_of_lm_studio_are_found_when_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    theirs = tmp_path / ".lmstudio" / "models"
    mlx = _make_model(theirs / "mlx-community" / "tiny")
    gguf = _write(theirs / "publisher" / "repo-GGUF", "tiny.gguf")
    places = tmp_path / "guide", tmp_path / "models"
    assert len(list(find_folders(*places))) == 1
    assert list(find_folders(*places, other_programs=True))[1:] == [
        Folder("mlx-community/tiny", mlx, "lm-studio")
    ]
    assert _with_gguf(tmp_path) == []
    assert _with_gguf(tmp_path, others=True) == [
        Folder("publisher/repo-GGUF", gguf, "lm-studio")
    ]


def test_a_folder_with_far_too_many_files_ends_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_MAX_ENTRIES", 20)
    models = _write(tmp_path / "models", "a.gguf", *(f"b{n}" for n in range(30)))
    _write(models / "owner", "c.gguf")
    assert _with_gguf(tmp_path) == [Folder("", models, "models")]


def test_a_folder_of_gguf_files_that_may_not_be_read_hides_no_other(
    plain_user_folder: Path,
) -> None:
    models = plain_user_folder / "models"
    locked = _write(models / "a", "a.gguf")
    whole = _write(models / "b", "b.gguf")
    locked.chmod(0)
    try:
        assert Folder("b", whole, "models") in _with_gguf(plain_user_folder)
    finally:
        locked.chmod(0o700)
