"""What is told when a job ends, and of jobs that wait since the last time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mlxtui.backend.job_info import JobId, JobInfo
from mlxtui.ui.app import MlxTuiApp
from mlxtui.ui.terminal_notice import notice_sequence
from tests.recorded import Script
from tests.recorded_hub import CREATED, job
from tests.ui.harness import User, open_app

RUNNING = job("Qwen3-4B")
FINISHED = replace(RUNNING, state="finished", result_name="Qwen3-4B")
FAILED = replace(RUNNING, state="failed", message="No room.", hint="Make some.")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal was told."""
    told: list[str] = []
    monkeypatch.setattr(
        MlxTuiApp, "notify_outside", lambda _app, text: told.append(text)
    )
    return told


async def change(user: User, *jobs: JobInfo) -> None:
    """Let jobs change, one after the other."""
    for each in jobs:
        user.script.change_job(each)
    await user.settle()


@pytest.mark.parametrize(
    ("end", "notice"),
    [
        (FINISHED, "Qwen3-4B is ready.\nF7 and Enter open a chat with it."),
        (FAILED, "Qwen3-4B has failed: No room.\nMake some. F7 shows the jobs."),
    ],
)
@pytest.mark.parametrize(("seconds", "is_long"), [(9, False), (11, True)])
async def test_an_end_is_told_and_a_long_one_outside_too(
    end: JobInfo, notice: str, seconds: int, is_long: bool, outside: list[str]
) -> None:
    ended = replace(end, ended_at=CREATED + timedelta(seconds=seconds))
    async with open_app() as user:
        await change(user, RUNNING, ended, ended)
        assert user.toasts == [notice], "once"
        assert outside == ([notice.splitlines()[0]] if is_long else [])


async def test_what_the_user_does_needs_no_notice(outside: list[str]) -> None:
    late = CREATED + timedelta(hours=1)
    async with open_app() as user:
        for state in ("paused", "running", "cancelled"):
            await change(user, replace(RUNNING, state=state, ended_at=late))
        assert not user.toasts and not outside


async def test_a_job_that_is_tried_again_tells_its_end_again() -> None:
    async with open_app() as user:
        await change(user, RUNNING, FAILED, RUNNING, FINISHED)
        assert len(user.toasts) == 2


async def test_jobs_of_earlier_runs_are_offered_and_ends_not_told_again(
    outside: list[str],
) -> None:
    left = replace(RUNNING, state="paused", was_interrupted=True)
    held = replace(left, held_by_process_id=4711)
    script = Script()
    for number, each in enumerate([left, left, held, FINISHED, FAILED]):
        script.jobs[JobId(str(number))] = replace(each, job_id=JobId(str(number)))
    async with open_app(script=script) as user:
        await user.until(lambda: user.toasts)
        assert user.toasts == ["2 jobs were interrupted and can go on: F7"]
        assert not outside


async def test_names_cannot_drive_the_terminal(outside: list[str]) -> None:
    late = CREATED + timedelta(hours=1)
    bad = replace(FINISHED, title="\x1b]0;x\x07 [red]", ended_at=late)
    async with open_app() as user:
        await change(user, RUNNING, bad)
        assert "\x1b" not in user.toasts[0] and "[red]" in user.toasts[0]
        assert "\x1b" not in outside[0]


# The terminal's own notices


@pytest.mark.parametrize(
    ("environment", "sequence"),
    [
        ({"TERM": "xterm-kitty"},
         "\x1b]99;i=mlxtui:d=0:o=unfocused;mlxtui\x1b\\"
         "\x1b]99;i=mlxtui:p=body;Done.\x1b\\"),
        ({"TERM_PROGRAM": "ghostty"}, "\x1b]777;notify;mlxtui;Done.\x1b\\"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]777;notify;mlxtui;Done.\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;mlxtui;Done.\x1b\\"),
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;mlxtui: Done.\x1b\\"),
        ({"LC_TERMINAL": "iTerm2", "TERM": "xterm"}, "\x1b]9;mlxtui: Done.\x1b\\"),
        ({"LC_TERMINAL": "iTerm2", "TMUX": "x", "TERM_PROGRAM": "tmux"},
         "\x1bPtmux;\x1b\x1b]9;mlxtui: Done.\x1b\x1b\\\x1b\\"),
        ({"LC_TERMINAL": "iTerm2", "STY": "x"}, None),
        ({"TERM_PROGRAM": "Apple_Terminal"}, None),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_each_terminal_gets_what_it_knows(
    environment: dict[str, str], sequence: str | None
) -> None:
    assert notice_sequence(environment, "mlxtui", "Done.") == sequence


@pytest.mark.parametrize("terminal", ["iTerm.app", "ghostty", "kitty"])
def test_a_notice_cannot_leave_its_sequence(terminal: str) -> None:
    environment = {"TERM_PROGRAM": terminal}
    if terminal == "kitty":
        environment = {"KITTY_WINDOW_ID": "1"}
    text = "a;b\x07\x1b\\\x9c\n" + "long " * 1000
    sequence = notice_sequence(environment, "mlxtui", text)
    assert sequence is not None and len(sequence) < 400
    parts = 2 if terminal == "kitty" else 1
    assert sequence.count("\x1b") == 2 * parts
    assert not {"\x07", "\x9c", "\n"} & set(sequence)
    assert "a,b" in sequence
