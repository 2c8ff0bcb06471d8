"""The list of models: by name, by arrows, by mouse, by a typed path."""

from pathlib import Path

import pytest
from textual.widgets import DataTable, Input, Static

from mlxtui.backend.commands import LoadModel, ScanLibrary
from mlxtui.ui.screens.models import ModelsScreen
from tests.ui.harness import User, open_app, words


def loads(user: User) -> list[tuple[str, Path]]:
    """The models that were asked for after the first one."""
    asked = [item for item in user.script.commands if isinstance(item, LoadModel)]
    return [(item.name, item.path) for item in asked[1:]]


def details(user: User) -> str:
    """The line under the list."""
    return words(user.app.screen.query_one(".details", Static))


def names_in_list(user: User) -> list[str]:
    """The first column."""
    table = user.app.screen.query_one(DataTable)
    return [str(cell) for cell in table.get_column_at(0)]


async def test_ctrl_o_lists_the_models_of_this_machine() -> None:
    async with open_app(size=(100, 30)) as user:
        await user.press("ctrl+o")
        assert isinstance(user.app.screen, ModelsScreen)
        assert names_in_list(user) == [
            "guide",
            "mlx-community/Qwen3-4B-4bit",
            "日本語モデル-8bit",
            "✗ broken-model",
        ]
        assert "2.3 GB" in user.picture
        assert "日本語モデル-8bit" in user.picture


async def test_arrows_move_and_enter_loads() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "down", "down", "up")
        assert details(user) == "/models/Qwen3-4B-4bit"
        await user.press("enter")
        assert loads(user) == [
            ("mlx-community/Qwen3-4B-4bit", Path("/models/Qwen3-4B-4bit"))
        ]
        assert not isinstance(user.app.screen, ModelsScreen)
        assert "● mlx-community/Qwen3-4B-4bit" in user.model_line
        assert user.app.focused is user.prompt


async def test_arrows_stop_at_the_ends_of_the_list() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "up", "up")
        assert user.app.screen.query_one(DataTable).cursor_row == 0
        await user.press(*["down"] * 9)
        assert user.app.screen.query_one(DataTable).cursor_row == 3


async def test_typing_filters_the_list() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", *"QWEN")
        assert names_in_list(user) == ["mlx-community/Qwen3-4B-4bit"]
        assert details(user) == "/models/Qwen3-4B-4bit"
        await user.press("enter")
        assert [name for name, _path in loads(user)] == ["mlx-community/Qwen3-4B-4bit"]


async def test_japanese_filters_too() -> None:
    async with open_app() as user:
        await user.press("ctrl+o")
        await user.type_text("日本")
        assert names_in_list(user) == ["日本語モデル-8bit"]


async def test_the_list_comes_back_when_the_text_is_deleted() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "q", "w", "backspace", "backspace")
        assert len(names_in_list(user)) == 4


async def test_a_text_that_no_model_has_chooses_nothing() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", *"zzz", "enter")
        assert details(user) == "No model has this in its name."
        assert loads(user) == []


async def test_a_broken_model_is_refused_with_its_reason() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", *"broken")
        problem = "/models/broken-model/model.safetensors is damaged."
        assert details(user) == f"{problem} Fetch this file again."
        await user.press("enter")
        assert isinstance(user.app.screen, ModelsScreen)
        assert loads(user) == []


async def test_a_typed_path_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "私のモデル"
    folder.mkdir()
    async with open_app() as user:
        await user.press("ctrl+o")
        await user.type_text(str(folder))
        assert details(user) == "Enter loads this folder."
        assert len(names_in_list(user)) == 4
        await user.press("enter")
        assert loads(user) == [(folder.name, folder)]


async def test_spaces_around_a_path_do_not_matter(tmp_path: Path) -> None:
    async with open_app() as user:
        await user.press("ctrl+o")
        await user.type_text(f"  {tmp_path} ")
        await user.press("enter")
        assert loads(user) == [(tmp_path.name, tmp_path)]


@pytest.mark.parametrize(
    "path", ["/no/such/folder", "./nothing", "~nosuchuser/x", "/" + "long" * 1000]
)
async def test_a_bad_path_is_refused_and_can_be_mended(path: str) -> None:
    async with open_app() as user:
        await user.press("ctrl+o")
        await user.type_text(path)
        await user.press("enter")
        assert details(user).startswith("There is no folder ")
        assert user.app.screen.query_one(Input).value == path
        assert loads(user) == []


async def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.touch()
    async with open_app() as user:
        await user.press("ctrl+o")
        await user.type_text(str(file))
        await user.press("enter")
        assert details(user).startswith("There is no folder ")


async def test_escape_leaves_without_a_choice() -> None:
    async with open_app() as user:
        await user.type_text("half")
        await user.press("ctrl+o", "down", "escape")
        assert not isinstance(user.app.screen, ModelsScreen)
        assert loads(user) == []
        assert user.prompt.text == "half"
        scan = user.script.commands[-1]
        assert isinstance(scan, ScanLibrary)
        assert user.script.cancelled == [scan.request_id]


async def test_ctrl_o_in_the_list_opens_no_second_one() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "ctrl+o", "escape")
        assert len(user.app.screen_stack) == 1


async def test_a_click_chooses() -> None:
    async with open_app() as user:
        await user.press("ctrl+o")
        table = user.app.screen.query_one(DataTable)
        await user.pilot.click(table, offset=(4, 2))
        await user.settle()
        if isinstance(user.app.screen, ModelsScreen):  # the first click marks the row
            await user.pilot.click(table, offset=(4, 2))
            await user.settle()
        assert [name for name, _path in loads(user)] == ["mlx-community/Qwen3-4B-4bit"]


async def test_the_chosen_model_may_be_the_one_that_answers() -> None:
    async with open_app() as user:
        await user.press("ctrl+o", "enter")
        assert [name for name, _path in loads(user)] == ["guide"]
        assert "● guide" in user.model_line
