"""Jobs from their plan to a model that answers, with a real hub and a real engine."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
from mlxtui.backend import plan_memory
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import Generate, LoadModel, ScanLibrary
from mlxtui.backend.events import GenerationFinished, LibraryScanned, ModelLoaded
from mlxtui.backend.provenance import read_provenance
from mlxtui.convert import model_folder
from mlxtui.errors import ModelRefused
from mlxtui.inference import machine_memory
from mlxtui.plans import JobSpec
from mlxtui.recipes import Quantization, Recipe
from mlxtui.sampling import SamplingParams
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from tests.backend.job_harness import JobHarness, running_jobs
from tests.hub_server import TOKEN, HubServer, Silent, Status
from tests.inference.quality.works import use_texts
from tests.models import write_model

FOUR_BITS = Recipe(quantization=Quantization(), measure=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of floats."""
    return write_model(tmp_path_factory.mktemp("made") / "tiny")


@pytest.fixture
def tiny(made: Path) -> Path:
    """It in the models folder."""
    return Path(shutil.copytree(made, paths.models_dir() / "tiny"))


@pytest.fixture
def hub(made: Path) -> Iterator[HubServer]:
    """A hub that has it."""
    with HubServer() as hub:
        hub.add("owner/tiny", {file.name: file for file in made.iterdir()})
        yield hub


@pytest.fixture
def jobs(hub: HubServer) -> Iterator[JobHarness]:
    """A program that uses that hub."""
    with running_jobs(settings_of(hub)) as jobs:
        yield jobs


def settings_of(hub: HubServer) -> Settings:
    """Settings that name the hub."""
    return Settings(hub_endpoint=hub.endpoint)


def library(jobs: JobHarness) -> dict[str, LocalModel]:
    """The models of this machine, by name."""
    end = jobs.ask(ScanLibrary(request_id=new_request_id()))
    assert isinstance(end, LibraryScanned)
    assert end.disk_bytes > 0
    return {model.name: model for model in end.models if model.source != "built-in"}


def answers(jobs: JobHarness, path: Path) -> bool:
    """Whether a model loads and makes tokens."""
    loaded = jobs.ask(LoadModel(request_id=new_request_id(), path=path, name="m"))
    assert isinstance(loaded, ModelLoaded), loaded
    asked = Generate(
        request_id=new_request_id(),
        path=path,
        raw_prompt="fox",
        sampling=SamplingParams(max_tokens=3),
    )
    end = jobs.ask(asked)
    assert isinstance(end, GenerationFinished), end
    return end.stats.generated_tokens > 0


def test_an_address_becomes_a_model_that_answers(jobs: JobHarness) -> None:
    spec = JobSpec(source="owner/tiny")
    plan = jobs.plan(spec)
    stages = tuple(step.stage for step in plan.steps)
    assert stages == ("download", "verify", "try") and not plan.problem
    job = jobs.run(spec)
    assert job.stages == stages and job.result_name == "owner/tiny"
    assert job.result_path is not None
    assert "It answers:" in jobs.log(job.job_id)
    model = library(jobs)["owner/tiny"]
    assert model.path.resolve() == job.result_path.resolve()
    assert jobs.backend._engine.loaded() == ()  # the trial gave its memory back
    assert answers(jobs, model.path)


