"""The plan of a GGUF file: both modes in sight, a template only where one says so."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events

from mlxtui.backend.job_commands import MakePlan, StartJob
from mlxtui.convert.gguf.tokenizer import TEMPLATE_FAMILIES
from mlxtui.i18n import LANGUAGES, Language
from mlxtui.plans import JobSpec, Plan
from mlxtui.recipes import Recipe, quantization
from mlxtui.settings import Settings
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.screens.choose_file import ChooseFile
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.screens.plan import PlanScreen
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.ordered_input import OrderedInput
from tests.recorded import Script
from tests.recorded_gguf import (
    FILE,
    gguf_plan,
    plan_of_several,
    plan_without_template,
)
from tests.ui.harness import User, open_app

SPEC = JobSpec(source=FILE)
EXACT = replace(SPEC, gguf_mode="exact")


def script_with(plan: Callable[[JobSpec], Plan]) -> Script:
    """The file's plans are made by this function."""
    return Script(plans={FILE: plan})


async def ask(user: User, spec: JobSpec = SPEC) -> None:
    """A place asks for an import."""
    user.app.post_message(PlanRequested(spec))
    await user.until(lambda: len(user.app.screen_stack) > 1)
    await user.settle()


def is_open(user: User) -> bool:
    """Whether the plan is on the screen."""
    return isinstance(user.app.screen, PlanScreen)


def started(user: User) -> list[JobSpec]:
    """The jobs that were started."""
    commands = user.script.commands
    return [each.spec for each in commands if isinstance(each, StartJob)]


def planned(user: User) -> list[JobSpec]:
    """The plans that were asked for."""
    commands = user.script.commands
    return [each.spec for each in commands if isinstance(each, MakePlan)]


def words(user: User) -> str:
    """What the screen says, without borders and line breaks."""
    return " ".join(user.picture.replace("│", " ").split())


def row(user: User, name: str) -> ChoiceRow:
    """A question of the page."""
    return user.app.screen.query_one(f"#plan-{name}", ChoiceRow)


def name_field(user: User) -> OrderedInput:
    """Where the result's name stands."""
    return user.app.screen.query_one(OrderedInput)


# Both modes


async def test_it_shows_what_both_modes_come_to() -> None:
    async with open_app(script=script_with(gguf_plan)) as user:
        await ask(user)
        shown = words(user)
        for text in (
            "GGUF model · qwen3 · 4.0B parameters · Q4_K_M",
            "Weights faithful exact",
            "faithful 2.8 GB 5.55 bits per weight",
            "exact 11.9 GB 23.76 bits per weight",
            "The file's codes, with scales of 16 bits",
            "import 2.5 GB → try",
            "Result 2.8 GB",
            "4k of context 3.7 GB ✓ fits",
            "Name Qwen3-4B-Q4_K_M",
        ):
            assert text in shown, text
        assert "Template" not in shown
        assert row(user, "mode").has_focus
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [SPEC] and not is_open(user)


async def test_the_other_mode_has_another_result_memory_and_name() -> None:
    async with open_app(script=script_with(gguf_plan)) as user:
        await ask(user)
        await user.press("right")
        shown = words(user)
        for text in (
            "faithful 2.8 GB 5.55 bits per weight",
            "exact 11.9 GB 23.76 bits per weight",
            "Every weight to the last bit",
            "Result 11.9 GB",
            "4k of context 13.7 GB ✗ does not fit",
            "Name Qwen3-4B-Q4_K_M-exact",
        ):
            assert text in shown, text
        assert row(user, "mode").has_focus
        await user.press("left")
        assert "Result 2.8 GB" in words(user)
        assert planned(user) == [SPEC, EXACT, SPEC]
        await user.press("right", "enter")
        await user.until(lambda: started(user))
        assert started(user) == [EXACT]


async def test_the_mouse_takes_the_other_mode() -> None:
    async with open_app(script=script_with(gguf_plan)) as user:
        await ask(user)
        await user.pilot.click("#plan-mode", offset=(13, 0))
        await user.settle()
        assert "Result 11.9 GB" in words(user)
        await user.pilot.click("#plan-start")
        await user.until(lambda: started(user))
        assert started(user) == [EXACT]


async def test_a_name_that_was_typed_stays_in_another_mode() -> None:
    async with open_app(script=script_with(gguf_plan)) as user:
        await ask(user)
        name_field(user).value = "mine"
        await user.press("right")
        assert name_field(user).value == "mine"
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [replace(EXACT, name="mine")]


async def test_a_refused_name_is_not_asked_for_with_another_mode() -> None:
    def plan(spec: JobSpec) -> Plan:
        problem = "It is taken." if spec.name else ""
        return replace(gguf_plan(spec), problem=problem)

    async with open_app(script=script_with(plan)) as user:
        await ask(user)
        name_field(user).value = "taken"
        await user.press("enter")
        assert is_open(user) and "It is taken." in user.picture
        row(user, "mode").focus()
        await user.press("right")
        assert "It is taken." not in user.picture and planned(user)[-1] == EXACT


