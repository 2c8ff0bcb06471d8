"""The line that is always in sight: the model, the memory, the context, the speed."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import MeasureMemory
from mlxtui.backend.events import MemoryMeasured
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.messages import BackendEvent
from mlxtui.ui.widgets.meter import Meter, Pressure
from tests.recorded import GUIDE, Answer, Script
from tests.ui.harness import User, answer, find_none, open_app


async def measure(
    user: User, *, used_bytes: int, free_bytes: int, pressure: Pressure = "normal"
) -> None:
    """Let the machine's memory be like this."""
    # The first measurement of the app's own has come.
    await user.until(lambda: user.meter.memory)
    event = MemoryMeasured(
        request_id=new_request_id(),
        used_bytes=used_bytes,
        free_bytes=free_bytes,
        total_bytes=16_000_000_000,
        pressure=pressure,
    )
    user.app.post_message(BackendEvent(event))
    await user.settle()


async def test_no_model() -> None:
    async with open_app(find_model=find_none) as user:
        assert user.model_line == "○ no model – Ctrl+O chooses one"
        assert user.activity == ""


async def test_a_model_that_loads_shows_how_far_it_is() -> None:
    gate = threading.Event()
    async with open_app(script=Script(load_gate=gate)) as user:
        assert user.model_line == "◌ guide is loading, 40 %"
        gate.set()
        await user.until(lambda: user.model_line == "● guide")


async def test_a_model_that_failed_says_why() -> None:
    async with open_app(script=Script(load_failure=("It is damaged.", ""))) as user:
        assert user.model_line == "✗ It is damaged."


async def test_the_activity_follows_an_answer() -> None:
    async with open_app(Answer([], holds=True)) as user:
        await user.ask("Why?")
        assert user.activity == "prompt 61 %"
        assert "context 3 %" in user.meter_line
        await user.press("escape")
        assert user.activity == "52.4 tokens/s"
        assert "context 5 %" in user.meter_line
        await user.press("ctrl+n")
        assert user.activity == ""
        assert "context 0 %" in user.meter_line


async def test_it_is_in_sight_in_every_place() -> None:
    async with open_app(Answer([], holds=True)) as user:
        await user.ask("Why?")
        for key in ("f3", "f8"):
            await user.press(key)
            assert "● guide" in user.picture and "prompt 61 %" in user.picture


@pytest.mark.parametrize(
    ("pressure", "mark"), [("normal", ""), ("warning", "▲ "), ("critical", "▲▲ ")]
)
async def test_memory_under_pressure_is_marked_by_more_than_colour(
    pressure: Pressure, mark: str
) -> None:
    async with open_app(size=(120, 24)) as user:
        await measure(
            user, used_bytes=2**31, free_bytes=9_600_000_000, pressure=pressure
        )
        figure = f"  {mark}memory 2.1 GB, 9.6 GB free"
        assert figure in user.meter_line


async def test_it_is_drawn_again_only_when_a_text_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = 0
    render = Meter.render

    def counted(meter: Meter) -> object:
        nonlocal drawn
        drawn += 1
        return render(meter)

    async with open_app(size=(120, 24)) as user:
        await measure(user, used_bytes=2_600_000, free_bytes=9_600_000_000)
        monkeypatch.setattr(Meter, "render", counted)
        for other_bytes in range(5):
            await measure(
                user,
                used_bytes=2_600_000 + other_bytes,
                free_bytes=9_600_000_000 + other_bytes * 1000,
            )
        assert drawn == 0
        await measure(user, used_bytes=2_600_000, free_bytes=9_500_000_000)
        assert drawn == 1


async def test_memory_is_not_measured_while_someone_types() -> None:
    """A repaint would move an input method's window."""

    def measurements(user: User) -> int:
        commands = user.script.commands
        return sum(isinstance(item, MeasureMemory) for item in commands)

    async with open_app() as user:
        await user.until(lambda: measurements(user))
        assert not user.app.is_typed_in
        await user.press("a")
        assert user.app.is_typed_in
        for seconds, is_measured in ((0.0, False), (0.5, False), (1.1, True)):
            user.app._key_seconds = time.monotonic() - seconds
            before = measurements(user)
            user.app._measure_memory()
            assert (measurements(user) > before) == is_measured


async def test_a_long_name_leaves_room_for_the_activity() -> None:
    model = replace(GUIDE, name="a-very-long-name/" * 20)
    async with open_app(answer("Yes."), find_model=lambda: model) as user:
        await user.ask("Is it?")
        line = user.picture.splitlines()[-2]
        assert "52.4 tokens/s" in line and "…" in line


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_what_is_least_wanted_goes_first_in_a_narrow_window(
    language: str,
) -> None:
    used = Settings(setup_done=True, language="ja" if language == "ja" else "en")
    async with open_app(answer("Yes."), settings=used) as user:
        await user.ask("Is it?")
        await measure(user, used_bytes=2_600_000, free_bytes=9_600_000_000)
        figures = ("● guide", "52.4", "5 %", "9.6 GB")
        for width in range(120, 5, -14):
            await user.pilot.resize_terminal(width, 24)
            await user.settle()
            line = user.picture.splitlines()[-2]
            assert cell_len(line) == width
            shown = [figure in line for figure in figures]
            if width >= 30:
                assert shown == sorted(shown, reverse=True), line
                assert shown[0]
            if width >= 80:
                assert all(shown)


async def test_a_japanese_name_is_shown() -> None:
    model = LocalModel(name="日本語モデル", path=Path("/m"), source="path")
    async with open_app(find_model=lambda: model) as user:
        assert "● 日本語モデル" in user.picture
        assert "You are talking to 日本語モデル." in user.picture
