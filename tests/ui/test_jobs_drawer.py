"""The Jobs drawer: what it shows of jobs, and what can be done with them there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from textual.screen import Screen

from mlxtui.backend.job_commands import ControlJob, ListJobs, ReadJobLog
from mlxtui.backend.job_info import FileProgress, JobId, JobInfo, JobOrder, JobState
from mlxtui.i18n import LANGUAGES, Language
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.ui.job_facts import fact_lines
from mlxtui.ui.screens.job_log import JobLogScreen
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.widgets.jobs_drawer import JobFacts, JobsDrawer
from mlxtui.ui.widgets.jobs_list import JobsList
from tests.recorded import LIBRARY, Script
from tests.recorded_hub import CREATED, job
from tests.ui.harness import User, answer, open_app

SIZES = ((40, 12), (80, 24), (160, 50))


def running(name: str = "Qwen3-4B-4bit", **values: object) -> JobInfo:
    """A download at 43 %."""
    facts: dict[str, object] = {
        "done": 1_000_000_000,
        "total": 2_300_000_000,
        "rate_per_second": 12_100_000.0,
        "seconds_left": 107.0,
    }
    return replace(job(name), **(facts | values))  # type: ignore[arg-type]


def script_with(*jobs: JobInfo) -> Script:
    """A list of these jobs, the first one the newest."""
    script = Script()
    for number, each in enumerate(reversed(jobs)):
        made = CREATED + timedelta(minutes=number)
        script.jobs[each.job_id] = replace(each, created_at=made)
    return script


def drawer(user: User) -> JobsDrawer:
    """It must have been opened."""
    return user.app.workspace.query_one(JobsDrawer)


def rows(user: User) -> list[str]:
    """The jobs as shown, a line each."""
    return drawer(user).query_one(JobsList).shown_lines


def facts(user: User) -> str:
    """What is shown of the job under the cursor."""
    return "\n".join(drawer(user).query_one(JobFacts).shown_lines)


def title(user: User) -> str:
    """The name of the job under the cursor."""
    current = drawer(user).query_one(JobsList).current
    return current.title if current else ""


def orders(user: User) -> list[tuple[str, JobOrder]]:
    """What was wanted of jobs so far."""
    return [
        (command.job_id, command.order)
        for command in user.script.commands
        if isinstance(command, ControlJob)
    ]


async def open_drawer(user: User) -> None:
    """Open it once the jobs are known."""
    known = user.app.workspace._jobs
    await user.until(lambda: len(known.newest_first) == len(user.script.jobs))
    await user.press("f7")


# Opening and closing


async def test_f7_opens_it_gives_it_the_keys_and_puts_it_away() -> None:
    async with open_app(script=script_with(running())) as user:
        await user.type_text("half")
        await open_drawer(user)
        assert "fetching" in user.picture and user.place == "chat"
        assert "half" in user.picture, "the place is still there"
        await user.press("f7")
        assert "fetching" not in user.picture
        assert user.app.focused is user.prompt
        await user.press("f7", "tab")
        assert user.app.focused is user.prompt and "fetching" in user.picture
        await user.press("f7")
        assert drawer(user).has_focus_within, "F7 gives the keys to an open one"
        await user.press("escape")
        assert not drawer(user).display and user.prompt.text == "half"


@pytest.mark.parametrize("key", ["f2", "f3", "f8"])
async def test_it_lies_under_every_place(key: str) -> None:
    """Under those, too, that are opened for the first time after it."""
    async with open_app(script=script_with(running())) as user:
        await user.press(key)
        await open_drawer(user)
        places = [user.place]
        for other in ("f3", "f8", "f2"):
            below = user.app.workspace.place.region.bottom
            assert drawer(user).region.y == below and "fetching" in user.picture
            await user.press(other)
            places.append(user.place)
        assert set(places) == {"chat", "models", "settings"}


async def test_letters_are_its_keys_only_while_it_has_them() -> None:
    async with open_app(script=script_with(running())) as user:
        await open_drawer(user)
        await user.press("tab", "p", "x", "d", "space")
        assert user.prompt.text == "pxd " and not orders(user)
        await user.press("f7", "p")
        assert orders(user) == [("Qwen3-4B-4bit", "pause")]


async def test_slash_palette_and_mouse_open_it() -> None:
    async with open_app(script=script_with(running())) as user:
        await user.type_text("/jobs")
        await user.press("enter")
        await user.until(lambda: "fetching" in user.picture)
        await user.press("escape")
        y = user.picture.splitlines()[0].index("F7 Jobs")
        await user.pilot.click(offset=(y, 0))
        await user.until(lambda: drawer(user).display)
        await user.press("escape")
        await user.until(lambda: "↓ 43 %" in user.meter_line)
        x = user.picture.splitlines()[-2].index("↓ 43 %")
        await user.pilot.click(offset=(x, user.app.size.height - 2))
        await user.until(lambda: drawer(user).display)


async def test_nothing_is_asked_before_the_first_paint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlxtui.ui.app._AFTER_FIRST_PAINT_SECONDS", 1000)
    async with open_app(script=script_with(running())) as user:
        asked = [type(command) for command in user.script.commands]
        assert ListJobs not in asked
        user.app._settle()
        assert isinstance(user.script.commands[-1], ListJobs)


async def test_without_jobs_it_says_what_will_stand_there() -> None:
    async with open_app() as user:
        await user.press("f7")
        assert "No job yet." in user.picture
        assert "Pause" not in user.key_line and "Esc Close" in user.key_line
        await user.press(*"pxrld", "enter", "up", "down", "end", "pagedown", "space")
        user.script.change_job(running())
        await user.until(lambda: "fetching" in user.picture)
        assert "No job yet." not in user.picture and "p Pause" in user.key_line


# What is shown


async def test_a_running_job_shows_all_its_figures() -> None:
    files = (
        FileProgress(path="a/model.safetensors", done_bytes=99, total_bytes=100),
        FileProgress(path="tokenizer.json", done_bytes=0, total_bytes=0),
    )
    shown = running(files=files, note="Waits a moment.", stages=("download", "try"))
    async with open_app(script=script_with(shown), size=(160, 50)) as user:
        await open_drawer(user)
        (row,) = rows(user)
        words = ["● Qwen3-4B-4bit", "fetching", "━━━─────", "43 %", "12.1 MB/s",
                 "1 min 47 s"]  # fmt: skip
        places = [row.index(word) for word in words]
        assert places == sorted(places)
        assert "● download   ○ try" in facts(user)
        assert "43 % · 1.0 / 2.3 GB · 12.1 MB/s · 1 min 47 s left" in facts(user)
        assert "━━━━━─ 99 %  a/model.safetensors  100 B" in facts(user)
        assert "tokenizer.json" in facts(user)
        assert "Waits a moment." in facts(user)
        assert "from mlx-community/Qwen3-4B-4bit" in facts(user)


async def test_a_stalled_job_says_zero() -> None:
    stalled = running(rate_per_second=0.0, seconds_left=None)
    async with open_app(script=script_with(stalled)) as user:
        await open_drawer(user)
        assert "0 B/s" in rows(user)[0] and "left" not in facts(user)


@pytest.mark.parametrize(
    ("values", "mark", "word", "fact"),
    [
        ({"state": "waiting", "stage": None, "done": 0, "total": 0}, "○", "waiting",
         "○ download"),
        ({"state": "paused"}, "‖", "paused", "Paused: Enter or p goes on"),
        ({"state": "paused", "was_interrupted": True}, "▲", "interrupted",
         "Interrupted: Enter or p goes on"),
        ({"held_by_process_id": 4711}, "◌", "fetching", "process 4711"),
        ({"state": "failed", "message": "The disk is full.", "hint": "Make room."},
         "✗", "failed", "✗ The disk is full.\nMake room."),
        ({"state": "cancelled"}, "–", "cancelled", "r tries it again"),
        ({"state": "finished", "result_name": "new"}, "✓", "finished",
         "new is here: Enter opens a chat with it."),
    ],
)  # fmt: skip
async def test_every_state_has_a_mark_a_word_and_its_facts(
    values: dict[str, object], mark: str, word: str, fact: str
) -> None:
    shown = replace(running(), **values)  # type: ignore[arg-type]
    async with open_app(script=script_with(shown)) as user:
        await open_drawer(user)
        assert rows(user)[0].startswith(f"{mark} Qwen3-4B-4bit")
        assert word in rows(user)[0]
        assert fact in facts(user)
        if word == "failed":
            assert "The disk is full." in rows(user)[0]


async def test_the_newest_job_stands_first_and_the_cursor_stays_on_its_own() -> None:
    async with open_app(script=script_with(running("b"), running("a"))) as user:
        await open_drawer(user)
        assert [row[2] for row in rows(user)] == ["b", "a"]
        await user.press("down")
        assert title(user) == "a"
        late = CREATED + timedelta(days=1)
        user.script.change_job(running("c", created_at=late))
        await user.until(lambda: len(rows(user)) == 3)
        assert [row[2] for row in rows(user)] == ["c", "b", "a"]
        assert title(user) == "a"
        await user.press("up", "up", "up")
        assert title(user) == "c"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
async def test_many_hostile_jobs_in_every_window(
    size: tuple[int, int], language: Language
) -> None:
    hostile = "\x1b]0;x\x07[red]\u202e" + "日本" * 50
    states: Sequence[JobState] = (
        "running", "waiting", "paused", "failed", "cancelled", "finished",
    )  # fmt: skip
    jobs = [
        running(
            f"{number}",
            state=states[number % 6],
            title=f"{number} {hostile}",
            message=hostile,
            hint=hostile,
            note=hostile,
            files=(FileProgress(path=hostile, done_bytes=1, total_bytes=2),),
        )
        for number in range(200)
    ]
    used = Settings(setup_done=True, language=language, theme="light")
    async with open_app(script=script_with(*jobs), size=size, settings=used) as user:
        await open_drawer(user)
        for key in ("end", "pageup", "home", "pagedown", "down", "up"):
            await user.press(key)
            picture = user.picture
            assert "\x1b" not in picture and "\u202e" not in picture
            assert all(cell_len(line) == size[0] for line in picture.splitlines())
            assert f"{title(user).split()[0]} ␛" in picture or size[0] == 40
        await user.press("home")
        assert title(user).startswith("0 ")
        await user.press("end")
        assert title(user).startswith("199 ")
        # Nothing is cut at the right.
        shown = drawer(user).query_one(JobsList)
        await user.until(
            lambda: all(cell_len(row) <= shown.line_cells for row in rows(user))
        )


async def test_a_small_window_is_all_drawer() -> None:
    async with open_app(script=script_with(running()), size=(40, 12)) as user:
        await open_drawer(user)
        assert drawer(user).region.height == 12 - 3
        assert user.app.workspace.place.region.height == 0
        await user.press("f3")
        assert not drawer(user).display and user.place == "models"
        await user.press("f7", "tab")
        assert not drawer(user).display, "there is no room for both"
        await user.press("f7")
        await user.pilot.resize_terminal(80, 24)
        await user.settle()
        assert user.app.workspace.place.region.height > 8
        await user.press("tab")
        assert user.app.focused is user.app.workspace.place.query_one("ModelTable")
        await user.pilot.resize_terminal(40, 12)
        await user.settle()
        assert drawer(user).has_focus_within, "what is not in sight has no keys"


async def test_a_transcript_without_room_takes_its_actions() -> None:
    """They come by the palette, too; it once looked for a line of a view of none."""
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        user.app.workspace.place.display = False
        await user.settle()
        assert user.transcript.size.height == 0
        user.transcript.action_previous_part()
        user.transcript.action_next_part()
        user.app.workspace.place.display = True
        await user.settle()
        assert "Yes." in user.picture


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "ansi"])
async def test_the_line_under_the_cursor_stands_out(theme: str) -> None:
    used = Settings(setup_done=True, language="en", theme=theme)  # type: ignore[arg-type]
    jobs = script_with(running("a"), running("b"))
    async with open_app(script=jobs, settings=used) as user:
        await open_drawer(user)
        top = drawer(user).query_one(JobsList).region.y
        grounds = []
        for y in (top, top + 1):
            (style,) = [style for text, style, _c in user.strips[y] if "●" in text]
            assert style is not None
            grounds.append((style.bgcolor, style.underline, style.reverse))
        assert grounds[0] != grounds[1]


# Orders


async def test_the_key_line_says_what_the_keys_do_with_this_job() -> None:
    jobs = (
        running(),
        running("b", state="paused"),
        running("c", state="finished", result_name="c"),
    )
    async with open_app(script=script_with(*jobs), size=(120, 30)) as user:
        await open_drawer(user)
        seen = {}
        for _number in range(3):
            seen[title(user)] = user.key_line
            await user.press("down")
        assert "p Pause" in seen["Qwen3-4B-4bit"]
        assert "p Go on" in seen["b"] and "Enter Go on" in seen["b"]
        assert "Enter Chat" in seen["c"]


async def test_measured_tokens_are_named() -> None:
    measuring = running(stage="measure", unit="tokens", rate_per_second=305.0)
    async with open_app(script=script_with(measuring)) as user:
        await open_drawer(user)
        assert "305 tokens/s" in facts(user)


async def test_a_thousand_reports_draw_the_drawer_s_frame_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Textual draws all of it again whenever its title is assigned."""
    async with open_app(script=script_with(running(), running("b"))) as user:
        await open_drawer(user)
        drawn = 0
        refresh = JobsDrawer.refresh

        def counted(shown: JobsDrawer, *args: Any, **options: Any) -> JobsDrawer:
            nonlocal drawn
            drawn += 1
            return refresh(shown, *args, **options)

        monkeypatch.setattr(JobsDrawer, "refresh", counted)
        for done in range(1000):
            user.script.change_job(running(done=1_000_000_000 + done * 1_000_000))
        await user.until(lambda: "86 %" in rows(user)[0])
        assert drawn == 0


