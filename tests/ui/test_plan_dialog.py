"""The plan of a job: everything is said before anything is done."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events

from mlxtui.backend.job_commands import MakePlan, StartJob
from mlxtui.i18n import LANGUAGES, Language, _
from mlxtui.plans import JobSpec, MemoryNeed, Plan, PlanStep
from mlxtui.recipes import Recipe, quantization
from mlxtui.repositories import RemoteFile
from mlxtui.settings import Settings
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.screens.plan import PlanScreen
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.jobs_list import JobsList
from mlxtui.ui.widgets.ordered_input import OrderedInput
from tests.recorded import Script
from tests.recorded_hub import PLAN
from tests.ui.harness import User, open_app

SOURCE = "Qwen/Qwen3-4B"
SPEC = JobSpec(source=SOURCE, recipe=Recipe(quantization=quantization(4)))

assert PLAN.address is not None
QUANTIZED = replace(
    PLAN,
    address=replace(PLAN.address, repo_id=SOURCE),
    contents=replace(PLAN.contents, kind="safetensors", quantization="bf16"),
    license="apache-2.0",
    steps=(
        PlanStep(stage="download", size_bytes=8_060_000_000),
        PlanStep(stage="verify"),
        PlanStep(stage="quantize", size_bytes=8_040_000_000),
        PlanStep(stage="measure"),
        PlanStep(stage="try"),
    ),
    fetch_bytes=2_000_000_000,
    disk_needed_bytes=10_320_000_000,
    result_name="Qwen3-4B-4bit",
    memory=(
        *PLAN.memory,
        MemoryNeed(
            context_tokens=40_960,
            needed_bytes=12_900_000_000,
            cache_bytes=6_000_000_000,
            fit="too-big",
        ),
    ),
)
IMPOSSIBLE = replace(
    PLAN, problem="The licence must be accepted first.", hint="Open the page."
)
WITH_CODE = replace(PLAN, question="It brings program code: modeling_x.py. Fetch it?")


def script_with(plan: Plan) -> Script:
    """What is asked for is answered with this plan."""
    return Script(plans={SOURCE: plan})


async def ask(user: User, spec: JobSpec = SPEC) -> None:
    """A place asks for a job."""
    user.app.post_message(PlanRequested(spec))
    await user.until(lambda: isinstance(user.app.screen, PlanScreen))
    await user.settle()


def started(user: User) -> list[JobSpec]:
    """The jobs that were started."""
    commands = user.script.commands
    return [each.spec for each in commands if isinstance(each, StartJob)]


def words(user: User) -> str:
    """What the screen says, without borders and line breaks."""
    return " ".join(user.picture.replace("│", " ").split())


def is_open(user: User) -> bool:
    """Whether the plan is on the screen."""
    return isinstance(user.app.screen, PlanScreen)


# What is shown


async def test_it_says_what_the_source_is_what_will_be_done_and_what_it_takes() -> None:
    async with open_app(script=script_with(QUANTIZED), size=(100, 40)) as user:
        await ask(user)
        shown = words(user)
        for text in (
            "Qwen/Qwen3-4B safetensors model · qwen3 · 4.0B parameters · bf16 ·"
            " apache-2.0",
            "download 8.1 GB → verify → quantize 8.0 GB → measure → try",
            "To fetch 2.0 GB of 2.3 GB in 3 files; the rest is here",
            "Disk 50.0 GB free now, 39.7 GB when it is done",
            "Result 2.3 GB · 4.50 bits per weight",
            "Memory 4k of context 3.1 GB ✓ fits",
            "32k of context 7.3 GB ▲ tight",
            "40k of context 12.9 GB ✗ does not fit",
            "Name Qwen3-4B-4bit",
            "Files config.json 1 kB model.safetensors 2.3 GB",
            "Start Cancel",
        ):
            assert text in shown, text
        assert not started(user)


async def test_it_says_how_the_weights_will_be_packed() -> None:
    async with open_app(script=script_with(QUANTIZED), size=(100, 40)) as user:
        await ask(user)
        assert "Recipe 4-bit group 64" in words(user)
    async with open_app(size=(100, 40)) as user:
        await ask(user, PLAN.spec)
        assert "Recipe" not in words(user)


async def test_it_says_where_the_result_is_sent_and_what_is_to_be_known() -> None:
    spec = replace(SPEC, upload_to="me/mine")
    noted = replace(QUANTIZED, hint="It is an adapter for another model.")
    async with open_app(script=script_with(noted), size=(100, 40)) as user:
        await ask(user, spec)
        assert "Sent to me/mine" in words(user)
        assert "Note It is an adapter for another model." in words(user)


async def test_a_folder_has_no_bytes_to_fetch() -> None:
    local = replace(QUANTIZED, address=None, files=(), fetch_bytes=0)
    async with open_app(script=script_with(local), size=(100, 40)) as user:
        await ask(user)
        assert "To fetch" not in user.picture and "Files" not in user.picture
        assert SOURCE in user.picture and "Start" in user.picture


async def test_what_is_all_here_says_so() -> None:
    async with open_app(script=script_with(replace(PLAN, fetch_bytes=0))) as user:
        await ask(user)
        assert "nothing: all of it is here" in user.picture
        name = user.app.screen.query_one("#plan-name-row")
        assert not name.display, "a download keeps its name"


async def test_it_says_that_it_is_looking_and_esc_cancels() -> None:
    script = script_with(QUANTIZED)
    script.holds.add(MakePlan)
    async with open_app(script=script) as user:
        await ask(user)
        assert "Looking at Qwen/Qwen3-4B…" in user.picture
        assert "Start" not in user.picture and "Close" in user.picture
        await user.press("enter")
        assert is_open(user) and not started(user)
        (waiting,) = script.waiting
        await user.press("escape")
        assert not is_open(user)
        assert waiting.request_id in script.cancelled and not script.waiting


async def test_leaving_by_another_key_cancels_too() -> None:
    script = script_with(QUANTIZED)
    script.holds.add(MakePlan)
    async with open_app(script=script) as user:
        await ask(user)
        await user.press("f3")
        assert user.place == "models" and not is_open(user)
        assert not script.waiting


async def test_the_plan_comes_while_one_waits() -> None:
    script = script_with(QUANTIZED)
    script.holds.add(MakePlan)
    async with open_app(script=script) as user:
        await ask(user)
        script.release(MakePlan)
        await user.until(lambda: "Start" in user.picture)
        assert "Looking" not in user.picture


@pytest.mark.parametrize("fails", [True, False])
async def test_what_cannot_be_done_says_why_and_can_only_be_closed(
    fails: bool,
) -> None:
    script = script_with(IMPOSSIBLE)
    if fails:
        script.failures[MakePlan] = (IMPOSSIBLE.problem, IMPOSSIBLE.hint)
    async with open_app(script=script) as user:
        await ask(user)
        assert "✗ The licence must be accepted first." in user.picture
        assert "Open the page." in user.picture
        assert "Start" not in user.picture and "Close" in user.picture
        await user.press("enter")
        assert not is_open(user) and not started(user)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50)])
async def test_all_of_it_can_be_read_in_every_window(
    size: tuple[int, int], language: Language
) -> None:
    hostile = "\x1b[31m[red]\u202e" + "日本" * 60
    many = tuple(
        RemoteFile(path=f"{number}-{hostile}", size_bytes=number)
        for number in range(12)
    )
    plan = replace(QUANTIZED, files=many, question=hostile, result_name=hostile)
    used = Settings(setup_done=True, language=language, theme="light")
    async with open_app(script=script_with(plan), size=size, settings=used) as user:
        await ask(user)
        seen = ""
        for _page in range(100):
            before = user.picture
            seen += before
            assert "\x1b" not in before and "\u202e" not in before
            assert all(cell_len(line) == size[0] for line in before.splitlines())
            assert user.app.screen.query_one("#plan-start").region.height == 1
            await user.press("pagedown")
            if user.picture == before:
                break
        for text in ("4.50", "12.9 GB  ✗", "0-␛[31m", "11-"):
            assert text in seen, text
        await user.press("pageup", "up", "down")
        assert is_open(user)


async def test_thousands_of_files_are_not_all_listed() -> None:
    file = RemoteFile(path="a", size_bytes=1)
    plan = replace(QUANTIZED, files=(file,) * 10_200)
    async with open_app(script=script_with(plan), size=(100, 300)) as user:
        await ask(user)
        assert user.picture.count(" a ") == 200
        assert "… and 10000 more" in user.picture


# What comes of it


async def test_enter_starts_the_job_and_shows_it_in_the_drawer() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await user.press("enter")
        await user.until(lambda: "fetching" in user.picture)
        assert started(user) == [SPEC] and not is_open(user)
        current = user.app.screen.query_one(JobsList).current
        assert current is not None and current.title == "Qwen3-4B-4bit"


async def test_keys_in_one_burst_start_one_job() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        for key in ("enter", "enter", "enter"):
            user.app.post_message(events.Key(key, None))
        await user.until(lambda: not is_open(user))
        await user.settle()
        assert started(user) == [SPEC]
        await ask(user)
        for key in ("escape", "escape", "enter", "escape"):
            user.app.post_message(events.Key(key, None))
        await user.until(lambda: not is_open(user))
        await user.settle()
        assert started(user) == [SPEC] and user.app.is_running


async def test_esc_leaves_and_nothing_is_done() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await user.press("escape")
        assert not is_open(user) and not started(user)


@pytest.mark.parametrize(("button", "starts"), [("start", True), ("close", False)])
async def test_the_mouse_starts_and_leaves(button: str, starts: bool) -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await user.pilot.click(f"#plan-{button}")
        await user.until(lambda: not is_open(user))
        await user.settle()
        assert bool(started(user)) == starts


async def test_what_the_backend_refuses_is_said() -> None:
    script = script_with(QUANTIZED)
    script.failures[StartJob] = ("Another program does that already.", "")
    async with open_app(script=script) as user:
        await ask(user)
        await user.press("enter")
        await user.until(lambda: user.toasts)
        assert user.toasts == ["Another program does that already."]


async def test_a_second_request_does_not_cover_the_first() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await ask(user, JobSpec(source="other/model"))
        assert len(user.app.screen_stack) == 2
        assert "Qwen/Qwen3-4B" in user.picture


# The name


async def rename(user: User, name: str) -> None:
    """Type another name, and Enter."""
    field = user.app.screen.query_one(OrderedInput)
    field.focus()
    field.value = ""
    await user.type_text(name)
    await user.press("enter")


async def test_another_name_is_planned_again_and_started() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await rename(user, " my-qwen ")
        await user.until(lambda: started(user))
        assert started(user) == [replace(SPEC, name="my-qwen")]
        planned = [each for each in user.script.commands if isinstance(each, MakePlan)]
        assert [each.spec.name for each in planned] == ["", "my-qwen"]


@pytest.mark.parametrize("name", ["", "../up", "-x", "a/b/c", "x" * 300])
async def test_a_name_that_no_folder_can_have_is_refused(name: str) -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        await rename(user, name)
        assert is_open(user) and not started(user)
        assert "A model cannot be called" in user.picture
        assert user.app.focused is user.app.screen.query_one(OrderedInput)
        await rename(user, "good")
        await user.until(lambda: started(user))


async def test_a_name_that_is_taken_can_be_changed_again() -> None:
    script = script_with(QUANTIZED)
    async with open_app(script=script) as user:
        await ask(user)
        script.plans[SOURCE] = replace(QUANTIZED, problem="It is taken.", hint="")
        await rename(user, "taken")
        assert "It is taken." in user.picture and "Start" in user.picture
        script.plans[SOURCE] = QUANTIZED
        await rename(user, "free")
        await user.until(lambda: started(user))
        assert started(user) == [replace(SPEC, name="free")]


async def test_keys_in_one_burst_keep_their_order_in_the_name() -> None:
    async with open_app(script=script_with(QUANTIZED)) as user:
        await ask(user)
        field = user.app.screen.query_one(OrderedInput)
        field.focus()
        field.value = ""
        await user.press("a", "b", "backspace", "c", "d")
        assert field.value == "acd"


# Program code


async def test_program_code_needs_a_yes() -> None:
    spec = JobSpec(source=SOURCE)
    async with open_app(script=script_with(WITH_CODE)) as user:
        await ask(user, spec)
        assert "modeling_x.py" in user.picture
        row = user.app.screen.query_one("#plan-answer", ChoiceRow)
        assert row.value == "no" and user.app.focused is row
        await user.press("enter")
        assert is_open(user) and not started(user)
        assert "Answer the question with yes to start" in user.picture
        await user.press("right")
        assert "Answer the question" not in user.picture
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [replace(spec, allow_code=True)]


async def test_a_yes_that_was_given_is_not_asked_for_again() -> None:
    spec = JobSpec(source=SOURCE, allow_code=True)
    async with open_app(script=script_with(WITH_CODE)) as user:
        await ask(user, spec)
        await user.press("enter")
        await user.until(lambda: started(user))
        assert started(user) == [spec]


# Help


async def test_f1_explains_it_and_comes_back() -> None:
    async with open_app(script=script_with(QUANTIZED), size=(100, 40)) as user:
        await ask(user)
        await user.press("f1")
        assert isinstance(user.app.screen, KeysScreen)
        assert "nothing has been fetched" in words(user)
        assert "Take another answer" in words(user)
        await user.press("f1")
        assert is_open(user)
        await user.press("enter")
        await user.until(lambda: started(user))


async def test_another_language_changes_its_texts_and_keeps_the_answers() -> None:
    async with open_app(script=script_with(WITH_CODE), size=(100, 40)) as user:
        await ask(user)
        user.app.screen.query_one("#plan-answer", ChoiceRow).value = "yes"
        before = words(user)
        await user.press("f10")
        assert is_open(user) and words(user) != before
        title = user.app.screen.query_one("#plan").border_title
        assert title == _("Plan") != "Plan"
        assert user.app.screen.query_one("#plan-answer", ChoiceRow).value == "yes"
        await user.press("f1", "f10")
        assert is_open(user), "help closes: it opens in the new language"
        assert words(user) == before
