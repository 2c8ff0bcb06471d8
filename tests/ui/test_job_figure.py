"""The meter's figure of the running jobs: true, short, and seldom drawn."""

from dataclasses import replace

import pytest

from mlxtui.backend.job_info import JobId, JobInfo
from mlxtui.ui.job_words import running_text
from mlxtui.ui.widgets.meter import Meter
from tests.recorded import Script
from tests.recorded_hub import job
from tests.ui.harness import User, answer, open_app

FETCHING = replace(job("a"), done=43, total=100, rate_per_second=12_100_000.0)


@pytest.mark.parametrize(
    ("jobs", "text"),
    [
        ((), ""),
        ((FETCHING,), "↓ 43 % 12.1 MB/s"),
        ((replace(FETCHING, stage="upload"),), "↑ 43 % 12.1 MB/s"),
        ((replace(FETCHING, total=0, rate_per_second=0),), "↓ 0 B/s"),
        ((replace(FETCHING, stage="quantize"),), "quantizing 43 %"),
        ((replace(FETCHING, stage=None, total=0),), "running"),
        ((replace(FETCHING, done=100),), "↓ 100 % 12.1 MB/s"),
        ((replace(FETCHING, done=999, total=1000),), "↓ 99 % 12.1 MB/s"),
        ((FETCHING, replace(FETCHING, done=57)), "2 jobs 50 %"),
    ],
)
def test_its_words(jobs: tuple[JobInfo, ...], text: str) -> None:
    assert running_text(jobs) == text


def figure(user: User) -> str:
    """What the meter says of jobs."""
    return user.meter.jobs


async def test_it_comes_and_goes_with_the_jobs() -> None:
    async with open_app() as user:
        user.script.change_job(FETCHING)
        await user.until(lambda: figure(user) == "↓ 43 % 12.1 MB/s")
        assert "↓ 43 % 12.1 MB/s" in user.meter_line
        user.script.change_job(replace(FETCHING, job_id=JobId("b"), done=57))
        await user.until(lambda: figure(user) == "2 jobs 50 %")
        for state in ("paused", "failed"):
            for name in ("a", "b"):
                ended = replace(FETCHING, job_id=JobId(name), state=state)
                user.script.change_job(ended)
            await user.until(lambda: figure(user) == "")


async def test_what_another_program_does_is_not_shown() -> None:
    async with open_app() as user:
        user.script.change_job(replace(FETCHING, held_by_process_id=4711))
        await user.settle()
        assert figure(user) == ""


async def test_memory_and_context_go_before_it_in_a_narrow_window() -> None:
    async with open_app(answer("Yes."), size=(48, 20)) as user:
        await user.ask("Is it?")
        user.script.change_job(FETCHING)
        await user.until(lambda: figure(user))
        assert "↓ 43 %" in user.meter_line and "tokens/s" in user.meter_line
        assert "context" not in user.meter_line and "memory" not in user.meter_line


async def test_progress_is_drawn_at_its_own_pace_and_not_while_someone_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_app(script=Script()) as user:
        user.script.change_job(FETCHING)
        await user.until(lambda: figure(user) and user.meter.memory)
        await user.settle()
        drawn = 0
        render = Meter.render

        def counted(meter: Meter) -> object:
            nonlocal drawn
            drawn += 1
            return render(meter)

        monkeypatch.setattr(Meter, "render", counted)
        kind = type(user.app)
        monkeypatch.setattr(kind, "is_typed_in", True)
        for done in range(50, 70):
            user.script.change_job(replace(FETCHING, done=done))
        await user.settle()
        user.app.workspace._follow_running()
        assert drawn == 0 and "43 %" in figure(user)
        monkeypatch.setattr(kind, "is_typed_in", False)
        await user.until(lambda: "69 %" in figure(user))
        await user.settle()
        assert drawn == 1
