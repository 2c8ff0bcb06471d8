"""Several quantizations in one repository: compared, and one of them chosen."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from mlxtui import i18n
from mlxtui.plans import GgufChoice, JobSpec
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.screens.choose_file import ChooseFile
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.screens.quantize_form import QuantizeForm
from mlxtui.ui.widgets.choice_table import ChoiceTable
from tests.recorded import Script
from tests.recorded_gguf import CHOICES, REPOSITORY_OF_SEVERAL, plan_of_several
from tests.recorded_hub import REPOSITORY
from tests.ui.harness import User, open_app
from tests.ui.models_harness import Visitor, models_place
from tests.ui.test_hostile_text import BIDI, ESCAPES, MARKUP

SPEC = JobSpec(source=REPOSITORY_OF_SEVERAL)


def hub_script(choices: tuple[GgufChoice, ...] = CHOICES) -> Script:
    """A repository with these files."""
    plan = plan_of_several(SPEC)
    plan = replace(plan, contents=replace(plan.contents, gguf=choices), path=None)
    assert plan.address is not None
    repository = replace(REPOSITORY, address=plan.address, weight_formats=("gguf",))
    return Script(
        repositories={REPOSITORY_OF_SEVERAL: (repository, plan)},
        plans={REPOSITORY_OF_SEVERAL: plan},
    )


async def look_at(visitor: Visitor, key: str) -> None:
    """Find the repository, and press a key on it."""
    await visitor.press("f")
    await visitor.paste(REPOSITORY_OF_SEVERAL)
    await visitor.press("enter")
    await visitor.until(lambda: visitor.hub_names == [REPOSITORY_OF_SEVERAL])
    await visitor.press("tab", key) if key == "enter" else await visitor.press(key)


async def open_choice(user: User) -> ChoiceTable:
    """A repository of several is asked for by its address."""
    user.app.post_message(PlanRequested(SPEC))
    await user.until(lambda: isinstance(user.app.screen, ChooseFile))
    await user.settle()
    return user.app.screen.query_one(ChoiceTable)


def chosen(table: ChoiceTable) -> str:
    """The quantization under the cursor."""
    assert table.current_row is not None
    return table.current_row.quantization


async def test_it_compares_them_and_begins_at_the_recommended_one() -> None:
    async with open_app(script=hub_script()) as user:
        table = await open_choice(user)
        assert table.has_focus and chosen(table) == "Q5_K_M"
        lines = [" ".join(line.split()) for line in user.picture.splitlines()]
        for text in (
            "│ Quantization Size Bits Memory │",
            "│ Q2_K Qwen3-4B-Q2_K.gguf 1.7 GB 3.32 ✓ fits │",
            "│ ★ Q5_K_M Qwen3-4B-Q5_K_M.gguf 2.9 GB 5.75 ✓ fits │",
            "│ Q6_K Qwen3-4B-Q6_K.gguf 3.3 GB 6.58 ▲ tight │",
            "│ BF16 Qwen3-4B-BF16.gguf 8.1 GB 16.02 ✗ does not fit │",
            "│ 2.9 GB · 5.75 bits per weight · ✓ fits · ★ recommended │",
        ):
            assert text in lines, text
        assert user.picture.count("★") == 2
        await user.press("end")
        assert "8.1 GB · 16.02 bits per weight · ✗ does not fit" in user.picture
        assert user.picture.count("★") == 1


async def test_where_none_fits_none_is_recommended() -> None:
    choices = tuple(replace(each, fit="too-big") for each in CHOICES)
    async with open_app(script=hub_script(choices)) as user:
        table = await open_choice(user)
        assert chosen(table) == "Q2_K" and "★" not in user.picture


async def test_what_is_not_known_is_not_said() -> None:
    bare = GgufChoice(file="a.gguf", quantization="", size_bytes=1_000_000)
    choices = (bare, replace(bare, file="b.gguf", quantization="Q8_0"))
    async with open_app(script=hub_script(choices)) as user:
        await open_choice(user)
        assert "Memory" not in user.picture and "★" not in user.picture
        assert "–" in user.picture and "1.0 MB" in user.picture


async def test_the_mouse_chooses_by_a_double_click() -> None:
    async with open_app(script=hub_script()) as user:
        table = await open_choice(user)
        pilot: Pilot[None] = user.pilot
        await pilot.click(table, offset=(6, 1))
        assert isinstance(user.app.screen, ChooseFile) and chosen(table) == "Q2_K"
        await pilot.click(table, offset=(6, 2), times=2)
        await user.until(lambda: not isinstance(user.app.screen, ChooseFile))
        asked = user.script.commands[-1]
        assert getattr(asked, "spec").file == "Qwen3-4B-Q3_K_M.gguf"  # noqa: B009


@pytest.mark.parametrize("size", [(40, 12), (60, 15), (80, 24), (160, 50)])
async def test_all_is_said_in_every_window(size: tuple[int, int]) -> None:
    hostile = ESCAPES + MARKUP + BIDI
    odd = GgufChoice(
        file=hostile + ".gguf", quantization=hostile, size_bytes=9, fit="fits"
    )
    for choices in (CHOICES, (odd, *CHOICES)):
        async with open_app(script=hub_script(choices), size=size) as user:
            table = await open_choice(user)
            assert chosen(table) == "Q5_K_M"
            for _step in range(4):
                shown = user.picture
                assert "\x1b" not in shown and "\u202e" not in shown
                assert all(cell_len(line) == size[0] for line in shown.splitlines())
                assert chosen(table) in shown and "bits" in shown
                await user.press("up")


async def test_another_language_changes_its_texts_and_keeps_the_cursor() -> None:
    async with open_app(script=hub_script(), size=(100, 30)) as user:
        table = await open_choice(user)
        before = user.picture
        await user.press("down", "f10")
        assert isinstance(user.app.screen, ChooseFile)
        assert "Quantization" not in user.picture and chosen(table) == "Q6_K"
        await user.press("f10", "up")
        assert user.picture == before
        await user.press("f1")
        assert isinstance(user.app.screen, KeysScreen)
        await user.press("f1")
        assert isinstance(user.app.screen, ChooseFile)


# From the hub's list


async def test_the_hub_shows_what_there_is_to_choose_from() -> None:
    async with models_place(script=hub_script(), size=(160, 60)) as visitor:
        await visitor.press("f")
        await visitor.paste(REPOSITORY_OF_SEVERAL)
        await visitor.until(lambda: "Quantizations to choose" in visitor.hub_details)
        lines = visitor.hub_details.splitlines()
        assert lines[1] == "✓ fits · 7 quantizations"
        assert "  Q2_K    1.7 GB   3.32  ✓ fits" in lines
        assert "★ Q5_K_M  2.9 GB   5.75  ✓ fits" in lines
        assert "  BF16    8.1 GB  16.02  ✗ does not fit" in lines
        i18n.set_language("ja")
        visitor.place.retranslate()
        await visitor.settle()
        assert "Quantizations" not in visitor.hub_details


@pytest.mark.parametrize("key", ["p", "enter"])
async def test_the_hub_asks_which_one_is_fetched(key: str) -> None:
    async with models_place(script=hub_script()) as visitor:
        await look_at(visitor, key)
        await visitor.until(lambda: isinstance(visitor.app.screen, ChooseFile))
        await visitor.press("up", "enter")
        file = "Qwen3-4B-Q4_K_M.gguf"
        assert visitor.plans == [replace(SPEC, file=file)]
        await visitor.press("p")
        assert isinstance(visitor.app.screen, ChooseFile)
        await visitor.press("escape")
        assert len(visitor.plans) == 1


async def test_the_hub_asks_which_one_is_quantized() -> None:
    async with models_place(script=hub_script()) as visitor:
        await look_at(visitor, "q")
        await visitor.until(lambda: isinstance(visitor.app.screen, ChooseFile))
        await visitor.press("end", "enter")
        await visitor.until(lambda: isinstance(visitor.app.screen, QuantizeForm))
        assert "Now: BF16 · 8.1 GB" in visitor.picture
        assert "packed already" not in visitor.picture
        await visitor.press("enter")
        (spec,) = visitor.plans
        assert spec.file == "Qwen3-4B-BF16.gguf"
        assert spec.name == "Qwen3-4B-BF16-4bit" and spec.recipe.quantization


async def test_an_address_of_one_file_needs_no_choice() -> None:
    script = hub_script()
    repository, plan = script.repositories[REPOSITORY_OF_SEVERAL]
    file = "Qwen3-4B-Q8_0.gguf"
    pointed_at = f"{REPOSITORY_OF_SEVERAL}/{file}"
    address = replace(repository.address, file=file)
    script.repositories[pointed_at] = (
        replace(repository, address=address),
        replace(plan, address=address),
    )
    async with models_place(script=script) as visitor:
        await visitor.place.action_find(pointed_at)
        await visitor.until(lambda: visitor.hub_names)
        await visitor.press("p")
        await visitor.until(lambda: visitor.plans)
        assert visitor.plans[0].file == file


async def test_what_cannot_be_imported_is_planned_without_a_choice() -> None:
    script = hub_script()
    repository, plan = script.repositories[REPOSITORY_OF_SEVERAL]
    contents = replace(plan.contents, problem="Its architecture is not known.")
    refused = replace(plan, contents=contents, problem="Its architecture…")
    script.repositories[REPOSITORY_OF_SEVERAL] = (repository, refused)
    async with models_place(script=script) as visitor:
        await look_at(visitor, "p")
        await visitor.until(lambda: visitor.plans)
        assert visitor.plans == [SPEC]
