"""The settings file: what is in it, and that nothing the user wrote is lost."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths, settings
from mlxtui.errors import SettingsError
from mlxtui.settings import Settings

_COMMENTED = """\
# my own notes
theme = "nord"  # the blue one

# only for the big machine
memory_limit_gib = 24.0
"""


def _write(text: str | bytes) -> Path:
    file = paths.settings_file()
    paths.make_private(file.parent)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def _refused_load() -> SettingsError:
    with pytest.raises(SettingsError) as refusal:
        settings.load()
    return refusal.value


def _refused_value(key: str, text: str) -> SettingsError:
    with pytest.raises(SettingsError) as refusal:
        settings.save_value(key, text)
    return refusal.value


def _table() -> dict[str, Any]:
    return tomllib.loads(paths.settings_file().read_text(encoding="utf-8"))


def test_without_a_file_every_setting_has_its_default() -> None:
    assert settings.load() == Settings()
    assert not paths.settings_file().exists()


@pytest.mark.parametrize("key", settings.keys())
def test_every_setting_says_what_it_does(key: str) -> None:
    assert settings.description(key)


def test_values_are_read_from_the_file() -> None:
    _write(_COMMENTED)
    used = settings.load()
    assert (used.theme, used.memory_limit_gib) == ("nord", 24.0)


@pytest.mark.parametrize(
    "content",
    ['theme = "nord', "theme", b"theme = '\xff'", 'theme = "a"\ntheme = "b"'],
    ids=["open string", "no value", "not UTF-8", "key twice"],
)
def test_a_broken_file_is_named_and_how_to_go_on(content: str | bytes) -> None:
    file = _write(content)
    error = _refused_load()
    assert str(file) in error.message
    assert len(error.message.splitlines()) == 1
    assert error.hint


def test_a_file_that_cannot_be_read_is_named() -> None:
    paths.settings_file().mkdir(parents=True)
    assert str(paths.settings_file()) in _refused_load().message


def test_an_unknown_key_is_named_with_the_file_and_the_known_ones() -> None:
    file = _write('thme = "nord"')
    error = _refused_load()
    assert str(file) in error.message
    assert "thme" in error.message
    assert all(key in error.hint for key in settings.keys())


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('language = "fr"', "language"),
        ("theme = 5", "theme"),
        ("model = true", "model"),
        ("models_folder = 7", "models_folder"),
        ('model_folders = "/a"', "model_folders"),
        ("model_folders = [1]", "model_folders"),
        ("memory_limit_gib = -1", "memory_limit_gib"),
        ("memory_limit_gib = nan", "memory_limit_gib"),
        ("memory_limit_gib = inf", "memory_limit_gib"),
        ("prompt_cache_gib = 1e9", "prompt_cache_gib"),
        ('wired_limit = "on"', "wired_limit"),
        ("[theme]\ncolour = 1", "theme"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(line: str, key: str) -> None:
    file = _write(line)
    error = _refused_load()
    assert str(file) in error.message
    assert key in error.message
    assert settings.description(key) in error.hint


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("language", "ja", "ja"),
        ("theme", "nord", "nord"),
        ("model", "owner/日本語", "owner/日本語"),
        ("model", "7", "7"),
        ("model", "1e3", "1e3"),
        ("models_folder", "/models", Path("/models")),
        ("models_folder", "/8", Path("/8")),
        ("model_folders", "/a:/b c", (Path("/a"), Path("/b c"))),
        ("memory_limit_gib", "12.5", 12.5),
        ("prompt_cache_gib", "0", 0.0),
        ("wired_limit", "model", "model"),
    ],
)
def test_a_saved_value_is_the_one_that_is_loaded(
    key: str, text: str, value: object
) -> None:
    assert getattr(settings.save_value(key, text), key) == value
    assert getattr(settings.load(), key) == value


def test_folders_are_saved_whole_so_that_they_hold_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)
    settings.save_value("models_folder", "~/models")
    settings.save_value("model_folders", "here:~/there")
    used = settings.load()
    assert used.models_dir() == tmp_path / "me" / "models"
    assert used.model_folders == (tmp_path / "here", tmp_path / "me" / "there")


def test_a_tilde_in_the_file_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    _write('models_folder = "~/models"')
    assert settings.load().models_dir() == tmp_path / "models"


def test_a_strangers_folder_in_the_file_ends_nothing() -> None:
    _write('models_folder = "~no-such-user-here/models"')
    assert settings.load().models_dir().name == "models"


def test_without_a_models_folder_mlxtuis_own_is_used() -> None:
    assert Settings().models_dir() == paths.models_dir()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("language", "fr"),
        ("memory_limit_gib", "much"),
        ("memory_limit_gib", "-1"),
        ("memory_limit_gib", "nan"),
        ("prompt_cache_gib", "inf"),
        ("wired_limit", "on"),
        ("theme", "\udcff"),
        ("models_folder", "/\udcff"),
    ],
)
def test_a_value_that_is_not_allowed_is_not_saved(key: str, text: str) -> None:
    file = _write(_COMMENTED)
    error = _refused_value(key, text)
    assert key in error.message
    assert settings.description(key) in error.hint
    assert file.read_text() == _COMMENTED
    assert list(file.parent.iterdir()) == [file]


def test_an_unknown_key_is_not_saved() -> None:
    error = _refused_value("colour", "red")
    assert "colour" in error.message
    assert all(key in error.hint for key in settings.keys())
    assert not paths.settings_file().exists()


def test_comments_and_order_stay_when_a_value_is_saved() -> None:
    file = _write(_COMMENTED)
    settings.save_value("theme", "dracula")
    settings.save_value("language", "ja")
    text = file.read_text()
    assert text.startswith(_COMMENTED.replace("nord", "dracula"))
    assert _table() == {
        "theme": "dracula", "memory_limit_gib": 24.0, "language": "ja"
    }  # fmt: skip


@pytest.mark.parametrize("key", settings.keys())
def test_an_empty_value_brings_the_default_back(key: str) -> None:
    changed = {
        "language": "ja", "theme": "nord", "model": "x", "models_folder": "/x",
        "model_folders": "/x", "memory_limit_gib": "1", "prompt_cache_gib": "1",
        "wired_limit": "max",
    }  # fmt: skip
    assert settings.save_value(key, changed[key]) != Settings()
    assert settings.save_value(key, "") == Settings()
    assert key not in _table()


def test_a_default_that_was_never_changed_can_be_brought_back() -> None:
    assert settings.save_value("theme", "") == Settings()


def test_a_file_that_is_broken_by_hand_is_not_overwritten() -> None:
    file = _write("theme = ")
    assert str(file) in _refused_value("theme", "nord").message
    assert file.read_text() == "theme = "


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_keeps_the_old_file_and_says_why(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(_COMMENTED)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    error = _refused_value("theme", "dracula")
    assert str(file) in error.message
    assert "No space left on device" in error.message
    assert error.hint
    assert file.read_text() == _COMMENTED
    assert list(file.parent.iterdir()) == [file]


def test_a_home_that_is_a_file_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "file"
    home.write_text("")
    monkeypatch.setenv("MLXTUI_HOME", str(home))
    assert str(home) in _refused_value("theme", "nord").message


def test_the_saved_file_and_its_folder_are_the_users_alone() -> None:
    settings.save_value("theme", "nord")
    file = paths.settings_file()
    for path in (file, file.parent, file.parent.parent):
        others = stat.S_IRWXG | stat.S_IRWXO
        assert path.stat().st_mode & others == 0, path