def test_pulled_and_quantized_in_one_job(
    jobs: JobHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_texts(monkeypatch, "The quick brown fox jumps over the lazy dog. " * 20)
    recipe = Recipe(quantization=Quantization(bits=8, group_size=32))
    job = jobs.run(JobSpec(source="owner/tiny", recipe=recipe))
    assert job.stages == ("download", "verify", "quantize", "measure", "try")
    assert job.result_name == "tiny-8bit"
    model = library(jobs)["tiny-8bit"]
    assert model.path == job.result_path == paths.models_dir() / "tiny-8bit"
    assert model.quantization == "8-bit group 32"
    provenance = model.provenance
    assert provenance is not None
    assert provenance.source == "owner/tiny" and provenance.recipe == recipe
    assert provenance.commit == library(jobs)["owner/tiny"].commit != ""
    assert provenance.quality is not None and provenance.quality.perplexity > 1
    assert provenance.quality.mean_kl_divergence is not None
    assert answers(jobs, model.path)
    hidden = [path.name for path in paths.models_dir().iterdir() if path.name[0] == "."]
    assert hidden == []
    assert not (paths.cache_dir() / "jobs" / job.job_id).exists()


def test_a_model_of_the_library_is_quantized_beside_it(
    jobs: JobHarness, tiny: Path
) -> None:
    job = jobs.run(JobSpec(source=str(tiny), recipe=FOUR_BITS, name="small"))
    assert job.stages == ("quantize", "try")
    provenance = read_provenance(paths.models_dir() / "small")
    assert provenance is not None and provenance.source == "tiny"
    assert "tiny" in library(jobs)


def test_layers_are_chosen_to_fit_this_machine(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context_tokens = 512
    size_bytes = (tiny / "model.safetensors").stat().st_size
    cache = model_folder.check(tiny, "tiny").cache
    assert cache is not None
    # A machine of so much memory, whatever other tests have left in this one's.
    memory = int(size_bytes * 0.7) + cache.bytes_at(context_tokens), 16 * 1024**3
    monkeypatch.setattr(plan_memory, "memory_for_models", lambda _settings: memory)
    recipe = Recipe(fit_context_tokens=context_tokens, measure=False)
    with running_jobs() as jobs:
        job = jobs.run(JobSpec(source=str(tiny), recipe=recipe))
        made = paths.models_dir() / job.result_name
        assert (made / "model.safetensors").stat().st_size < size_bytes * 0.7
        provenance = read_provenance(made)
        assert provenance is not None and provenance.reason
        assert provenance.reason in jobs.log(job.job_id)


def test_a_result_is_sent_to_the_hub(hub: HubServer, tiny: Path) -> None:
    settings = Settings(hub_endpoint=hub.endpoint, hub_token=TOKEN)
    with running_jobs(settings) as jobs:
        spec = JobSpec(
            source=str(tiny), recipe=FOUR_BITS, name="new", upload_to="tester/new"
        )
        assert [step.stage for step in jobs.plan(spec).steps][-2:] == ["try", "upload"]
        job = jobs.run(spec)
        assert f"{hub.endpoint}/tester/new" in jobs.log(job.job_id)
        assert jobs.run(JobSpec(source="tester/new")).result_name == "tester/new"


def test_a_hub_that_thinks_about_an_upload_holds_up_no_cancel(
    hub: HubServer, tiny: Path
) -> None:
    hub.fault("/api/repos/create", Silent(), is_endless=True)
    settings = Settings(hub_endpoint=hub.endpoint, hub_token=TOKEN)
    with running_jobs(settings) as jobs:
        spec = JobSpec(source=str(tiny), name="new", upload_to="tester/new")
        job_id = jobs.start(spec)
        jobs.wait(job_id, lambda job: job.stage == "upload")
        started = time.monotonic()
        jobs.order(job_id, "cancel")
        jobs.wait_for_state(job_id, "cancelled")
        assert time.monotonic() - started < 2


def test_a_quantized_model_that_fits_is_not_unpacked(
    jobs: JobHarness, tiny: Path
) -> None:
    packed = write_model(
        paths.models_dir() / "packed", quantization={"bits": 4, "group_size": 64}
    )
    job_id = jobs.start(
        JobSpec(source=str(packed), recipe=Recipe(fit_context_tokens=512))
    )
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "fits already" in job.message and job.hint


def test_what_the_plan_refuses_the_job_refuses_in_the_same_words(
    jobs: JobHarness, tiny: Path
) -> None:
    spec = JobSpec(source=str(tiny), recipe=FOUR_BITS, name="tiny")
    plan = jobs.plan(spec)
    assert plan.problem
    job = jobs.wait(jobs.start(spec), lambda job: job.state == "failed")
    assert (job.message, job.hint) == (plan.problem, plan.hint)


def test_a_repository_that_is_not_there_is_a_failure_with_its_name(
    jobs: JobHarness,
) -> None:
    job_id = jobs.start(JobSpec(source="owner/nothing"))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "owner/nothing" in job.message


def test_a_transfer_pauses_and_goes_on_where_it_was(
    jobs: JobHarness, hub: HubServer
) -> None:
    hub.throttle(150_000)
    job_id = jobs.start(JobSpec(source="owner/tiny"))
    jobs.wait(job_id, lambda job: job.stage == "download" and job.done > 50_000)
    jobs.order(job_id, "pause")
    paused = jobs.wait_for_state(job_id, "paused")
    assert paused.done > 0
    hub.throttle(None)
    jobs.order(job_id, "resume")
    jobs.wait_for_state(job_id, "finished")


def test_a_cancelled_transfer_leaves_nothing(jobs: JobHarness, hub: HubServer) -> None:
    hub.throttle(150_000)
    job_id = jobs.start(JobSpec(source="owner/tiny"))
    jobs.wait(job_id, lambda job: job.stage == "download" and job.done > 50_000)
    jobs.order(job_id, "cancel")
    jobs.wait_for_state(job_id, "cancelled")
    assert "Removed: what was fetched in part." in jobs.log(job_id)
    assert library(jobs) == {}
    hub.throttle(None)
    jobs.order(job_id, "retry")
    jobs.wait_for_state(job_id, "finished")


def test_a_failed_transfer_is_tried_again_from_where_it_was(
    jobs: JobHarness, hub: HubServer
) -> None:
    hub.fault("owner/tiny/tokenizer.json", Status(403), is_endless=True)
    job_id = jobs.start(JobSpec(source="owner/tiny"))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert job.message and job.stage == "download"
    hub.heal()
    jobs.order(job_id, "retry")
    jobs.wait_for_state(job_id, "finished")


def test_a_damaged_source_fails_in_a_sentence(jobs: JobHarness, tiny: Path) -> None:
    weights = tiny / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    job_id = jobs.start(JobSpec(source=str(tiny), recipe=FOUR_BITS))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "model.safetensors" in job.message and "met an error" not in job.message


def test_a_model_whose_numbers_are_none_fails_its_trial(
    jobs: JobHarness, tiny: Path
) -> None:
    import mlx.core as mx

    weights: Any = mx.load(str(tiny / "model.safetensors"))
    weights["model.norm.weight"] *= float("nan")
    mx.save_safetensors(str(tiny / "model.safetensors"), weights, {"format": "mlx"})
    job_id = jobs.start(JobSpec(source=str(tiny), name="copy"))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "no numbers" in job.message and job.hint


def test_a_model_without_a_working_template_fails_its_trial(
    jobs: JobHarness, tiny: Path
) -> None:
    file = tiny / "tokenizer_config.json"
    config = json.loads(file.read_text())
    config["chat_template"] = "{{ raise_exception('never') }}"
    file.write_text(json.dumps(config))
    job_id = jobs.start(JobSpec(source=str(tiny), recipe=FOUR_BITS))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "never" in job.message and job.stage == "try"


def test_a_job_goes_on_though_its_source_has_gone(
    jobs: JobHarness, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise ModelRefused("It is not tried today.")

    with monkeypatch.context() as patched:
        patched.setattr("mlxtui.convert.model_folder.check", refuse)
        job_id = jobs.start(JobSpec(source=str(tiny), recipe=FOUR_BITS))
        jobs.wait(job_id, lambda job: job.state == "failed")
    shutil.rmtree(tiny)
    jobs.order(job_id, "retry")
    assert jobs.wait_for_state(job_id, "finished").result_name == "tiny-4bit"


def test_a_snapshot_that_was_removed_is_fetched_again(
    jobs: JobHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise ModelRefused("It is not tried today.")

    with monkeypatch.context() as patched:
        patched.setattr("mlxtui.convert.model_folder.check", refuse)
        job_id = jobs.start(JobSpec(source="owner/tiny"))
        jobs.wait(job_id, lambda job: job.state == "failed")
    (model,) = library(jobs).values()
    shutil.rmtree(model.path.parents[1])
    jobs.order(job_id, "retry")
    job = jobs.wait_for_state(job_id, "finished")
    assert job.result_path is not None and job.result_path.exists()


def test_no_model_in_memory_makes_room_for_a_trial(hub: HubServer, tiny: Path) -> None:
    import mlx.core as mx

    folder = model_folder.check(tiny, "tiny")
    cache_bytes = machine_memory.cache_to_load(folder.cache, folder.context_length)
    needed_bytes = machine_memory.needed_bytes(folder.size_bytes, cache_bytes)
    limit_gib = (mx.get_active_memory() + needed_bytes * 1.05) / 1024**3
    settings = Settings(hub_endpoint=hub.endpoint, memory_limit_gib=limit_gib)
    with running_jobs(settings) as jobs:
        assert answers(jobs, tiny)
        job = jobs.run(JobSpec(source="owner/tiny"))
        assert "Not tried:" in jobs.log(job.job_id)
        assert jobs.backend._engine.loaded() == (tiny.resolve(),)


def test_a_full_disk_fails_the_job_and_a_retry_goes_on(
    jobs: JobHarness, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    real = os.rename

    def rename(source: Any, target: Any) -> None:
        if Path(target).name == "tiny-4bit":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    job_id = jobs.start(JobSpec(source=str(tiny), recipe=FOUR_BITS))
    job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert job.message == "The disk is full." and job.hint
    assert "tiny-4bit" not in library(jobs)
    monkeypatch.setattr(os, "rename", real)
    jobs.order(job_id, "retry")
    jobs.wait_for_state(job_id, "finished")
    assert "tiny-4bit" in library(jobs)