@pytest.mark.parametrize("key", ["p", "space"])
async def test_a_job_pauses_and_goes_on(key: str) -> None:
    async with open_app(script=script_with(running())) as user:
        await open_drawer(user)
        await user.press(key)
        assert "‖" in rows(user)[0] and "paused" in rows(user)[0]
        await user.press(key)
        assert "fetching" in rows(user)[0]
        assert [order for _job, order in orders(user)] == ["pause", "resume"]


@pytest.mark.parametrize("key", ["p", "enter"])
async def test_an_interrupted_job_goes_on(key: str) -> None:
    left = running(state="paused", was_interrupted=True)
    async with open_app(script=script_with(left)) as user:
        await open_drawer(user)
        await user.press(key)
        assert orders(user) == [("Qwen3-4B-4bit", "resume")]
        assert "fetching" in rows(user)[0]


async def test_cancel_asks_once_when_much_is_done() -> None:
    little, much = running("little", done=5_000), running("much")
    async with open_app(script=script_with(much, little)) as user:
        await open_drawer(user)
        await user.press("x")
        assert not orders(user)
        assert "1.0 GB of it are done: x again cancels" in user.picture
        await user.press("escape")
        assert "x again" not in user.picture and drawer(user).display
        await user.press("x", "down", "up", "x")
        assert not orders(user), "another job was looked at in between"
        await user.press("x")
        assert orders(user) == [("much", "cancel")]
        assert "cancelled" in rows(user)[0] and "x again" not in facts(user)
        await user.press("down", "x")
        assert orders(user)[1:] == [("little", "cancel")]


