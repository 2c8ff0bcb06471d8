"""One namespace for models: what a name stands for."""

from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui import names
from mlxtui.errors import ModelNotFound, ModelRefused
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


# GGUF files


def _gguf(*full_names: str) -> list[LocalModel]:
    return [
        replace(model, kind="gguf", source="ollama") for model in _models(*full_names)
    ]


_WITH_GGUF = [
    *_models("llama3.2", "mine/tiny-Q4_0"),
    *_gguf(
        "llama3.2:latest", "qwen3:latest", "qwen3:4b", "hf.co/owner/big:Q4_K_M",
        "owner/tiny-GGUF/tiny-Q4_0.gguf", "owner/two/a.gguf", "owner/two/b.gguf",
        "alone.gguf",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "full_name"),
    [
        ("llama3.2", "llama3.2"),
        ("llama3.2:latest", "llama3.2:latest"),  # what is removed is what was named
        ("LLAMA3.2:LATEST", "llama3.2:latest"),
        ("qwen3", "qwen3:latest"),
        ("qwen3:4b", "qwen3:4b"),
        ("big:q4_k_m", "hf.co/owner/big:Q4_K_M"),
        ("tiny-Q4_0", "mine/tiny-Q4_0"),
        ("tiny-Q4_0.gguf", "owner/tiny-GGUF/tiny-Q4_0.gguf"),
        ("owner/tiny-gguf", "owner/tiny-GGUF/tiny-Q4_0.gguf"),
        ("tiny-GGUF", "owner/tiny-GGUF/tiny-Q4_0.gguf"),
        ("a", "owner/two/a.gguf"),
        ("owner/two/b", "owner/two/b.gguf"),
        ("alone", "alone.gguf"),
    ],
)
def test_a_gguf_file_is_meant_where_no_model_has_the_name(
    typed: str, full_name: str
) -> None:
    assert names.resolve(typed, _WITH_GGUF).name == full_name


def test_a_repository_of_several_gguf_files_lists_them() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("owner/two", _WITH_GGUF)
    assert "owner/two/a.gguf, owner/two/b.gguf" in refusal.value.hint


def test_another_tag_is_answered_with_the_one_that_is_here() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        names.resolve("big", _WITH_GGUF)
    assert "hf.co/owner/big:Q4_K_M" in refusal.value.hint


def test_nothing_typed_means_no_model() -> None:
    with pytest.raises(ModelNotFound):
        names.resolve("", _WITH_GGUF)


def test_what_was_made_of_a_gguf_file_is_loaded() -> None:
    made, *_others = _WITH_GGUF
    file = replace(_gguf("llama3.2:latest")[0], imported_as=made.name)
    assert names.to_load(file, [made, file]) is made
    assert names.to_load(made, [made, file]) is made


def test_a_gguf_file_that_was_not_imported_says_how() -> None:
    (file,) = _gguf("llama3.2:latest")
    with pytest.raises(ModelRefused) as refusal:
        names.to_load(file, _WITH_GGUF)
    assert "llama3.2:latest" in refusal.value.message
    assert "mlxtui convert llama3.2:latest" in refusal.value.hint
    broken = replace(file, problem="It is an adapter.", hint="Take another.")
    with pytest.raises(ModelRefused, match="It is an adapter"):
        names.to_load(broken, [broken])


@pytest.mark.parametrize(
    ("full_name", "name"),
    [
        ("tiny-Q4_0.gguf", "tiny-Q4_0"),
        ("owner/repo/big-00001-of-00003.gguf", "big"),
        ("owner/repo/big-00001-of-00003.GGUF", "big"),
        ("llama3.2:latest", "llama3.2"),
        ("llama3.2:1b", "llama3.2-1b"),
        ("hf.co/owner/repo:Q4_K_M", "repo-Q4_K_M"),
        ("日本語（小）.gguf", "日本語-小-"),
        ("-x.gguf", "x"),
        ("a" * 240 + ".gguf", "a" * 180),
        ("日" * 80 + ".gguf", "日" * 60),
        (".gguf", "model"),
        ("?.gguf", "model"),
    ],
)
def test_an_import_is_called_after_its_file(full_name: str, name: str) -> None:
    assert names.imported_name(full_name) == name
    assert names.check_new_name(f"{name}-mixed_3_6", ()) == f"{name}-mixed_3_6"
    assert names.check_new_name(name, []) == name


def test_a_gguf_files_path_stands_for_it_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("tiny.gguf", "sha256-0123", "モデル"):
        file = tmp_path / name
        file.write_bytes(b"GGUF and more")
        model = names.resolve(str(file), _WITH_GGUF)
        assert (model.kind, model.source, model.path) == ("gguf", "path", file)
        assert model.files == (file,)
        with pytest.raises(ModelRefused) as refusal:
            names.to_load(model, _WITH_GGUF)
        assert str(file) in refusal.value.hint


def test_a_path_with_blanks_is_named_as_a_shell_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "my model.gguf"
    file.write_bytes(b"GGUF and more")
    with pytest.raises(ModelRefused) as refusal:
        names.to_load(names.resolve(str(file), ()), ())
    assert f"mlxtui convert '{file}'" in refusal.value.hint


def test_a_gguf_file_that_is_not_there_is_no_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="There is no file .*none.gguf"):
        names.resolve(str(tmp_path / "none.gguf"), ())


def test_another_file_is_not_called_a_missing_folder(tmp_path: Path) -> None:
    file = tmp_path / "notes.gguf"
    file.write_text("no model")
    with pytest.raises(ModelNotFound, match="neither a model's folder nor a GGUF"):
        names.resolve(str(file), ())
