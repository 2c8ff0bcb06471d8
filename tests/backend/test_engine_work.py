"""Long MLX work between the engine's answers: turns, shares of the time, ends."""

import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlxtui.backend.engine_work import Task, WorkCancelled
from mlxtui.backend.events import ModelLoaded
from mlxtui.errors import ModelRefused
from mlxtui.inference.step import Step, Work
from tests.engine_harness import EngineHarness, running_engine
from tests.models import Shape, write_model

_DEADLINE_SECONDS = 60


def a_step(done: int = 1) -> Step:
    """Progress that means nothing."""
    return Step(stage="quantize", done=done, total=10, unit="steps")


class Counter:
    """Work that counts its steps until it is told to end."""

    def __init__(self, steps: int | None = None, step_seconds: float = 0) -> None:
        self.steps = 0
        self.seconds = 0.0
        self.threads: set[str] = set()
        self.was_closed = False
        self.moved = threading.Event()
        self._limit = steps
        self._step_seconds = step_seconds

    def work(self) -> Work[str]:
        """The work itself."""
        try:
            while self._limit is None or self.steps < self._limit:
                started = time.perf_counter()
                while time.perf_counter() - started < self._step_seconds:
                    pass
                self.seconds += time.perf_counter() - started
                self.steps += 1
                self.threads.add(threading.current_thread().name)
                self.moved.set()
                yield a_step(self.steps)
        except GeneratorExit:
            self.was_closed = True
            raise
        return "made"

    def wait_for_steps(self) -> None:
        """Wait until it has moved on from here."""
        self.moved.clear()
        assert self.moved.wait(_DEADLINE_SECONDS)


def start(engine: EngineHarness, make: Callable[[], Work[Any]]) -> Task[Any]:
    """Hand work to the engine of a real backend."""
    return engine.backend._engine.start_work(make)


def ended(task: Task[Any]) -> Task[Any]:
    """Wait for the end."""
    assert task.wait(_DEADLINE_SECONDS)
    return task


def test_work_is_done_in_the_engine_thread_and_tells_how_far_it_is(
    engine: EngineHarness,
) -> None:
    counter = Counter(steps=3)
    task = ended(start(engine, counter.work))
    assert task.result() == "made"
    assert counter.threads == {"mlxtui-engine"}
    assert task.latest == a_step(3)


def test_works_are_done_one_after_the_other(engine: EngineHarness) -> None:
    first, second = Counter(steps=500), Counter(steps=1)
    tasks = [start(engine, first.work), start(engine, second.work)]
    ended(tasks[1])
    assert tasks[0].has_ended and first.steps == 500


def test_a_paused_work_lets_the_next_one_by_and_goes_on(engine: EngineHarness) -> None:
    first, second = Counter(), Counter(steps=3)
    task = start(engine, first.work)
    first.wait_for_steps()
    task.pause()
    assert ended(start(engine, second.work)).result() == "made"
    steps = first.steps
    assert not task.has_ended
    task.resume()
    first.wait_for_steps()
    assert first.steps > steps
    task.cancel()
    ended(task)


def test_cancelled_work_is_closed_and_its_waiter_told(engine: EngineHarness) -> None:
    counter = Counter()
    task = start(engine, counter.work)
    counter.wait_for_steps()
    task.cancel()
    with pytest.raises(WorkCancelled):
        ended(task).result()
    assert counter.was_closed


def test_work_that_is_cancelled_before_its_turn_never_begins(
    engine: EngineHarness,
) -> None:
    first, second = Counter(), Counter()
    task, waiting = start(engine, first.work), start(engine, second.work)
    waiting.cancel()
    ended(waiting)
    assert second.steps == 0
    task.cancel()
    ended(task)


def test_a_failure_ends_its_work_alone_and_holds_no_memory(
    engine: EngineHarness, llama: Path
) -> None:
    class Held:
        """Stands for gigabytes of weights."""

    held: list[weakref.ref[Held]] = []

    def failing() -> Work[None]:
        weights = Held()
        held.append(weakref.ref(weights))
        yield a_step()
        raise ModelRefused("It is damaged.", "Make it again.")

    task = start(engine, failing)
    with pytest.raises(ModelRefused, match="damaged") as caught:
        ended(task).result()
    assert caught.value.hint == "Make it again."
    assert held[0]() is None
    assert engine.ask(llama, "fox", max_tokens=2).finished


@pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit(1)])
def test_whatever_a_work_raises_the_engine_goes_on(
    engine: EngineHarness, llama: Path, error: BaseException
) -> None:
    def failing() -> Work[None]:
        yield a_step()
        raise error

    with pytest.raises(type(error)):
        ended(start(engine, failing)).result()
    assert engine.ask(llama, "fox", max_tokens=2).finished


def test_models_load_answer_and_leave_while_work_goes_on(
    engine: EngineHarness, model_of: Callable[[Shape], Path]
) -> None:
    path = model_of("qwen3")
    counter = Counter(step_seconds=0.001)
    task = start(engine, counter.work)
    counter.wait_for_steps()
    engine.unload(path)
    assert isinstance(engine.load_outcome(path).end, ModelLoaded)
    assert engine.ask(path, "fox", max_tokens=5).finished
    engine.unload(path)
    steps = counter.steps
    counter.wait_for_steps()
    assert counter.steps > steps
    task.cancel()
    ended(task)


def test_an_answer_keeps_half_of_the_time_and_work_gets_some(
    engine: EngineHarness, llama: Path
) -> None:
    counter = Counter(step_seconds=0.01)
    task = start(engine, counter.work)
    counter.wait_for_steps()
    before_seconds = counter.seconds
    started = time.perf_counter()
    outcome = engine.ask(llama, "fox", max_tokens=600, logit_bias={1: -100})
    passed = time.perf_counter() - started
    worked = counter.seconds - before_seconds
    assert outcome.finished.stats.generated_tokens == 600
    assert 0 < worked < passed * 0.55
    task.cancel()
    ended(task)


def test_closing_ends_work_at_once(tmp_path: Path) -> None:
    running, waiting = Counter(), Counter()
    with running_engine() as engine:
        engine.load(write_model(tmp_path / "m"))
        tasks = [start(engine, running.work), start(engine, waiting.work)]
        running.wait_for_steps()
        engine.backend.close()
    for task in tasks:
        with pytest.raises(WorkCancelled):
            ended(task).result()
    assert running.was_closed and waiting.steps == 0
