"""Models copied, renamed, removed, compared, published; folders that become models."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Static

from mlxtui import i18n
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import ModelUnloaded
from mlxtui.backend.job_commands import (
    CompareQuantizations,
    CopyModel,
    MakePlan,
    PlanRemoval,
    RemoveModel,
    RenameModel,
)
from mlxtui.backend.job_events import JobChanged
from mlxtui.plans import CacheShape, JobSpec, Provenance, Quality
from mlxtui.recipes import Quantization, Recipe
from mlxtui.types import LocalModel, RequestId
from mlxtui.ui.messages import UnloadRequested
from mlxtui.ui.screens.ask_name import AskName
from mlxtui.ui.screens.compare import CompareScreen
from mlxtui.ui.screens.confirm import Confirm
from mlxtui.ui.widgets.compare_table import perplexity_of, source_of
from tests.recorded import GUIDE, LIBRARY, Script
from tests.recorded_hub import PLAN, job
from tests.ui.models_harness import QWEN, Visitor, loaded, models_place
from tests.ui.test_hostile_text import BIDI, ESCAPES, MARKUP

OWN = LIBRARY[2]
SOURCE = replace(QWEN, name="Qwen/Qwen3-4B", quantization="bf16", bits_per_weight=16.0)


def made(name: str, bits: int, kl_divergence: float | None) -> LocalModel:
    """A quantization of the source."""
    quality = Quality(
        perplexity=8.6,
        source_perplexity=None if kl_divergence is None else 8.123,
        mean_kl_divergence=kl_divergence,
        generation_tokens_per_second=52.4,
    )
    return replace(
        QWEN,
        name=name,
        source="models",
        path=Path("/models", name),
        size_bytes=bits * 500_000_000,
        bits_per_weight=bits + 0.5,
        cache=CacheShape(bytes_per_token=150_000),
        provenance=Provenance(
            source=SOURCE.name,
            commit="ab" * 20,
            recipe=Recipe(quantization=Quantization(bits=bits)),
            made_at="2026-11-20T10:00:00Z",
            kept_in_float=("lm_head",),
            reason="4 bits fit beside 8k.",
            quality=quality,
        ),
    )


def problem(visitor: Visitor) -> str:
    """What the dialog says is wrong with the name."""
    return str(visitor.app.screen.query_one("#problem", Static).visual)


# Copy and rename


async def test_y_copies_under_a_name_and_goes_to_the_copy() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "y")
        assert isinstance(visitor.app.screen, AskName)
        assert "shares the weights" in visitor.picture
        await visitor.press("ctrl+u", *"guide", "enter")
        assert "There is a model guide already." in problem(visitor)
        await visitor.press("2", "enter")
        (command,) = visitor.commands(CopyModel)
        assert (command.name, command.new_name) == (QWEN.name, "guide2")
        await visitor.until(lambda: visitor.current == "guide2")


async def test_m_renames_what_lies_in_the_models_folder_only() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "m")
        assert "so its name stays" in visitor.errors[0]
        await visitor.press("down", "m", "ctrl+u", *"mine", "enter")
        (command,) = visitor.commands(RenameModel)
        assert (command.name, command.new_name) == (OWN.name, "mine")
        await visitor.until(lambda: visitor.current == "mine")


async def test_esc_and_the_same_name_change_nothing() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "down", "m", "enter", "y", "escape")
        assert visitor.commands(RenameModel) == []
        assert visitor.commands(CopyModel) == []


async def test_what_the_backend_refuses_is_told() -> None:
    script = Script()
    script.failures[CopyModel] = ("There is no room.", "Free some.")
    async with models_place(script=script) as visitor:
        await visitor.press("y", "enter")
        await visitor.until(lambda: visitor.errors)
        assert visitor.errors == ["There is no room.\nFree some."]


# Remove


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_a_removal_says_what_it_frees_and_needs_a_yes(key: str) -> None:
    script = Script(removals={OWN.name: (900_000_000, 380_000_000, ("other",))})
    async with models_place(script=script) as visitor:
        await visitor.press("down", "down", key)
        await visitor.until(lambda: isinstance(visitor.app.screen, Confirm))
        await visitor.settle()
        assert "Frees 900.0 MB." in visitor.picture
        assert "380.0 MB stay, because others share them: other" in visitor.picture
        await visitor.press("enter")
        assert visitor.commands(RemoveModel) == []
        await visitor.press(key)
        await visitor.until(lambda: isinstance(visitor.app.screen, Confirm))
        await visitor.press("right", "enter")
        await visitor.until(lambda: OWN.name not in visitor.names)
        assert visitor.notes == [f"{OWN.name} is removed: 900.0 MB are free again."]


async def test_a_loaded_model_is_unloaded_first() -> None:
    async with models_place() as visitor:
        state = loaded(OWN)
        visitor.place.model_state = state
        await visitor.press("down", "down", "d")
        await visitor.until(lambda: isinstance(visitor.app.screen, Confirm))
        await visitor.settle()
        assert "It is loaded, and is unloaded first." in visitor.picture
        await visitor.press("y")
        assert [type(message) for message in visitor.app.asked] == [UnloadRequested]
        assert visitor.commands(RemoveModel) == []
        assert state.loaded is not None
        unloaded = ModelUnloaded(request_id=new_request_id(), path=state.loaded.path)
        await visitor.place.receive(unloaded)
        await visitor.until(lambda: OWN.name not in visitor.names)
        await visitor.place.receive(unloaded)
        await visitor.settle()
        assert len(visitor.commands(RemoveModel)) == 1


async def test_a_loaded_model_is_unloaded_when_another_is_on_its_way() -> None:
    """The first request to unload only ends that load."""
    async with models_place() as visitor:
        state = loaded(OWN)
        busy = replace(state, phase="loading", loading_name=SOURCE.name)
        visitor.place.model_state = busy
        await visitor.press("down", "down", "d")
        await visitor.until(lambda: isinstance(visitor.app.screen, Confirm))
        await visitor.press("y")
        visitor.place.model_state = state
        await visitor.settle()
        kinds = [type(message) for message in visitor.app.asked]
        assert kinds == [UnloadRequested, UnloadRequested]


@pytest.mark.parametrize("key", ["d", "v"])
async def test_an_answer_that_comes_late_opens_no_page_elsewhere(key: str) -> None:
    """A y that is typed in the chat would remove the model."""
    script = Script(models=LIBRARY)
    script.holds |= {PlanRemoval, CompareQuantizations}
    async with models_place(script=script) as visitor:
        await visitor.press("down", "down", key)
        assert script.waiting
        visitor.place.display = False
        for command in (PlanRemoval, CompareQuantizations):
            script.release(command)
        await visitor.settle()
        assert len(visitor.app.screen_stack) == 1


# Compare


async def test_v_compares_all_that_was_made_of_one_model() -> None:
    family = (made("a-4bit", 4, 0.05), made("b-8bit", 8, None), SOURCE)
    script = Script(models=family, comparisons={"a-4bit": family})
    async with models_place(script=script, size=(120, 30)) as visitor:
        await visitor.press("v")
        await visitor.until(lambda: isinstance(visitor.app.screen, CompareScreen))
        await visitor.settle()
        lines = visitor.picture.splitlines()
        (small,) = [line for line in lines if "a-4bit" in line]
        for figure in ("2.0 GB", "4.50", "0.0500", "8.600", "52.4"):
            assert figure in small
        (large,) = [line for line in lines if "b-8bit" in line]
        assert " – " in large
        (source,) = [line for line in lines if "source" in line]
        assert "Qwen3-4B" in source and "8.123" in source
        await visitor.press("down", "enter")
        assert visitor.current == "b-8bit"


def test_the_source_is_the_one_that_all_others_come_from() -> None:
    first = made("first-8bit", 8, 0.01)
    assert first.provenance is not None
    again = replace(
        made("again-4bit", 4, 0.1),
        provenance=replace(first.provenance, source="first-8bit"),
    )
    assert source_of((again, first, SOURCE)) is SOURCE
    assert source_of((again, first)) is first
    assert source_of((again,)) is None
    assert perplexity_of(SOURCE, (again, first, SOURCE)) == 8.123
    assert perplexity_of(first, (again, first)) == 8.6
    assert perplexity_of(QWEN, (again, first, QWEN)) is None


def test_the_source_s_perplexity_is_known_from_whichever_was_measured_with_it() -> None:
    family = (made("a-3bit", 3, None), made("b-4bit", 4, 0.05), SOURCE)
    assert perplexity_of(SOURCE, family) == 8.123
    assert perplexity_of(SOURCE, family[:1]) is None


async def test_a_model_of_which_nothing_was_made_says_how_to() -> None:
    async with models_place(size=(60, 14)) as visitor:
        await visitor.press("v")
        await visitor.until(lambda: "Nothing was made" in visitor.picture)
        await visitor.press("escape")
        assert visitor.table.has_focus


# Publish


async def test_x_asks_where_to_and_shows_the_plan() -> None:
    async with models_place() as visitor:
        await visitor.press("down", "x", *"me", "enter")
        assert "Type owner/name" in problem(visitor)
        await visitor.press(*"/mine", "enter")
        spec = JobSpec(source=str(QWEN.path), upload_to="me/mine")
        assert visitor.plans == [spec]


# Folders


async def test_a_folder_that_is_not_for_mlx_goes_to_its_plan(tmp_path: Path) -> None:
    contents = replace(PLAN.contents, kind="safetensors")
    script = Script(plans={str(tmp_path): replace(PLAN, contents=contents)})
    async with models_place(script=script) as visitor:
        await visitor.press("slash")
        await visitor.paste(str(tmp_path))
        await visitor.press("enter")
        await visitor.until(lambda: visitor.plans)
        assert visitor.plans == [JobSpec(source=str(tmp_path))]
        assert visitor.loads == []
        assert visitor.filter.value == ""


async def test_a_folder_without_a_model_says_why(tmp_path: Path) -> None:
    plan = replace(PLAN, problem="There is no config.json.", hint="Choose another.")
    script = Script(plans={str(tmp_path): plan})
    script.holds.add(MakePlan)
    async with models_place(script=script) as visitor:
        await visitor.press("slash")
        await visitor.paste(str(tmp_path))
        await visitor.press("enter")
        assert visitor.notice == f"Looking at {tmp_path}…"
        script.release(MakePlan)
        await visitor.until(lambda: "config.json" in visitor.notice)
        assert visitor.notice == "There is no config.json. Choose another."
        assert visitor.loads == [] and visitor.plans == []
        await visitor.press("x")
        assert visitor.notice == "Enter opens what is there."


# Jobs, kinds, details


async def test_a_finished_job_makes_it_look_again() -> None:
    async with models_place() as visitor:
        before = len(visitor.commands(ScanLibrary))
        for state, scans in (("running", 0), ("failed", 0), ("finished", 1)):
            changed = job(state=state)  # type: ignore[arg-type]
            event = JobChanged(request_id=RequestId(changed.job_id), job=changed)
            await visitor.place.receive(event)
            await visitor.settle()
            assert len(visitor.commands(ScanLibrary)) == before + scans


async def test_a_job_that_finishes_during_a_scan_is_seen_after_it() -> None:
    script = Script()
    async with models_place(script=script) as visitor:
        scan = visitor.place.library._scan
        scan._request_id = new_request_id()  # one is on its way
        script.models = (*LIBRARY, made("new-4bit", 4, 0.1))
        changed = job(state="finished")
        event = JobChanged(request_id=RequestId(changed.job_id), job=changed)
        await visitor.place.receive(event)
        await visitor.settle()
        assert "new-4bit" not in visitor.names
        # The one on its way had looked before the job was done.
        scan._request_id = None
        scan.look()
        await visitor.until(lambda: "new-4bit" in visitor.names)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("embedder", "finds passages in documents"), ("adapter", "changes another model")],
)
async def test_what_is_no_language_model_says_what_it_is_for(
    kind: str, text: str
) -> None:
    other = replace(QWEN, kind=kind)  # type: ignore[arg-type]
    async with models_place(other, GUIDE, size=(200, 30)) as visitor:
        await visitor.press("home", "down")
        if visitor.current != other.name:
            await visitor.press("up")
        assert text in visitor.details
        assert kind in visitor.picture
        await visitor.press("enter")
        assert visitor.loads == []
        assert text in visitor.errors[0]


@pytest.mark.parametrize("size", [(80, 24), (140, 60)])
async def test_the_details_say_where_a_model_came_from(size: tuple[int, int]) -> None:
    async with models_place(made("a-4bit", 4, 0.05), size=size) as visitor:
        await visitor.measure(9_600_000_000)
        for text in (
            "Qwen/Qwen3-4B", "abababababab", "4-bit group 64", "2026-11-20",
            "8.600, its source 8.123", "0.0500", "52.4",
        ):  # fmt: skip
            assert text in visitor.details, text
        if size[0] > 108:
            for text in ("lm_head", "4 bits fit beside 8k.", "32k", "40k"):
                assert text in visitor.details, text
        await visitor.press("tab", "end")
        assert "/models/a-4bit" in visitor.picture


async def test_an_unmeasured_loss_says_why() -> None:
    async with models_place(made("a-4bit", 4, None)) as visitor:
        assert "not measured: the source does not fit" in visitor.details


async def test_the_summary_tells_the_disk_use() -> None:
    async with models_place() as visitor:
        assert "4 models · 3.5 GB on disk" in visitor.picture
        await visitor.press("slash", *"qwen")
        assert "1 of 4 models · 2.3 GB on disk" in visitor.picture


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50)])
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_dialogs_fit_and_hostile_names_stay_harmless(
    size: tuple[int, int], language: i18n.Language
) -> None:
    i18n.set_language(language)
    nasty = ESCAPES + BIDI + MARKUP
    model = replace(made("x", 4, 0.05), name=nasty, path=Path("/m", "x"))
    script = Script(models=(model,), removals={nasty: (1, 2, (nasty,))})
    script.comparisons[nasty] = (model, replace(model, name="y"))
    async with models_place(script=script, size=size) as visitor:
        for key in ("y", "m", "v", "x", "q", "d"):
            await visitor.press(key)
            await visitor.until(lambda: len(visitor.app.screen_stack) > 1)
            await visitor.settle()
            assert "╰" in visitor.picture and "╭" in visitor.picture
            for character in "\x1b\x9b\x07\u202e\u2066":
                assert character not in visitor.picture
            await visitor.press("escape")
            assert len(visitor.app.screen_stack) == 1
