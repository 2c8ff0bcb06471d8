"""Where LM Studio keeps its models."""

import json
import os
from pathlib import Path

import pytest

from mlxtui.hub.stores import lm_studio

_POINTER = ".lmstudio-home-pointer"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home folder."""
    folder = tmp_path / "me"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def _choose(home_of_lm_studio: Path, content: object) -> None:
    home_of_lm_studio.mkdir(parents=True, exist_ok=True)
    (home_of_lm_studio / "settings.json").write_text(json.dumps(content))


def test_without_anything_it_is_in_the_usual_places(home: Path) -> None:
    assert lm_studio.models_folders() == (
        home / ".lmstudio/models",
        home / ".cache/lm-studio/models",
    )


def test_the_pointer_names_its_home(home: Path, tmp_path: Path) -> None:
    (home / _POINTER).write_text(f"{tmp_path}/disk/lm studio\n")
    assert lm_studio.models_folders()[0] == tmp_path / "disk/lm studio/models"


def test_the_folder_that_the_user_chose_comes_first(home: Path, tmp_path: Path) -> None:
    _choose(home / ".lmstudio", {"downloadsFolder": str(tmp_path / "chosen")})
    first, *others = lm_studio.models_folders()
    assert first == tmp_path / "chosen"
    assert others[0] == home / ".lmstudio/models"


def test_a_folder_is_named_once(home: Path) -> None:
    _choose(home / ".lmstudio", {"downloadsFolder": str(home / ".lmstudio/models/")})
    (home / _POINTER).write_text(str(home / ".lmstudio"))
    assert len(lm_studio.models_folders()) == 2


@pytest.mark.parametrize(
    "content",
    ["", "relative/path", "/", "/a\0b", "\udcff", "[" * 9000],
    ids=["empty", "relative", "root", "zero byte", "no text", "long"],
)
def test_a_strange_pointer_is_passed_over(home: Path, content: str) -> None:
    (home / _POINTER).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert len(lm_studio.models_folders()) == 2


@pytest.mark.parametrize(
    "content",
    [[], None, {}, {"downloadsFolder": 3}, {"downloadsFolder": "models"},
     {"downloadsFolder": "/"}, {"downloadsFolder": "/a\0b"}],
    ids=range(7),
)  # fmt: skip
def test_strange_settings_are_passed_over(home: Path, content: object) -> None:
    _choose(home / ".lmstudio", content)
    assert len(lm_studio.models_folders()) == 2


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_damaged_settings_are_passed_over(home: Path, content: bytes) -> None:
    (home / ".lmstudio").mkdir()
    (home / ".lmstudio" / "settings.json").write_bytes(content)
    assert len(lm_studio.models_folders()) == 2


def test_a_pipe_in_its_place_holds_nobody_up(home: Path) -> None:
    (home / ".lmstudio").mkdir()
    os.mkfifo(home / ".lmstudio" / "settings.json")
    os.mkfifo(home / _POINTER)
    assert len(lm_studio.models_folders()) == 2
