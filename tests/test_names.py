"""One namespace for models: what a name stands for."""

from pathlib import Path

import pytest

from mlxtui import names
from mlxtui.errors import ModelNotFound
from mlxtui.types import LocalModel


def _models(*full_names: str) -> list[LocalModel]:
    return [
        LocalModel(name=name, path=Path("/models") / name, source="models")
        for name in full_names
    ]


_MODELS = _models(
    "guide",
    "mlx-community/Qwen3-4B-4bit",
    "Qwen/Qwen3-4B",
    "my/tiny",
    "your/tiny",
    "my/other@0123abcd",
    "日本語モデル",
)


@pytest.mark.parametrize(
    ("typed", "full_name"),
    [
        ("guide", "guide"),
        ("Qwen/Qwen3-4B", "Qwen/Qwen3-4B"),
        ("qwen/QWEN3-4b", "Qwen/Qwen3-4B"),
        ("Qwen3-4B-4bit", "mlx-community/Qwen3-4B-4bit"),
        ("qwen3-4b", "Qwen/Qwen3-4B"),
        ("guide:latest", "guide"),
        ("Qwen3-4B:latest", "Qwen/Qwen3-4B"),
        ("GUIDE:LATEST", "guide"),
        ("your/tiny", "your/tiny"),
        ("my/other@0123abcd", "my/other@0123abcd"),
        ("other@0123ABCD", "my/other@0123abcd"),
        ("日本語モデル", "日本語モデル"),
        (" guide ", "guide"),
    ],
)
def test_a_name_or_an_alias_stands_for_its_model(typed: str, full_name: str) -> None:
    assert names.resolve(typed, _MODELS).name == full_name


def test_an_alias_of_several_models_lists_them_all() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("tiny", _MODELS)
    assert "tiny" in refusal.value.message
    assert "my/tiny" in refusal.value.hint
    assert "your/tiny" in refusal.value.hint


def test_a_full_name_wins_over_an_alias() -> None:
    models = _models("owner/small", "small")
    assert names.resolve("small", models).name == "small"


def test_an_address_of_three_parts_is_answered_with_its_last_two() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("apple/mlx-community/X", _MODELS)
    assert refusal.value.hint == "Did you mean mlx-community/x?"


def test_part_of_a_name_is_answered_with_the_whole() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("4B-4bit", _MODELS)
    assert "mlx-community/Qwen3-4B-4bit" in refusal.value.hint


@pytest.mark.parametrize("models", [_MODELS, []])
def test_an_unknown_name_is_named_and_the_list_pointed_to(
    models: list[LocalModel],
) -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("owner/no-such-thing", models)
    assert "owner/no-such-thing" in refusal.value.message
    assert "mlxtui list" in refusal.value.hint


@pytest.mark.parametrize("name", [".", "..", "./x", "../x", "/x", "~", "~/x"])
def test_dots_slashes_and_tildes_mean_a_path(name: str) -> None:
    assert names.looks_like_path(name)


@pytest.mark.parametrize("name", ["x", "owner/x", ".x", "...", "x/..", "モデル"])
def test_other_names_mean_no_path(name: str) -> None:
    assert not names.looks_like_path(name)


def test_a_path_stands_for_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a model"
    folder.mkdir()
    model = names.resolve(str(folder), _MODELS)
    assert (model.name, model.path, model.source) == ("a model", folder, "path")


@pytest.mark.parametrize(
    ("typed", "relative"), [("./x", "x"), (".", "."), ("..", ".."), ("../here/", ".")]
)
def test_a_relative_path_gives_an_absolute_one_with_the_folders_name(
    typed: str, relative: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "x" / "here"
    (here / "x").mkdir(parents=True)
    monkeypatch.chdir(here)
    meant = (here / relative).resolve()
    model = names.resolve(typed, [])
    assert model.path.is_absolute()
    assert model.path.samefile(meant)
    assert model.name == meant.name


def test_a_tilde_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "model").mkdir()
    assert names.resolve("~/model", []).path == tmp_path / "model"


@pytest.mark.parametrize(
    "typed",
    ["./nothing", "~no-such-user-here/model", "/" + "x" * 300, "/a\0b"],
    ids=["missing", "of a stranger", "too long for the system", "with a zero byte"],
)
def test_a_path_that_is_no_folder_is_named_with_a_hint(typed: str) -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve(typed, _MODELS)
    assert Path(typed).name in refusal.value.message
    assert refusal.value.hint


def test_a_file_is_no_model_folder(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_text("")
    with pytest.raises(ModelNotFound, match="model.gguf"):
        names.resolve(str(file), [])