async def test_forget_asks_once_when_much_of_a_failed_job_is_here() -> None:
    failed = running("a", state="failed", message="No.")
    done = running("b", state="finished")
    async with open_app(script=script_with(failed, done)) as user:
        await open_drawer(user)
        await user.press("d")
        assert not orders(user)
        assert "1.0 GB of it are here: d again removes them" in user.picture
        await user.press("d")
        assert orders(user) == [("a", "forget")]
        await user.press("delete")
        assert orders(user)[1:] == [("b", "forget")] and not rows(user)


async def test_what_has_failed_is_retried_and_what_has_ended_forgotten() -> None:
    failed = running("a", state="failed", message="No.")
    async with open_app(script=script_with(failed, running("b"))) as user:
        await open_drawer(user)
        assert "r Retry" in user.key_line and "Pause" not in user.key_line
        await user.press("r")
        assert orders(user) == [("a", "retry")]
        assert "Retry" not in user.key_line and "p Pause" in user.key_line
        await user.press("r", "d")
        assert len(orders(user)) == 1, "a running job takes neither"
        user.script.change_job(running("a", state="finished"))
        await user.until(lambda: "d Forget" in user.key_line)
        await user.press("d")
        assert orders(user)[-1] == ("a", "forget")
        assert title(user) == "b" and len(rows(user)) == 1