async def test_a_default_name_that_is_taken_can_be_changed() -> None:
    def plan(spec: JobSpec) -> Plan:
        return replace(gguf_plan(spec), problem="" if spec.name else "It is taken.")

    async with open_app(script=script_with(plan)) as user:
        await ask(user)
        assert "✗ It is taken." in user.picture and "Start" not in user.picture
        name_field(user).focus()
        await user.press("end", "2", "enter")
        await user.until(lambda: started(user))
        await user.settle()
        assert started(user) == [replace(SPEC, name="Qwen3-4B-Q4_K_M2")]


async def test_a_mode_that_cannot_be_had_says_why_and_the_other_can_be_taken() -> None:
    def plan(spec: JobSpec) -> Plan:
        problem = "The disk is full." if spec.gguf_mode == "exact" else ""
        return replace(gguf_plan(spec), problem=problem)

    async with open_app(script=script_with(plan)) as user:
        await ask(user)
        await user.press("right")
        assert "✗ The disk is full." in user.picture and "Start" not in user.picture
        assert "exact     11.9 GB" in user.picture
        await user.press("left")
        assert "full" not in user.picture and "Start" in user.picture
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [SPEC]


async def test_a_plan_that_fails_keeps_what_was_known() -> None:
    script = script_with(gguf_plan)
    async with open_app(script=script) as user:
        await ask(user)
        script.failures[MakePlan] = ("The hub does not answer.", "Try again.")
        await user.press("right")
        assert "✗ The hub does not answer." in user.picture
        assert "faithful   2.8 GB" in user.picture and "Start" not in user.picture
        script.failures.clear()
        await user.press("left")
        assert "Start" in user.picture and "answer" not in user.picture


# While another plan is awaited


async def test_the_page_stays_while_another_plan_is_awaited() -> None:
    script = script_with(gguf_plan)
    async with open_app(script=script) as user:
        await ask(user)
        before = user.picture.splitlines()
        script.holds.add(MakePlan)
        await user.press("right")
        now = user.picture.splitlines()
        changed = [n for n, line in enumerate(now) if line != before[n]]
        assert [now[n].split()[1:3] for n in changed] == [["Every", "weight"]]
        await user.until(lambda: f"Looking at {FILE}" in words(user))
        assert "Result 2.8 GB" in words(user)
        script.release(MakePlan)
        await user.until(lambda: "Result 11.9 GB" in words(user))
        assert "Looking" not in user.picture


async def test_an_enter_that_comes_before_the_plan_starts_what_was_chosen() -> None:
    script = script_with(gguf_plan)
    async with open_app(script=script) as user:
        await ask(user)
        script.holds.add(MakePlan)
        await user.press("right", "enter")
        assert is_open(user) and not started(user)
        script.release(MakePlan)
        await user.until(lambda: started(user))
        await user.settle()
        assert started(user) == [EXACT] and not is_open(user)


async def test_an_enter_before_the_plan_does_not_start_what_cannot_be_done() -> None:
    def plan(spec: JobSpec) -> Plan:
        problem = "The disk is full." if spec.gguf_mode == "exact" else ""
        return replace(gguf_plan(spec), problem=problem)

    script = script_with(plan)
    async with open_app(script=script) as user:
        await ask(user)
        script.holds.add(MakePlan)
        await user.press("right", "enter")
        script.release(MakePlan)
        await user.until(lambda: "The disk is full." in user.picture)
        assert is_open(user) and not started(user)
        await user.press("left")
        assert is_open(user) and not started(user), "the Enter was for the other mode"


async def test_the_last_of_many_choices_counts() -> None:
    script = script_with(gguf_plan)
    async with open_app(script=script) as user:
        await ask(user)
        script.holds.add(MakePlan)
        for key in ("right", "right", "right", "enter", "enter"):
            user.app.post_message(events.Key(key, None))
        await user.settle()
        assert len(script.waiting) == 1, "the older questions are taken back"
        script.release(MakePlan)
        await user.until(lambda: started(user))
        await user.settle()
        assert started(user) == [EXACT]


# The chat template


async def test_a_missing_template_is_said_and_none_is_added_by_itself() -> None:
    async with open_app(script=script_with(plan_without_template)) as user:
        await ask(user)
        shown = words(user)
        assert "▲ The file has no chat template: without one" in shown
        assert "Template none chatml" in shown
        assert row(user, "template").value == ""
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user)[0].chat_template == ""


async def test_the_template_of_the_family_is_added_when_it_is_chosen() -> None:
    async with open_app(script=script_with(plan_without_template)) as user:
        await ask(user)
        await user.press("tab", "right")
        assert "it gets that of chatml" in words(user)
        await user.press("shift+tab", "right", "enter")
        await user.until(lambda: started(user))
        assert started(user) == [replace(EXACT, chat_template="chatml")]


