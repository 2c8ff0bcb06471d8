"""Where the files are, and how they are written."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from mlxtui import paths

_PLACES: tuple[Callable[[], Path], ...] = (
    paths.config_dir,
    paths.data_dir,
    paths.cache_dir,
    paths.log_dir,
    paths.settings_file,
    paths.log_file,
    paths.models_dir,
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("place", _PLACES)
def test_one_variable_puts_all_places_under_one_folder(
    place: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLXTUI_HOME", str(tmp_path / "somewhere"))
    assert place().is_relative_to(tmp_path / "somewhere")


def test_no_two_places_are_the_same() -> None:
    assert len({place() for place in _PLACES}) == len(_PLACES)


def test_without_the_variable_the_platforms_folders_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MLXTUI_HOME")
    assert paths.settings_file().parent == platformdirs.user_config_path("mlxtui")
    assert paths.models_dir().is_relative_to(platformdirs.user_data_path("mlxtui"))


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLXTUI_HOME", "")
    assert paths.config_dir() == platformdirs.user_config_path("mlxtui")


def test_a_tilde_in_the_variable_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLXTUI_HOME", "~/mlx")
    assert paths.config_dir().is_relative_to(tmp_path / "mlx")


def test_a_relative_folder_in_the_variable_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLXTUI_HOME", "mlx")
    assert paths.config_dir().is_relative_to(tmp_path / "mlx")


def test_the_styles_of_this_installation_are_found() -> None:
    assert (paths.styles_dir() / "app.tcss").is_file()


def test_new_folders_are_private_and_old_ones_stay_as_they_are(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    old.chmod(0o755)
    new = paths.make_private(old / "a" / "b")
    assert _mode(new) == _mode(new.parent) == stat.S_IRWXU
    assert _mode(old) == 0o755


def test_a_folder_may_be_made_private_twice(tmp_path: Path) -> None:
    folder = paths.make_private(tmp_path / "a")
    (folder / "file").write_text("kept")
    assert (paths.make_private(folder) / "file").read_text() == "kept"


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "notes.txt"
    paths.write_atomically(file, "初めての\n文")
    paths.write_atomically(file, "二番目の\n文")
    assert file.read_text(encoding="utf-8") == "二番目の\n文"
    assert list(file.parent.iterdir()) == [file]


def test_a_written_file_is_the_users_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    paths.write_atomically(file, "secret")
    assert _mode(file) == stat.S_IRUSR | stat.S_IWUSR


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_alone(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes.txt"
    paths.write_atomically(file, "old")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        paths.write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.glob("*notes*")) == [file]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_kill_while_writing_leaves_the_old_file(step: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("old")
    program = (
        "import os, pathlib, signal, sys\n"
        "from mlxtui import paths\n"
        f"os.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "paths.write_atomically(pathlib.Path(sys.argv[1]), 'new')\n"
    )
    checkout = Path(paths.__file__).parents[1]
    killed = subprocess.run([sys.executable, "-c", program, str(file)], cwd=checkout)
    assert killed.returncode < 0
    assert file.read_text() == "old"