async def test_what_another_program_does_is_left_alone() -> None:
    held = running(held_by_process_id=4711)
    async with open_app(script=script_with(held)) as user:
        await open_drawer(user)
        assert "Pause" not in user.key_line and "l Log" in user.key_line
        await user.press(*"pxrd", "enter", "space")
        assert not orders(user)


async def test_what_the_backend_refuses_is_said() -> None:
    script = script_with(running())
    script.failures[ControlJob] = ("That cannot be.", "Look again.")
    async with open_app(script=script) as user:
        await open_drawer(user)
        await user.press("p")
        await user.until(lambda: user.toasts)
        assert user.toasts == ["That cannot be.\nLook again."]


async def test_enter_on_a_finished_job_chats_with_its_model() -> None:
    name = LIBRARY[1].name
    done = job(name, "finished", result_name=name)
    async with open_app(script=script_with(done)) as user:
        await open_drawer(user)
        await user.press("enter")
        await user.until(lambda: user.app.model_state.name == name)
        await user.until(lambda: user.place == "chat")
        assert not drawer(user).display


async def test_slash_commands_name_a_job() -> None:
    jobs = script_with(running("Qwen3-8B"), running("gemma-3-12b"))
    async with open_app(script=jobs) as user:
        await user.until(lambda: user.app.workspace._jobs.newest_first)
        await user.app.perform("jobs.pause", "GEMMA")
        await user.settle()
        assert orders(user) == [("gemma-3-12b", "pause")]
        assert title(user) == "gemma-3-12b"
        await user.app.perform("jobs.retry", "gemma")
        await user.until(lambda: user.toasts)
        assert user.toasts == ["No job for that is called gemma."]
        await user.app.perform("jobs.forget")
        await user.until(lambda: len(user.toasts) == 2)
        assert user.toasts[-1] == "There is nothing to do for that now."
        assert len(orders(user)) == 1
        await user.press("up")
        await user.app.perform("jobs.cancel", "gemma")
        await user.settle()
        assert len(orders(user)) == 1 and "x again" in facts(user)
        await user.press("x")
        assert orders(user)[1:] == [("gemma-3-12b", "cancel")]


