"""The settings: what they may be, whose word counts, and that nothing is lost."""

import os
import stat
import subprocess
import sys
import tomllib
import traceback
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths, settings
from mlxtui.errors import SettingsError
from mlxtui.settings import SETTINGS, Settings

_COMMENTED = """\
# my own notes
theme = "contrast"  # for the evening

# only for the big machine
memory_limit_gib = 24.0
"""

# For each setting a text that is not its default, with its value.
_TYPED: dict[str, tuple[str, object]] = {
    "language": ("ja", "ja"),
    "theme": ("light", "light"),
    "send_key": ("ctrl+s", "ctrl+s"),
    "reduced_motion": ("on", True),
    "model": ("owner/日本語", "owner/日本語"),
    "models_folder": ("/models", Path("/models")),
    "model_folders": ("/a:/b c", (Path("/a"), Path("/b c"))),
    "other_programs": ("off", False),
    "memory_limit_gib": ("12.5", 12.5),
    "prompt_cache_gib": ("0", 0.0),
    "wired_limit": ("model", "model"),
    "hub_token": ("hf_SecretOfTheTest", "hf_SecretOfTheTest"),
    "hub_endpoint": ("https://hub.example/mirror/", "https://hub.example/mirror"),
    "offline": ("on", True),
    "setup_done": ("true", True),
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the test overrides nothing."""
    for key in SETTINGS:
        monkeypatch.delenv(settings.variable(key), raising=False)


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


# The file


def test_without_a_file_every_setting_has_its_default() -> None:
    assert settings.load() == Settings()
    assert set(settings.read().origins.values()) == {"default"}
    assert not paths.settings_file().exists()


def test_values_are_read_from_the_file() -> None:
    _write(_COMMENTED)
    used = settings.load()
    assert (used.theme, used.memory_limit_gib) == ("contrast", 24.0)
    assert settings.origin("theme") == "file"
    assert settings.origin("language") == "default"


@pytest.mark.parametrize(
    "content",
    ['theme = "dark', "theme", b"theme = '\xff'", 'theme = "a"\ntheme = "b"'],
    ids=["open string", "no value", "not UTF-8", "key twice"],
)
def test_a_broken_file_is_named_and_how_to_go_on(content: str | bytes) -> None:
    file = _write(content)
    error = _refused_load()
    assert str(file) in error.message
    assert len(error.message.splitlines()) == 1
    assert error.hint
    reading = settings.read()
    assert reading.settings == Settings()
    assert error.message in reading.warning


def test_a_broken_line_is_named_by_its_number() -> None:
    _write('# a comment\ntheme = "dark"\nmodel = \n')
    assert "line 3" in _refused_load().message


def test_a_file_that_cannot_be_read_is_named() -> None:
    paths.settings_file().mkdir(parents=True)
    assert str(paths.settings_file()) in _refused_load().message


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('language = "fr"', "language"),
        ('theme = "textual-dark"', "theme"),
        ("theme = 5", "theme"),
        ('send_key = "tab"', "send_key"),
        ('reduced_motion = "on"', "reduced_motion"),
        ("reduced_motion = 1", "reduced_motion"),
        ("model = true", "model"),
        ('model = "a\\nb"', "model"),
        ('model = ""', "model"),
        ("models_folder = 7", "models_folder"),
        ('models_folder = "/a\\u0000"', "models_folder"),
        ('model_folders = "/a"', "model_folders"),
        ("model_folders = [1]", "model_folders"),
        ("memory_limit_gib = -1", "memory_limit_gib"),
        ("memory_limit_gib = true", "memory_limit_gib"),
        ("memory_limit_gib = nan", "memory_limit_gib"),
        ("memory_limit_gib = inf", "memory_limit_gib"),
        ("prompt_cache_gib = 1e9", "prompt_cache_gib"),
        ('wired_limit = "on"', "wired_limit"),
        ("[theme]\ncolour = 1", "theme"),
        ("keys = 5", "keys"),
        ('[keys]\n"chat.new" = ""', "chat.new"),
        ('[keys]\n"chat.new" = "ctrl+n,,f2"', "chat.new"),
        ('[keys]\n"chat.new" = 5', "chat.new"),
        ('[keys]\nnew = "f2"', "keys.new"),
    ],
)
def test_a_bad_value_is_named_with_its_line_and_the_others_are_used(
    line: str, key: str
) -> None:
    file = _write(f"# notes\n\nprompt_cache_gib = 7\n{line}\n".replace(
        "prompt_cache_gib = 7\nprompt_cache_gib", "prompt_cache_gib"
    ))  # fmt: skip
    reading = settings.read()
    (error,) = (*reading.problems, *reading.notices)
    assert f"{file}, line " in error.message
    assert key in error.message
    assert error.hint
    assert "prompt_cache" in line or reading.settings.prompt_cache_gib == 7
    changed = reading.settings.prompt_cache_gib
    assert reading.settings == Settings(prompt_cache_gib=changed)


def test_the_number_of_the_bad_line_is_right() -> None:
    file = _write('theme = "light"\n\n  language="fr"\n')
    assert _refused_load().message.startswith(f"{file}, line 3: language cannot be fr:")


def test_a_message_names_what_is_allowed() -> None:
    _write("memory_limit_gib = -1\n")
    assert _refused_load().message.endswith(
        "memory_limit_gib cannot be -1: a number from 0 to 4096."
    )


def test_all_that_is_wrong_is_told_at_once() -> None:
    _write('theme = "nord"\nlanguage = "fr"\nthme = "dark"\n')
    reading = settings.read()
    assert [("nord" in e.message, "fr" in e.message) for e in reading.problems] == [
        (True, False), (False, True)
    ]  # fmt: skip
    for word in ("nord", "fr", "thme"):
        assert word in reading.warning


def test_an_unknown_key_is_told_with_the_one_that_was_meant() -> None:
    file = _write('thme = "light"\nprompt_cache_gib = 3\n')
    assert settings.load() == Settings(prompt_cache_gib=3)
    (notice,) = settings.read().notices
    assert f"{file}, line 1" in notice.message
    assert "thme" in notice.message
    assert "theme" in notice.hint


def test_a_newer_versions_settings_stay_in_the_file() -> None:
    text = '# new\nshiny = true  # of 2030\n\n[future]\na = "b"\n'
    file = _write(text)
    settings.save_value("theme", "light")
    assert file.read_text().startswith("# new\nshiny = true  # of 2030\n")
    assert _table() == {"shiny": True, "theme": "light", "future": {"a": "b"}}
    assert settings.load() == Settings(theme="light")


# The environment


@pytest.mark.parametrize("key", _TYPED)
def test_a_variable_overrides_the_file(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, value = _TYPED[key]
    monkeypatch.setenv(settings.variable(key), text)
    assert getattr(settings.load(), key) == value
    assert settings.origin(key) == "environment"
    settings.save_value(key, "")
    assert getattr(settings.load(), key) == value


def test_a_bad_variable_is_named_and_the_file_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _write(_COMMENTED)
    monkeypatch.setenv("MLXTUI_THEME", "nord")
    error = _refused_load()
    assert error.message.startswith("MLXTUI_THEME: theme cannot be nord")
    assert "MLXTUI_THEME" in error.hint
    assert settings.read().settings.theme == "contrast"
    assert settings.origin("theme") == "file"


def test_an_empty_variable_overrides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLXTUI_THEME", "")
    assert settings.read() == settings.Reading(
        settings=Settings(), origins=dict.fromkeys(SETTINGS, "default")
    )


def test_keys_of_actions_come_from_the_file_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLXTUI_KEYS", "ctrl+n")
    assert settings.load().keys == {}


# Values


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_says_what_it_is_and_what_it_may_be(key: str) -> None:
    setting = SETTINGS[key]
    assert setting.title and setting.allowed()
    assert settings.description(key)


def test_the_apps_own_notes_are_not_among_the_users_settings() -> None:
    assert set(SETTINGS) - set(settings.keys()) == {"setup_done"}


@pytest.mark.parametrize("key", _TYPED)
def test_a_saved_value_is_the_one_that_is_loaded_and_shown(key: str) -> None:
    text, value = _TYPED[key]
    assert settings.parse(key, text) == value
    assert getattr(settings.save_value(key, text), key) == value
    assert getattr(settings.load(), key) == value
    if not isinstance(SETTINGS[key], settings.Secret):
        shown = SETTINGS[key].text(value)
        assert settings.parse(key, shown) == value


@pytest.mark.parametrize("key", settings.keys())
def test_an_empty_value_brings_the_default_back(key: str) -> None:
    text = _TYPED[key][0] if key != "keys" else "f2"
    one = "keys.chat.new" if key == "keys" else key
    assert settings.save_value(one, text) != Settings()
    assert settings.save_value(key, "") == Settings()
    assert key not in _table()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("language", "fr"),
        ("theme", "textual-dark"),
        ("theme", "\udcff"),
        ("reduced_motion", "perhaps"),
        ("memory_limit_gib", "much"),
        ("memory_limit_gib", "-1"),
        ("memory_limit_gib", "nan"),
        ("prompt_cache_gib", "inf"),
        ("wired_limit", "on"),
        ("model", "a\nb"),
        ("models_folder", "/\udcff"),
        ("models_folder", "/a\0"),
        ("model_folders", "/a:/b\x1b"),
        ("keys", "ctrl+n"),
        ("keys.chat.new", "ctrl+n, ,f2"),
        ("hub_endpoint", "hub.example"),
        ("hub_endpoint", "ftp://hub.example"),
        ("hub_endpoint", "https://"),
        ("hub_endpoint", "https://a b"),
        ("hub_endpoint", "https://hub.example?x=1"),
        ("hub_endpoint", "https://hub.example:port"),
        ("hub_endpoint", "https://[::1"),
        ("offline", "sometimes"),
    ],
)
def test_a_value_that_is_not_allowed_is_not_saved(key: str, text: str) -> None:
    file = _write(_COMMENTED)
    error = _refused_value(key, text)
    assert error.message.startswith(f"{key} cannot be ")
    assert SETTINGS[key.partition(".")[0]].allowed() in error.message
    assert settings.description(key) in error.hint
    assert file.read_text() == _COMMENTED


@pytest.mark.parametrize(
    ("key", "meant"),
    [("colour", "language"), ("them", "theme"), ("keys.New!", "keys")],
)
def test_an_unknown_key_is_not_saved(key: str, meant: str) -> None:
    error = _refused_value(key, "x")
    assert key in error.message
    assert meant in error.hint
    assert not paths.settings_file().exists()


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


# Keys of actions


def test_keys_of_an_action_are_read_with_and_without_quotes() -> None:
    _write('[keys]\n"chat.new" = "ctrl+k, f2"\nchat.stop = "f3"\napp.go.models = "f4"')
    assert settings.load().keys == {
        "chat.new": "ctrl+k,f2", "chat.stop": "f3", "app.go.models": "f4"
    }  # fmt: skip
    assert settings.origin("keys.chat.new") == "file"
    assert settings.origin("keys.chat.copy") == "default"


def test_keys_of_one_action_are_saved_and_taken_back_beside_the_others() -> None:
    file = _write('[keys]\nchat.new = "ctrl+k" # mine\n"chat.stop" = "f3"\n')
    settings.save_value("keys.chat.new", "f2")
    settings.save_value("keys.app.quit", "ctrl+w")
    assert file.read_text() == (
        '[keys]\nchat.new = "f2" # mine\n"chat.stop" = "f3"\n"app.quit" = "ctrl+w"\n'
    )
    assert settings.save_value("keys.chat.stop", "").keys == {
        "chat.new": "f2", "app.quit": "ctrl+w"
    }  # fmt: skip


def test_one_bad_entry_does_not_take_the_other_keys_away() -> None:
    _write('[keys]\n"chat.new" = "f2"\n"chat.stop" = ""\n')
    reading = settings.read()
    assert reading.settings.keys == {"chat.new": "f2"}
    assert "line 3" in reading.warning


# Saving


def test_comments_and_order_stay_when_a_value_is_saved() -> None:
    file = _write(_COMMENTED)
    settings.save_values({"theme": "light", "language": "ja"})
    text = file.read_text()
    assert text.startswith(_COMMENTED.replace("contrast", "light"))
    assert _table() == {
        "theme": "light", "memory_limit_gib": 24.0, "language": "ja"
    }  # fmt: skip


def test_of_several_values_all_are_saved_or_none() -> None:
    file = _write(_COMMENTED)
    with pytest.raises(SettingsError):
        settings.save_values({"theme": "light", "language": "fr"})
    assert file.read_text() == _COMMENTED


def test_a_bad_value_of_another_key_stays_as_the_user_wrote_it() -> None:
    file = _write('theme = "nord"\n')
    assert settings.save_value("language", "ja").language == "ja"
    assert file.read_text() == 'theme = "nord"\nlanguage = "ja"\n'
    settings.save_value("theme", "light")
    assert settings.load() == Settings(theme="light", language="ja")


def test_a_file_that_is_broken_by_hand_is_not_overwritten() -> None:
    file = _write("theme = ")
    assert str(file) in _refused_value("theme", "light").message
    assert file.read_text() == "theme = "


def test_a_file_that_is_linked_to_stays_linked_to(tmp_path: Path) -> None:
    file = _write("")
    kept = tmp_path / "dotfiles" / "mlxtui.toml"
    kept.parent.mkdir()
    kept.write_text(_COMMENTED)
    file.unlink()
    file.symlink_to(kept)
    settings.save_value("theme", "light")
    assert file.is_symlink()
    assert kept.read_text() == _COMMENTED.replace("contrast", "light")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_keeps_the_old_file_and_says_why(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(_COMMENTED)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    error = _refused_value("theme", "light")
    assert str(file) in error.message
    assert "No space left on device" in error.message
    assert error.hint
    assert file.read_text() == _COMMENTED
    left = [path for path in file.parent.iterdir() if path.suffix != ".lock"]
    assert left == [file]


def test_a_home_that_is_a_file_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "file"
    home.write_text("")
    monkeypatch.setenv("MLXTUI_HOME", str(home))
    error = _refused_value("theme", "light")
    assert str(home) in error.message
    assert error.hint


def test_the_saved_file_and_its_folder_are_the_users_alone() -> None:
    settings.save_value("theme", "light")
    file = paths.settings_file()
    for path in (file, file.parent, file.parent.parent, *file.parent.iterdir()):
        others = stat.S_IRWXG | stat.S_IRWXO
        assert path.stat().st_mode & others == 0, path


def test_two_windows_do_not_lose_one_anothers_changes(tmp_path: Path) -> None:
    # Each counts its own setting up and, after every save, finds what it wrote.
    program = (
        "import sys; from mlxtui import settings\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for number in range(1, 41):\n"
        "    used = settings.save_value(sys.argv[1], str(number))\n"
        "    assert getattr(used, sys.argv[1]) == number, used\n"
    )
    keys = ("memory_limit_gib", "prompt_cache_gib")
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", program, key],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for key in keys
    ]  # fmt: skip
    for window in windows:
        assert window.stdout is not None and window.stdin is not None
        assert window.stdout.readline() == "ready\n"
    for window in windows:
        assert window.stdin is not None
        window.stdin.write("go\n")
        window.stdin.flush()
    for window in windows:
        window.communicate(timeout=60)
        assert window.returncode == 0
    used = settings.load()
    assert (used.memory_limit_gib, used.prompt_cache_gib) == (40, 40)


# What nobody may see

_SECRET = "hf_SecretOfTheTest"


def _told(error: BaseException) -> str:
    """Everything that a log or a traceback would say of an error."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("bad", [" in two words", "日本語", "\x07", "\udcff"])
def test_a_token_that_is_not_allowed_is_not_repeated(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = _refused_value("hub_token", _SECRET + bad)
    assert SETTINGS["hub_token"].allowed() in error.message
    assert _SECRET not in _told(error) + error.hint
    if "\udcff" not in bad:
        monkeypatch.setenv("MLXTUI_HUB_TOKEN", _SECRET + bad)
        error = _refused_load()
        assert "MLXTUI_HUB_TOKEN" in error.message
        assert _SECRET not in _told(error) + error.hint
        monkeypatch.delenv("MLXTUI_HUB_TOKEN")
    for value in (f"'{_SECRET} in two words'", f"['{_SECRET}']", _SECRET):
        _write(f"hub_token = {value}\n")
        assert _SECRET not in _told(_refused_load())
        assert _SECRET not in settings.read().warning


def test_a_token_is_in_no_text_of_the_settings() -> None:
    used = settings.save_value("hub_token", _SECRET)
    setting = SETTINGS["hub_token"]
    assert _SECRET not in repr(used) + str(used) + repr(settings.read())
    assert _SECRET not in setting.text(used.hub_token) + setting.shown(used.hub_token)
    assert setting.shown(used.hub_token) != setting.shown("")


def test_the_file_of_a_token_is_the_users_alone() -> None:
    settings.save_value("hub_token", _SECRET)
    file = paths.settings_file()
    assert _SECRET in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_password_of_a_mirror_is_refused_and_not_repeated() -> None:
    error = _refused_value("hub_endpoint", "https://me:hidden@hub.example")
    assert "hub.example" in error.message
    assert "hidden" not in error.message + error.hint


def test_an_empty_text_in_the_file_is_no_token_and_no_mirror() -> None:
    _write('hub_token = ""\nhub_endpoint = ""\n')
    assert settings.load() == Settings()
