"""The form of a quantization: what can be chosen, what comes of it, what is asked."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from mlxtui import i18n
from mlxtui.backend.backend import new_request_id
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe
from mlxtui.types import LocalModel
from mlxtui.ui.model_standing import ModelMemory
from mlxtui.ui.quantize_facts import facts_of_model
from mlxtui.ui.quantize_outlook import outlook
from mlxtui.ui.recipe_choices import RecipeChoices
from mlxtui.ui.screens.quantize_form import QuantizeForm
from tests.recorded import LIBRARY, Script, memory_measured
from tests.recorded_hub import PLAN
from tests.ui.models_harness import QWEN, Visitor, models_place

SOURCE = replace(
    QWEN,
    name="Qwen/Qwen3-4B",
    path=Path("/models/Qwen3-4B"),
    quantization="bf16",
    bits_per_weight=16.0,
    size_bytes=8_040_000_000,
    needed_bytes=8_844_000_000,
)


def form(visitor: Visitor) -> QuantizeForm:
    """The open form."""
    screen = visitor.app.screen
    assert isinstance(screen, QuantizeForm)
    return screen


def outlook_of(visitor: Visitor) -> str:
    """What it says would come of it."""
    return str(form(visitor).query_one("#outlook", Static).visual)


async def test_enter_alone_asks_for_the_plan_of_four_bits() -> None:
    async with models_place(SOURCE) as visitor:
        await visitor.measure(9_600_000_000)
        await visitor.press("q")
        assert "Now: bf16 · 8.0 GB" in outlook_of(visitor)
        assert "About 2.3 GB · 4.50 bits per weight · ✓ fits" in outlook_of(visitor)
        assert "needs 2.5 GB of memory" in outlook_of(visitor)
        await visitor.press("enter")
        assert visitor.plans == [
            JobSpec(
                source="/models/Qwen3-4B",
                name="Qwen3-4B-4bit",
                recipe=Recipe(quantization=Quantization()),
            )
        ]


async def test_every_answer_is_reached_by_arrows() -> None:
    async with models_place(SOURCE) as visitor:
        await visitor.press("q", "down", "down", "right", "down", "left")
        recipe = form(visitor).recipe
        assert recipe.quantization == Quantization(bits=5, group_size=32)
        await visitor.press("down", "right", "down", *"tiny", "enter")
        (spec,) = visitor.plans
        assert spec.name == "tiny"
        assert not spec.recipe.measure
        assert spec.recipe.quantization == Quantization(bits=5, group_size=32)


async def test_what_mlx_cannot_pack_cannot_be_chosen() -> None:
    async with models_place(SOURCE) as visitor:
        await visitor.press("q", "down", "right")  # mxfp4
        await visitor.press("down", "right", "down", "right", "right")
        assert form(visitor).recipe.quantization == Quantization(
            bits=4, group_size=32, mode="mxfp4"
        )
        await visitor.press("up", "up", "left", "enter")  # affine, as it was
        assert visitor.plans[0].recipe.quantization == Quantization()


async def test_mixed_recipes_and_the_machine_s_own_choice() -> None:
    async with models_place(SOURCE) as visitor:
        await visitor.press("q", "right")
        assert form(visitor).recipe.mixed == "mixed_4_6"
        await visitor.press("down", "right")
        assert form(visitor).recipe.mixed == "mixed_2_6"
        assert "bits per weight" in outlook_of(visitor)
        await visitor.press("up", "right")
        assert form(visitor).recipe.fit_context_tokens == 4096
        await visitor.press("down", "right")
        assert "a context of 8k tokens" in outlook_of(visitor)
        await visitor.press("enter")
        (spec,) = visitor.plans
        assert spec.recipe == Recipe(fit_context_tokens=8192)
        assert spec.name == "Qwen3-4B-fit"


async def test_a_packed_model_becomes_sixteen_bits_again() -> None:
    async with models_place(QWEN) as visitor:
        await visitor.press("q")
        assert form(visitor).recipe == Recipe(dequantize=True)
        await visitor.press("left", "left", "left")
        assert "It is packed already" in outlook_of(visitor)
        for key in ("left", "down", "right", "enter"):
            await visitor.press(key)
            await visitor.settle()  # the rows follow the way that was chosen
        (spec,) = visitor.plans
        assert spec.recipe == Recipe(dequantize=True, float_type="float16")
        assert spec.name == "Qwen3-4B-4bit-fp16"


async def test_nothing_to_do_and_names_that_cannot_be_are_explained() -> None:
    taken = replace(QWEN, name="Qwen3-4B-4bit", source="models")
    async with models_place(SOURCE, taken) as visitor:
        await visitor.press("q")
        assert "There is a model Qwen3-4B-4bit already." in outlook_of(visitor)
        await visitor.press("enter")
        assert form(visitor).query_one(Input).has_focus
        assert visitor.plans == []
        await visitor.press(*"a/b/c", "enter")
        assert "cannot be called a/b/c" in outlook_of(visitor)
        assert visitor.plans == []
        await visitor.press("ctrl+u", *"b", "enter")
        assert [spec.name for spec in visitor.plans] == ["b"]
        await visitor.press("q", "left")
        assert "Nothing would change." in outlook_of(visitor)
        await visitor.press("enter")
        assert len(visitor.plans) == 1


async def test_esc_leaves_everything_as_it_was() -> None:
    async with models_place(SOURCE) as visitor:
        await visitor.press("q", "escape")
        assert visitor.plans == []
        assert visitor.table.has_focus


async def test_a_folder_s_path_is_looked_at_first(tmp_path: Path) -> None:
    contents = replace(PLAN.contents, kind="safetensors", is_packed=False)
    script = Script(plans={str(tmp_path): replace(PLAN, contents=contents)})
    async with models_place(script=script) as visitor:
        visitor.place.action_quantize(str(tmp_path))
        await visitor.until(lambda: isinstance(visitor.app.screen, QuantizeForm))
        await visitor.settle()
        await visitor.press("enter")
        (spec,) = visitor.plans
        assert spec.source == str(tmp_path)
        assert spec.name == f"{tmp_path.name}-4bit"


async def test_what_is_no_language_model_is_refused() -> None:
    embedder = replace(SOURCE, kind="embedder")
    async with models_place(embedder) as visitor:
        await visitor.press("q")
        assert len(visitor.app.screen_stack) == 1
        assert "finds passages in documents" in visitor.errors[0]


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50)])
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_the_form_can_be_used_at_every_size(
    size: tuple[int, int], language: i18n.Language
) -> None:
    i18n.set_language(language)
    async with models_place(SOURCE, size=size) as visitor:
        await visitor.press("q")
        for _question in range(5):
            focused = visitor.app.focused
            assert focused is not None
            window = visitor.app.screen.region
            assert window.contains_region(focused.region), visitor.picture
            await visitor.press("down")
        assert isinstance(visitor.app.focused, Input)
        await visitor.press("enter")
        assert len(visitor.plans) == 1


# What comes of a recipe


def test_sizes_follow_the_parameters() -> None:
    facts = facts_of_model(SOURCE)
    assert facts.size_of(Recipe(quantization=Quantization(bits=8))) == 4_271_250_000
    assert facts.size_of(Recipe(float_type="float32")) == 16_080_000_000
    assert facts.size_of(Recipe(fit_context_tokens=4096)) is None
    mixed = facts.bits_of(Recipe(mixed="mixed_2_6", quantization=Quantization()))
    assert mixed is not None and 2.5 < mixed < 6.5
    unknown = facts_of_model(replace(SOURCE, parameter_count=None))
    assert unknown.size_of(Recipe(quantization=Quantization())) is None


def test_the_memory_is_that_of_the_source_for_its_own_size() -> None:
    facts = facts_of_model(SOURCE)
    assert facts.needed_of(SOURCE.size_bytes) == SOURCE.needed_bytes
    assert facts_of_model(replace(SOURCE, needed_bytes=0)).needed_of(1) is None


def test_what_does_not_fit_is_said_by_mark_and_word() -> None:
    small = ModelMemory(memory_measured(new_request_id(), 1_000_000_000))
    recipe = Recipe(quantization=Quantization())
    assert "✗ does not fit" in str(outlook(facts_of_model(SOURCE), recipe, small))
    assert "fit" not in str(outlook(facts_of_model(SOURCE), recipe, ModelMemory()))


@pytest.mark.parametrize("model", LIBRARY[:3], ids=lambda model: str(model.name))
def test_contexts_are_no_longer_than_the_model_s(model: LocalModel) -> None:
    choices = RecipeChoices(facts_of_model(model))
    choices.choose("way", "fit")
    offered = [int(value) for value in choices.rows()["context"].choices]
    assert offered
    assert model.context_length is not None
    assert max(offered) <= model.context_length