async def test_a_click_puts_the_cursor_and_a_double_click_goes_on() -> None:
    jobs = script_with(running("a"), running("b", state="paused"))
    async with open_app(script=jobs) as user:
        await open_drawer(user)
        await user.pilot.click(JobsList, offset=(5, 1))
        assert title(user) == "b" and not orders(user)
        await user.pilot.click(JobsList, offset=(5, 1), times=2)
        await user.until(lambda: orders(user))
        assert orders(user) == [("b", "resume")]


# The log, the help


async def test_the_log_is_read_copied_and_closed() -> None:
    script = script_with(running())
    lines = tuple(f"line {number} \x1b[31m" for number in range(50))
    script.logs[JobId("Qwen3-4B-4bit")] = lines
    async with open_app(script=script) as user:
        await open_drawer(user)
        await user.press("l")
        assert isinstance(user.app.screen, JobLogScreen)
        assert "line 49 ␛[31m" in user.picture, "the newest lines are in view"
        await user.press("home")
        assert "line 0 " in user.picture
        await user.press("r")
        asked = [each for each in user.script.commands if isinstance(each, ReadJobLog)]
        assert len(asked) == 2
        await user.press("f1")
        assert isinstance(user.app.screen, KeysScreen)
        assert "Read it again" in user.picture
        await user.press("escape", "escape")
        assert len(user.app.screen_stack) == 1 and drawer(user).has_focus_within


