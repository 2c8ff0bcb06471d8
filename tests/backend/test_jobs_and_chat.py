"""Jobs in the engine beside a chat, paused, cancelled, killed, and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlxtui import paths
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import Generate, LoadModel
from mlxtui.backend.events import GenerationFinished, ModelLoaded
from mlxtui.backend.job_info import JobInfo
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe
from mlxtui.sampling import SamplingParams
from tests.backend.job_harness import JobHarness, running_jobs
from tests.backend.slow_work import slowly
from tests.models import write_model

FOUR_BITS = Recipe(quantization=Quantization(), measure=False)


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers end by their limit alone."""
    return write_model(tmp_path_factory.mktemp("chat") / "chat", endless=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that takes some time to quantize."""
    return write_model(
        tmp_path_factory.mktemp("large") / "large",
        hidden_size=1024,
        intermediate_size=2048,
        num_hidden_layers=3,
    )


@pytest.fixture(autouse=True)
def slow_making(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quantizing lasts on the fastest machine, too."""
    from mlxtui.inference.making import work

    monkeypatch.setattr(work, "make_model", slowly(work.make_model))


@pytest.fixture
def jobs() -> Iterator[JobHarness]:
    """A program."""
    with running_jobs() as jobs:
        yield jobs


def quantize(large: Path, name: str = "small") -> JobSpec:
    """The job of these tests."""
    return JobSpec(source=str(large), recipe=FOUR_BITS, name=name)


def in_the_middle(job: JobInfo) -> bool:
    """Some of it is quantized, some is not."""
    return job.stage == "quantize" and 0 < job.done < job.total


def ask(jobs: JobHarness, path: Path, tokens: int) -> GenerationFinished:
    """An answer of so many tokens."""
    command = Generate(
        request_id=new_request_id(),
        path=path,
        raw_prompt="fox",
        sampling=SamplingParams(max_tokens=tokens, temperature=0),
    )
    end = jobs.ask(command)
    assert isinstance(end, GenerationFinished), end
    return end


def load(jobs: JobHarness, path: Path) -> None:
    """Bring a model into memory."""
    end = jobs.ask(LoadModel(request_id=new_request_id(), path=path, name="chat"))
    assert isinstance(end, ModelLoaded), end


def test_a_chat_answers_while_a_model_is_quantized(
    jobs: JobHarness, chat_model: Path, large: Path
) -> None:
    load(jobs, chat_model)
    alone = ask(jobs, chat_model, 200).stats.generation_tokens_per_second
    job_id = jobs.start(quantize(large))
    jobs.wait(job_id, in_the_middle)
    rates: list[float] = []
    while jobs.jobs[job_id][-1].stage == "quantize" and len(rates) < 5:
        rates.append(ask(jobs, chat_model, 100).stats.generation_tokens_per_second)
    # Half its speed; a quarter leaves room for a busy machine, and an engine that
    # gave the work all it wants would not reach a tenth.
    assert max(rates) > alone * 0.25
    jobs.wait_for_state(job_id, "finished")
    assert ask(jobs, chat_model, 5)


def test_quantizing_pauses_and_goes_on(jobs: JobHarness, large: Path) -> None:
    job_id = jobs.start(quantize(large))
    jobs.wait(job_id, in_the_middle)
    jobs.order(job_id, "pause")
    paused = jobs.wait_for_state(job_id, "paused")
    assert 0 < paused.done < paused.total
    other = jobs.start(quantize(large, "other"))
    jobs.wait(other, in_the_middle)  # the paused one lets it by
    jobs.order(other, "cancel")
    jobs.wait_for_state(other, "cancelled")
    jobs.order(job_id, "resume")
    seen = jobs.wait(job_id, lambda job: job.state == "running")
    assert seen.done >= paused.done  # it went on where it was
    jobs.wait_for_state(job_id, "finished")


def test_a_second_job_waits_for_the_engine(jobs: JobHarness, large: Path) -> None:
    first = jobs.start(quantize(large))
    jobs.wait(first, in_the_middle)
    jobs.order(first, "pause")
    jobs.order(first, "resume")
    second = jobs.start(quantize(large, "other"))
    waiting = jobs.wait(second, lambda job: job.state == "waiting" and bool(job.note))
    assert waiting.note
    jobs.order(first, "cancel")
    jobs.wait_for_state(second, "finished")


def test_forgetting_a_paused_quantization_cancels_it(
    jobs: JobHarness, large: Path
) -> None:
    job_id = jobs.start(quantize(large))
    jobs.wait(job_id, in_the_middle)
    jobs.order(job_id, "pause")
    jobs.order(job_id, "forget")
    assert jobs.listed() == () and list(paths.models_dir().iterdir()) == []


def test_a_cancelled_quantization_leaves_nothing(jobs: JobHarness, large: Path) -> None:
    job_id = jobs.start(quantize(large))
    jobs.wait(job_id, in_the_middle)
    started = time.monotonic()
    jobs.order(job_id, "cancel")
    jobs.wait_for_state(job_id, "cancelled")
    assert time.monotonic() - started < 2
    assert list(paths.models_dir().iterdir()) == []


def test_leaving_the_program_keeps_the_job(large: Path) -> None:
    with running_jobs() as jobs:
        job_id = jobs.start(quantize(large))
        jobs.wait(job_id, in_the_middle)
        started = time.monotonic()
        jobs.close()
        assert time.monotonic() - started < 5
    with running_jobs() as jobs:
        (job,) = jobs.listed()
        assert job.state == "paused" and job.was_interrupted
        jobs.order(job_id, "resume")
        assert jobs.wait_for_state(job_id, "finished").result_name == "small"


_PROGRAM = """
import json, sys
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.job_commands import StartJob
from mlxtui.backend.job_events import JobChanged
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe
from mlxtui.settings import Settings

def say(event):
    if isinstance(event, JobChanged):
        job = event.job
        print(json.dumps([job.job_id, job.state, job.done, job.total]), flush=True)

from mlxtui.inference.making import work
from tests.backend.slow_work import slowly

work.make_model = slowly(work.make_model)
backend = Backend(say, Settings())
recipe = Recipe(quantization=Quantization(), measure=False)
spec = JobSpec(source=sys.argv[1], recipe=recipe, name="small")
backend.submit(StartJob(request_id=new_request_id(), spec=spec))
sys.stdin.read()
"""


def test_a_killed_program_s_job_is_taken_over(
    large: Path, command_environment: dict[str, str]
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(large)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=command_environment,
        text=True,
    )  # fmt: skip
    assert program.stdin is not None and program.stdout is not None
    with running_jobs() as jobs:
        try:
            for line in program.stdout:
                job_id, state, done, total = json.loads(line)
                if 0 < done < total:
                    break
            (job,) = jobs.listed()
            assert job.held_by_process_id == program.pid
            assert str(program.pid) in jobs.refused(job_id, "resume").message
        finally:
            os.kill(program.pid, signal.SIGKILL)
            program.communicate()
        job = jobs.wait(job_id, lambda job: job.was_interrupted)
        assert job.state == "paused" and job.held_by_process_id is None
        assert not (paths.models_dir() / "small").exists()
        jobs.order(job_id, "resume")
        job = jobs.wait_for_state(job_id, "finished")
        assert job.result_path == paths.models_dir() / "small"
        hidden = paths.models_dir().glob(".*")
        assert list(hidden) == []
