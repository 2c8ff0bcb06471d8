"""The models place: the list, its details, its filter, its order, what it asks for."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.style import Style
from textual import events
from textual.widgets import Input

from mlxtui import i18n
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import Failed, LibraryScanned
from mlxtui.settings import Settings
from mlxtui.ui.messages import CopyRequested, UnloadRequested
from mlxtui.ui.model_columns import COLUMNS, ModelRow, Order
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.models import ModelsPane
from mlxtui.ui.widgets.model_table import ModelTable
from tests.models import write_model
from tests.recorded import GUIDE, LIBRARY, Script
from tests.ui.models_harness import QWEN, loaded, models_place, variants


async def test_the_models_are_listed_by_name_and_broken_ones_last() -> None:
    async with models_place() as visitor:
        assert visitor.names == [
            "guide", "Qwen3-4B-4bit", "日本語モデル-8bit", "broken-model",
        ]  # fmt: skip
        assert "2.3 GB" in visitor.picture
        assert visitor.standings["broken-model"] == "✗ unusable"
        assert visitor.table.has_focus


async def test_what_a_model_needs_is_held_against_the_free_memory() -> None:
    async with models_place() as visitor:
        assert set(visitor.standings.values()) == {"", "✗ unusable"}
        await visitor.measure(6_000_000_000)
        assert visitor.standings == {
            "guide": "✓ fits",
            "Qwen3-4B-4bit": "▲ tight",
            "日本語モデル-8bit": "✓ fits",
            "broken-model": "✗ unusable",
        }
        await visitor.measure(2_000_000_000)
        assert visitor.standings["Qwen3-4B-4bit"] == "✗ too big"
        assert visitor.standings["日本語モデル-8bit"] == "▲ tight"
        await visitor.press("down")
        assert "✗ does not fit" in visitor.details


async def test_a_loaded_model_makes_room_for_the_next() -> None:
    async with models_place() as visitor:
        await visitor.measure(2_000_000_000)
        visitor.place.model_state = loaded(LIBRARY[2])
        await visitor.settle()
        assert visitor.standings["日本語モデル-8bit"] == "● loaded"
        assert visitor.standings["Qwen3-4B-4bit"] == "▲ tight"


async def test_the_loading_model_shows_how_far_it_is() -> None:
    async with models_place() as visitor:
        before = loaded(GUIDE)
        visitor.place.model_state = ModelState(
            "loading", before.loaded, loading_name=QWEN.name, loading_share=0.4
        )
        await visitor.settle()
        assert visitor.standings["guide"] == "● loaded"
        assert visitor.standings["Qwen3-4B-4bit"] == "◌ loading"
        assert "40 %" in visitor.picture


async def test_a_loaded_model_is_known_behind_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "real" / "small"
    folder.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(folder.parent, target_is_directory=True)
    listed = replace(QWEN, name="small", path=link / "small")
    async with models_place(listed) as visitor:
        visitor.place.model_state = loaded(replace(listed, path=folder))
        await visitor.settle()
        assert visitor.standings["small"] == "● loaded"
        visitor.place.model_state = loaded(replace(listed, path=tmp_path / "small"))
        await visitor.settle()
        assert visitor.standings["small"] == ""


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_details_say_everything_that_is_known(size: tuple[int, int]) -> None:
    async with models_place(size=size) as visitor:
        await visitor.measure(9_600_000_000)
        await visitor.press("down")
        for part in (
            "mlx-community/Qwen3-4B-4bit", "/models/Qwen3-4B-4bit", "Hugging Face",
            "qwen3", "4.0B", "4.50", "4-bit group 64", "2.3 GB", "40,960", "✓ fits",
            "answers questions", "can call tools", "thinks before it answers",
            "needs 2.5 GB of memory", "9.6 GB are free",
        ):  # fmt: skip
            assert part in visitor.details, part
            assert part in visitor.picture, part


async def test_the_details_of_a_broken_model_say_what_to_do() -> None:
    async with models_place() as visitor:
        await visitor.press("end")
        assert "/models/broken-model/model.safetensors is damaged." in visitor.picture
        assert "Fetch this file again." in visitor.picture
        await visitor.press("enter")
        assert visitor.loads == []
        assert "is damaged" in visitor.errors[0]


async def test_enter_chats_and_l_only_loads() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "enter", "down", "l")
        assert visitor.loads == [
            (QWEN.name, QWEN.path, True),
            (LIBRARY[2].name, LIBRARY[2].path, False),
        ]


async def test_u_frees_the_loaded_model_only() -> None:
    async with models_place() as visitor:
        await visitor.press("u")
        assert visitor.app.asked == []
        visitor.place.model_state = loaded(GUIDE)
        await visitor.press("u")
        assert isinstance(visitor.app.asked[0], UnloadRequested)


async def test_c_copies_the_path() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "c")
        (message,) = visitor.app.asked
        assert isinstance(message, CopyRequested)
        assert message.text == "/models/Qwen3-4B-4bit"


async def test_arrows_stop_at_the_ends_of_the_list() -> None:
    async with models_place() as visitor:
        await visitor.press("up", "up")
        assert visitor.table.cursor_row == 0
        await visitor.press(*["down"] * 9)
        assert visitor.table.cursor_row == 3


# The filter


async def test_typing_narrows_the_list() -> None:
    async with models_place() as visitor:
        await visitor.press("slash")
        for typed, found in (
            ("QWEN", ["Qwen3-4B-4bit"]),
            ("4-bit think", ["Qwen3-4B-4bit"]),
            ("llama", ["guide", "日本語モデル-8bit"]),
            ("日本", ["日本語モデル-8bit"]),
            ("モテ\u3099ル", ["日本語モデル-8bit"]),
            ("mlx-community", ["Qwen3-4B-4bit"]),
        ):
            await visitor.press("ctrl+u")
            await visitor.paste(typed)
            assert visitor.names == found
            assert visitor.current.rpartition("/")[2] in found


async def test_letters_type_while_the_filter_has_the_focus() -> None:
    async with models_place() as visitor:
        await visitor.press("slash", *"lscru")
        assert visitor.filter.value == "lscru"
        assert visitor.app.asked == []
        assert visitor.notice.startswith("No model here has this: lscru.")
        assert visitor.loads == []


async def test_arrows_and_enter_work_while_typing() -> None:
    async with models_place() as visitor:
        await visitor.press("slash", *"llama", "down", "down", "enter", "up", "enter")
        assert [name for name, _path, _chat in visitor.loads] == [
            "日本語モデル-8bit",
            "guide",
        ]
        assert visitor.filter.has_focus


async def test_escape_empties_the_filter_and_goes_back_to_the_table() -> None:
    async with models_place() as visitor:
        await visitor.press("slash", *"qwen", "escape")
        assert visitor.filter.value == ""
        assert len(visitor.names) == 4
        assert visitor.current == QWEN.name
        assert visitor.table.has_focus


async def test_escape_in_the_table_shows_all_again() -> None:
    async with models_place() as visitor:
        visitor.place.action_filter("qwen")
        visitor.place.focus_first()
        await visitor.settle()
        assert visitor.names == ["Qwen3-4B-4bit"]
        await visitor.press("escape")
        assert len(visitor.names) == 4
        assert not visitor.place.check_action("back", ())


async def test_the_filter_works_before_the_models_are_found() -> None:
    script = Script()
    async with models_place(script=script) as visitor:
        await visitor.place.remove()
        fresh = visitor.app.place = ModelsPane(visitor.app.backend)
        await visitor.app.mount(fresh)
        fresh.action_filter("qwen")
        await visitor.settle()
        assert fresh.query_one(Input).has_focus
        assert fresh.query_one(Input).value == "qwen"


# Folders by their path


async def test_a_typed_path_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "私のモデル"
    folder.mkdir()
    async with models_place() as visitor:
        await visitor.press("slash")
        await visitor.paste(f"  {folder} ")
        assert visitor.notice == "Enter opens what is there."
        assert "Enter opens what is there." in visitor.picture
        assert len(visitor.names) == 4
        await visitor.press("enter")
        assert visitor.loads == [(folder.name, folder, True)]
        assert visitor.filter.value == ""


async def test_a_bad_path_is_refused_and_can_be_mended(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.touch()
    async with models_place() as visitor:
        await visitor.press("slash")
        for path in ("/no/such", "./nothing", "~nosuchuser/x", "/" + "long" * 1000):
            await visitor.press("ctrl+u")
            await visitor.paste(path)
            assert visitor.notice == "Enter opens what is there."
            await visitor.press("enter")
            assert visitor.notice.startswith("There is no folder ")
            assert visitor.filter.value == path
        await visitor.press("ctrl+u")
        await visitor.paste(str(file))
        await visitor.press("enter")
        assert visitor.notice.startswith(f"{file} is neither a model's folder ")
        assert visitor.loads == []


async def test_what_is_said_of_a_path_is_seen_under_a_long_list() -> None:
    async with models_place(*variants(60)) as visitor:
        await visitor.press("slash", "slash")
        assert "Enter opens what is there." in visitor.picture


# Names as arguments


async def test_a_named_model_is_loaded_by_its_alias() -> None:
    async with models_place() as visitor:
        visitor.place.action_chat("qwen3-4b-4BIT")
        visitor.place.action_load("guide:latest")
        await visitor.settle()
        assert [(name, chat) for name, _path, chat in visitor.loads] == [
            (QWEN.name, True),
            ("guide", False),
        ]


async def test_a_named_model_waits_for_the_scan() -> None:
    class Gated(Script):
        """A scan that ends when the test says so."""

        def backend(self, emit, settings):  # type: ignore[no-untyped-def]
            def later(event):  # type: ignore[no-untyped-def]
                if not isinstance(event, LibraryScanned):
                    emit(event)
                self.held = event

            return Script.backend(self, later, settings)

    script = Gated()
    async with models_place(script=script) as visitor:
        assert visitor.notice == "Looking for models…"
        visitor.place.action_chat("guide")
        await visitor.settle()
        assert visitor.loads == [] and visitor.errors == []
        await visitor.place.receive(script.held)
        await visitor.settle()
        assert [name for name, _path, _chat in visitor.loads] == ["guide"]
        asked = [item for item in script.commands if isinstance(item, ScanLibrary)]
        assert len(asked) == 1


async def test_a_name_that_is_not_in_the_list_is_looked_for_once_more() -> None:
    async with models_place(GUIDE) as visitor:
        visitor.script.models = LIBRARY
        visitor.place.action_chat("qwen3-4b-4bit")
        await visitor.until(lambda: visitor.loads)
        assert visitor.loads == [(QWEN.name, QWEN.path, True)]
        assert visitor.errors == []


async def test_a_name_that_nobody_has_is_an_error() -> None:
    async with models_place() as visitor:
        visitor.place.action_load("quen")
        await visitor.until(lambda: visitor.errors)
        assert visitor.loads == []
        assert "There is no model quen on this machine." in visitor.errors[0]


# The order


async def test_s_goes_through_the_columns() -> None:
    async with models_place(size=(200, 30)) as visitor:
        seen = []
        for _column in range(len(COLUMNS)):
            await visitor.press("s")
            heads = [str(column.label) for column in visitor.table.ordered_columns]
            seen += [head for head in heads if head.endswith(("▲", "▼"))]
        assert [head.split()[0] for head in seen] == [
            "Memory", "Params", "Weights", "Size", "Context", "Abilities", "Source",
            "Model",
        ]  # fmt: skip


async def test_a_column_can_be_named() -> None:
    async with models_place() as visitor:
        await visitor.place.action_sort("size")
        await visitor.settle()
        assert visitor.names == [
            "Qwen3-4B-4bit", "日本語モデル-8bit", "guide", "broken-model",
        ]  # fmt: skip
        await visitor.place.action_sort("colour")
        await visitor.settle()
        assert "colour" in visitor.errors[0]


async def test_a_click_on_a_header_sorts_and_a_second_one_turns_it_round() -> None:
    async with models_place(size=(100, 24)) as visitor:
        x = visitor.picture.splitlines()[3].index("Params")
        await visitor.pilot.click(offset=(x, 3))
        await visitor.settle()
        assert visitor.names[0] == "Qwen3-4B-4bit"
        await visitor.pilot.click(offset=(x, 3))
        await visitor.settle()
        assert visitor.names[0] == "guide"
        assert visitor.names[-1] == "broken-model"


async def test_a_click_marks_and_a_double_click_chats() -> None:
    async with models_place() as visitor:
        await visitor.pilot.click(ModelTable, offset=(6, 2))
        await visitor.settle()
        assert visitor.current == QWEN.name
        assert visitor.loads == []
        await visitor.pilot.click(ModelTable, offset=(6, 2), times=2)
        await visitor.settle()
        assert visitor.loads == [(QWEN.name, QWEN.path, True)]


def test_models_without_the_figure_come_after_those_with_it() -> None:
    unknown = replace(QWEN, name="a", context_length=None)
    rows = [ModelRow(model, "unknown") for model in (*LIBRARY, unknown)]
    context = next(column for column in COLUMNS if column.name == "context")
    for largest_first in (True, False):
        ordered = Order(context, largest_first).sorted(rows)
        names = [row.model.name for row in ordered]
        assert names[-2:] == ["a", "broken-model"]
        assert sorted(names) == sorted(row.model.name for row in rows)


# Looking again


async def test_the_cursor_stays_on_its_model_when_others_come() -> None:
    async with models_place() as visitor:
        await visitor.press("down")
        await visitor.scan_finds(*LIBRARY, *variants(5))
        assert len(visitor.names) == 9
        assert visitor.current == QWEN.name


async def test_a_scan_that_finds_the_same_draws_nothing() -> None:
    async with models_place() as visitor:
        await visitor.press("down")
        drawn = visitor.table._update_count
        await visitor.press("r")
        await visitor.measure(0)
        assert visitor.table._update_count > drawn  # what does change is drawn
        drawn = visitor.table._update_count
        visitor.place.on_opened()
        await visitor.measure(0)
        assert visitor.table._update_count == drawn
        assert visitor.current == QWEN.name


async def test_a_loaded_model_makes_it_look_again() -> None:
    async with models_place() as visitor:

        def scans() -> int:
            asked = visitor.script.commands
            return sum(isinstance(command, ScanLibrary) for command in asked)

        before = scans()
        visitor.place.model_state = loaded(GUIDE)
        await visitor.settle()
        assert scans() == before + 1


async def test_a_scan_that_fails_says_why_and_keeps_the_list() -> None:
    async with models_place() as visitor:
        visitor.script.models = ()
        request_id = visitor.place.library._scan._request_id = new_request_id()
        failed = Failed(request_id=request_id, message="No disk.", hint="Plug it in.")
        await visitor.place.receive(failed)
        await visitor.settle()
        assert visitor.notice == "No disk. Plug it in."
        assert len(visitor.names) == 4


async def test_without_other_models_it_says_how_to_get_some() -> None:
    async with models_place(GUIDE) as visitor:
        assert visitor.notice.startswith("There is no other model yet. f finds one")
        assert "model_folders" in visitor.notice
        await visitor.scan_finds(*LIBRARY)
        assert visitor.notice == ""


# How it looks


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_every_width_shows_whole_columns(language: i18n.Language) -> None:
    i18n.set_language(language)
    long = replace(QWEN, name="owner/" + "とても長い名前の" * 9 + "モデル-4bit")
    async with models_place(*LIBRARY, long) as visitor:
        counts = []
        for width in (20, 40, 60, 80, 100, 200, 120, 110, 109):
            await visitor.pilot.resize_terminal(width, 24)
            await visitor.settle()
            shown = visitor.table.columns_shown
            counts.append(len(shown))
            assert shown == list(COLUMNS[: len(shown)])
            assert visitor.table.virtual_size.width <= visitor.table.size.width
            assert visitor.place.library.has_class("-wide") == (width >= 110)
            if width >= 80:
                assert "4.0B" in visitor.picture
                assert "-4bit" in visitor.picture
        assert counts[:6] == sorted(counts[:6])
        assert counts[0] == 1 and counts[5] == len(COLUMNS)


async def test_texts_follow_the_language() -> None:
    async with models_place() as visitor:
        await visitor.measure(9_600_000_000)
        i18n.set_language("ja")
        visitor.place.retranslate()
        await visitor.settle()
        assert "モデル" in str(visitor.table.ordered_columns[0].label)


async def test_names_from_disk_cannot_drive_the_terminal() -> None:
    hostile = replace(
        QWEN, name="[red]a[/red]\x1b[2J\n\u202eb", architecture="[b]\x9b", hint="[x"
    )
    async with models_place(hostile, size=(140, 30)) as visitor:
        assert "[red]a[/red]␛[2J" in visitor.details
        assert "\x1b" not in visitor.picture and "\x9b" not in visitor.picture
        assert "\u202e" not in visitor.picture


@pytest.mark.parametrize("place", [{"row": -1, "column": 99}, {"row": 9, "column": 0}])
async def test_a_click_on_what_is_no_longer_there_does_nothing(
    place: dict[str, int],
) -> None:
    async with models_place(QWEN, size=(140, 30)) as visitor:
        shown = visitor.names
        click = events.Click(
            visitor.table, 1, 1, 0, 0, 1, False, False, False, style=Style(meta=place)
        )
        visitor.table.post_message(click)
        await visitor.settle()
        assert visitor.names == shown


async def test_five_hundred_models_are_listed() -> None:
    async with models_place(*variants(500)) as visitor:
        await visitor.press("end")
        assert visitor.current == "owner/model-499"
        assert "model-499" in visitor.picture
        await visitor.press("slash", *"model-25", "down")
        assert visitor.current == "owner/model-251"
        await visitor.press("escape")
        assert visitor.current == "owner/model-251"
        assert "model-251" in visitor.picture


async def test_real_folders_are_found_and_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_model(folder / "whole", quantization={"group_size": 32, "bits": 4})
    broken = write_model(folder / "broken") / "model.safetensors"
    broken.write_bytes(broken.read_bytes()[:-100])
    settings = Settings(models_folder=folder)
    async with models_place(size=(140, 30), settings=settings) as visitor:
        await visitor.until(lambda: visitor.table.row_count == 3)
        assert visitor.names == ["guide", "whole", "broken"]
        await visitor.press("down")
        assert "4-bit group 32" in visitor.details
        assert str(folder / "whole") in visitor.details.replace("\n", "")
        await visitor.press("end")
        assert "is damaged" in visitor.details