async def test_an_empty_log_and_a_lost_one_say_so() -> None:
    async with open_app(script=script_with(running())) as user:
        await open_drawer(user)
        await user.press("l")
        assert "Nothing was written down." in user.picture
        user.script.failures[ReadJobLog] = ("It is gone.", "")
        await user.press("r")
        assert "It is gone." in user.picture


async def test_f1_explains_it() -> None:
    async with open_app(script=script_with(running()), size=(100, 60)) as user:
        await open_drawer(user)
        await user.press("f1")
        assert isinstance(user.app.screen, KeysScreen)
        words = " ".join(user.picture.replace("│", " ").split())
        assert "Every download, conversion and quantization is a job." in words
        assert "Let the job under the cursor pause" in words


# What it costs


async def test_progress_draws_changed_lines_only_and_lays_nothing_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = [running(f"{number}") for number in range(20)]
    async with open_app(script=script_with(*jobs), size=(160, 50)) as user:
        await open_drawer(user)
        layouts = 0
        lay_out = Screen._refresh_layout
        drawn: list[int] = []
        render_line = JobsList.render_line

        def counted(screen: Screen[object], *values: object) -> None:
            nonlocal layouts
            layouts += 1
            lay_out(screen, *values)  # type: ignore[arg-type]

        def noted(jobs_list: JobsList, y: int) -> object:
            drawn.append(y)
            return render_line(jobs_list, y)

        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        monkeypatch.setattr(JobsList, "render_line", noted)
        for step in range(1, 6):
            further = replace(
                user.script.jobs[JobId("3")], done=1_000_000_000 + step * 100_000_000
            )
            user.script.change_job(further)
            percent = f"{int(further.done / further.total * 100)} %"
            await user.until(lambda shown=percent: shown in rows(user)[3])  # type: ignore[misc]
            await user.settle()
        assert layouts == 0
        assert drawn and set(drawn) == {3}


async def test_a_closed_drawer_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(script=script_with(running())) as user:
        await open_drawer(user)
        await user.press("escape")
        made = 0

        def counted(jobs_list: JobsList, jobs: Sequence[JobInfo]) -> None:
            nonlocal made
            made += 1

        monkeypatch.setattr(JobsList, "show_jobs", counted)
        for step in range(5):
            user.script.change_job(running(done=step))
        user.script.change_job(running(state="paused"))
        await user.settle()
        assert made == 0
        await user.press("f7")
        assert made


async def test_nothing_is_drawn_while_someone_types_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A repaint moves an input method's window."""
    async with open_app(script=script_with(running())) as user:
        await open_drawer(user)
        await user.press("tab", "a")
        kind = type(user.app)
        monkeypatch.setattr(kind, "is_typed_in", True)
        user.script.change_job(running(done=2_000_000_000))
        await user.settle()
        drawer(user)._draw_changes()
        assert "43 %" in rows(user)[0]
        monkeypatch.setattr(kind, "is_typed_in", False)
        await user.until(lambda: "86 %" in rows(user)[0])


async def test_a_new_language_changes_its_texts_at_once() -> None:
    async with open_app(answer("x"), script=script_with(running())) as user:
        await open_drawer(user)
        before = rows(user)
        await user.app.perform("app.language", "ja")
        await user.settle()
        assert drawer(user).display
        frame = drawer(user).query_one(JobsList)._frame
        assert frame is not None and frame[1] == "ja" and before


def test_the_source_is_called_as_lists_call_it() -> None:
    job = replace(
        running(),
        spec=JobSpec(source="/store/blobs/sha256-0123"),
        source_name="llama3.2:latest",
    )
    text = "\n".join(
        "".join(part for part, _style in line) for line in fact_lines(job, 80)
    )
    assert "from llama3.2:latest" in text and "sha256" not in text