async def test_a_missing_template_is_said_where_none_can_be_offered() -> None:
    def plan(spec: JobSpec) -> Plan:
        made = plan_without_template(spec)
        return replace(made, contents=replace(made.contents, template_offer=""))

    async with open_app(script=script_with(plan)) as user:
        await ask(user)
        assert "▲ The file has no chat template" in words(user)
        assert not row(user, "template").region


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_without_a_known_family_any_can_be_chosen(size: tuple[int, int]) -> None:
    def plan(spec: JobSpec) -> Plan:
        made = plan_without_template(spec)
        contents = replace(
            made.contents, template_offer="", template_families=TEMPLATE_FAMILIES
        )
        return replace(made, contents=contents)

    async with open_app(script=script_with(plan), size=size) as user:
        await ask(user)
        await user.press("tab")
        assert user.app.focused is row(user, "template")
        assert row(user, "template").value == ""
        shown = words(user)
        await user.press("left", "down", "down", "down", "down")
        shown += words(user)
        for word in ("none", *TEMPLATE_FAMILIES, "it gets that of zephyr"):
            assert word in shown
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [replace(SPEC, chat_template="zephyr")]


# What else may come of it


async def test_a_recipe_leaves_no_choice_of_modes() -> None:
    spec = replace(SPEC, recipe=Recipe(quantization=quantization(4)))
    async with open_app(script=script_with(gguf_plan)) as user:
        await ask(user, spec)
        assert "faithful" not in user.picture and "Recipe" in user.picture
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [spec]


async def test_what_is_imported_already_is_opened() -> None:
    def plan(spec: JobSpec) -> Plan:
        made = gguf_plan(spec)
        is_here = spec.gguf_mode == "faithful"
        name = "mlx-community/Qwen3-4B-4bit"  # in the recorded library
        return replace(made, steps=(), result_name=name) if is_here else made

    async with open_app(script=script_with(plan)) as user:
        await ask(user)
        shown = words(user)
        assert "✓ It is here already, made of the same file:" in shown
        assert "mlx-community/Qwen3-4B-4bit" in shown and "Chat with it" in shown
        assert "Disk" not in shown and "Name" not in shown
        await user.press("right")
        assert "Start" in user.picture and "here already" not in user.picture
        assert name_field(user).value == "Qwen3-4B-Q4_K_M-exact"
        await user.press("left", "enter")
        await user.until(lambda: "Qwen3-4B-4bit" in user.model_line)
        assert user.place == "chat" and not is_open(user) and not started(user)


async def test_one_of_several_files_is_chosen_first() -> None:
    async with open_app(script=script_with(plan_of_several)) as user:
        await ask(user)
        assert isinstance(user.app.screen, ChooseFile)
        await user.press("up", "enter")
        await user.until(lambda: is_open(user))
        await user.until(lambda: "Result 2.8 GB" in words(user))
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [replace(SPEC, file="Qwen3-4B-Q4_K_M.gguf")]


async def test_leaving_the_choice_leaves_the_plan() -> None:
    async with open_app(script=script_with(plan_of_several)) as user:
        await ask(user)
        await user.press("escape")
        await user.until(lambda: len(user.app.screen_stack) == 1)
        assert planned(user) == [SPEC] and not started(user)


# Every window


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50)])
async def test_all_of_it_can_be_read_in_every_window(
    size: tuple[int, int], language: Language
) -> None:
    hostile = "\x1b[31m[red]\u202e日本"

    def plan(spec: JobSpec) -> Plan:
        made = plan_without_template(spec)
        contents = replace(made.contents, template_offer=hostile, quantization=hostile)
        return replace(made, contents=contents, source_name=f"/{hostile}.gguf")

    used = Settings(setup_done=True, language=language, theme="light")
    async with open_app(script=script_with(plan), size=size, settings=used) as user:
        await ask(user)
        seen = ""
        for _line in range(200):
            before = user.picture
            seen += before
            assert "\x1b" not in before and "\u202e" not in before
            assert all(cell_len(line) == size[0] for line in before.splitlines())
            assert user.app.screen.query_one("#plan-start").region.height == 1
            await user.press("down")
            if user.picture == before:
                break
        for text in ("2.8 GB", " 5.55", "11.9 GB", "23.76", "▲", "[red]", "7.9 GB"):
            assert text in seen, text


async def test_f1_explains_both_modes_and_comes_back() -> None:
    async with open_app(script=script_with(gguf_plan), size=(100, 40)) as user:
        await ask(user)
        await user.press("right", "f1")
        assert isinstance(user.app.screen, KeysScreen)
        assert "Faithful keeps its codes" in words(user)
        await user.press("f1")
        assert is_open(user) and row(user, "mode").value == "exact"


async def test_another_language_keeps_the_choice() -> None:
    async with open_app(script=script_with(plan_without_template)) as user:
        await ask(user)
        await user.press("right")
        before = words(user)
        await user.press("f10")
        assert is_open(user) and words(user) != before
        assert row(user, "mode").value == "exact" and "11.9 GB" in user.picture
        await user.press("f10")
        assert words(user) == before
