"""GGUF files become models by jobs, with a real hub and a real engine."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
from mlxtui.backend import gguf_imports
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import ScanLibrary
from mlxtui.backend.events import Cancelled, LibraryScanned
from mlxtui.backend.gguf_imports import find_any_import
from mlxtui.backend.job_commands import MakePlan
from mlxtui.backend.job_record import JobRecord
from mlxtui.backend.provenance import read_provenance
from mlxtui.backend.stages.result import is_in_place
from mlxtui.convert.gguf import import_progress, new_weights
from mlxtui.convert.gguf.file_identity import FileHash
from mlxtui.convert.gguf.weights import rows
from mlxtui.errors import JobRefused
from mlxtui.model_writer import shard_files
from mlxtui.plans import JobSpec
from mlxtui.recipes import GgufMode, Quantization, Recipe
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from tests.backend.job_harness import JobHarness, running_jobs
from tests.convert.gguf.llama_file import write_llama
from tests.hub_server import HubServer

FOUR_BITS = Recipe(quantization=Quantization(group_size=32), measure=False)

# Makes a job for a file, and dies in the middle of the import.
_KILLED = """
import os, signal, sys
from mlxtui.convert.gguf import new_weights
from mlxtui.convert.gguf.weights import rows
from mlxtui.model_writer import shard_files
from mlxtui.plans import JobSpec
from tests.backend.job_harness import running_jobs
shard_files._SHARD_BYTES = 200_000
new_weights._FIRST_ELEMENTS = new_weights._MOST_ELEMENTS = 8192
pieces = []
def convert_rows(*arguments, **options):
    pieces.append(arguments)
    if len(pieces) == 60:
        os.kill(os.getpid(), signal.SIGKILL)
    return rows.convert_rows(*arguments, **options)
new_weights.convert_rows = convert_rows
with running_jobs() as jobs:
    jobs.run(JobSpec(source=sys.argv[1]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A GGUF file of mixed types."""
    return write_llama(tmp_path / "Tiny-Q4_K_M.gguf")


@pytest.fixture
def jobs() -> Iterator[JobHarness]:
    """A program without a hub."""
    with running_jobs() as jobs:
        yield jobs


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    """A hub with repositories of GGUF files."""
    folder = tmp_path / "made"
    folder.mkdir()
    small = write_llama(folder / "Tiny-Q4_0.gguf", types=("Q4_0",))
    large = write_llama(folder / "Tiny-Q8_0.gguf", types=("Q8_0",))
    write_llama(folder / "Split-Q8_0.gguf", types=("Q8_0",), parts=3)
    split = sorted(folder.glob("Split-*.gguf"))
    with HubServer() as hub:
        hub.add("owner/One", {"Tiny-Q4_0.gguf": small, "README.md": b"# One"})
        hub.add(
            "owner/Several",
            {
                "Tiny-Q4_0.gguf": small,
                "large/Tiny-Q8_0.gguf": large,
                "LICENSE": b"MIT",
                **{part.name: part for part in split},
            },
        )
        yield hub


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that a test meets in the middle."""
    monkeypatch.setattr(import_progress, "_TOLD_SECONDS", 0)
    for name in ("_FIRST_ELEMENTS", "_LEAST_ELEMENTS", "_MOST_ELEMENTS"):
        monkeypatch.setattr(new_weights, name, 8192)
    real = rows.convert_rows

    def slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.02)
        return real(*arguments, **options)

    monkeypatch.setattr(new_weights, "convert_rows", slowly)


def library(jobs: JobHarness) -> dict[str, LocalModel]:
    """The models of this machine, by name."""
    end = jobs.ask(ScanLibrary(request_id=new_request_id()))
    assert isinstance(end, LibraryScanned)
    return {model.name: model for model in end.models if model.source != "built-in"}


def hidden() -> list[str]:
    """What is half made in the models folder."""
    folder = paths.models_dir()
    return [one.name for one in folder.iterdir() if one.name[0] == "."]


def test_a_file_becomes_a_model_that_answers(jobs: JobHarness, file: Path) -> None:
    spec = JobSpec(source=str(file))
    plan = jobs.plan(spec)
    assert not plan.problem
    assert [step.stage for step in plan.steps] == ["import", "try"]
    assert [form.mode for form in plan.contents.gguf_forms] == ["faithful", "exact"]
    assert plan.result_size_bytes == plan.contents.gguf_forms[0].size_bytes
    assert plan.memory and plan.disk_needed_bytes == plan.result_size_bytes
    job = jobs.run(spec)
    assert job.result_name == "Tiny-Q4_K_M"
    assert job.result_path == paths.models_dir() / "Tiny-Q4_K_M"
    log = jobs.log(job.job_id)
    assert "It answers:" in log and "Q4_K 4-bit group 32" in log
    model = library(jobs)["Tiny-Q4_K_M"]
    provenance = model.provenance
    assert provenance is not None and provenance.gguf is not None
    assert provenance.source == str(file)
    assert provenance.gguf.mode == "faithful" and provenance.gguf.types
    assert provenance.gguf.size_bytes == file.stat().st_size
    weights = (model.path / "model.safetensors").stat().st_size
    assert plan.result_size_bytes < weights < plan.result_size_bytes + 10_000
    assert hidden() == []


def test_each_mode_is_made_once(jobs: JobHarness, file: Path) -> None:
    jobs.run(JobSpec(source=str(file)))
    exact = JobSpec(source=str(file), gguf_mode="exact")
    plan = jobs.plan(exact)
    assert plan.steps and plan.result_name == "Tiny-Q4_K_M-exact"
    assert plan.result_size_bytes == plan.contents.gguf_forms[1].size_bytes
    jobs.run(exact)
    made = paths.models_dir() / "Tiny-Q4_K_M"
    before = (made / "model.safetensors").stat().st_mtime_ns
    # The same content under another name and time is the same file.
    copy = shutil.copy(file, file.with_name("copy.gguf"))
    for source in (file, copy):
        again = jobs.plan(JobSpec(source=str(source)))
        assert (again.steps, again.problem) == ((), "")
        assert (again.result_name, again.result_path) == ("Tiny-Q4_K_M", made)
        assert "Tiny-Q4_K_M" in again.hint
        job = jobs.run(JobSpec(source=str(source)))
        assert (job.result_name, job.result_path) == ("Tiny-Q4_K_M", made)
    assert (made / "model.safetensors").stat().st_mtime_ns == before
    assert find_any_import([Path(copy)], Settings()) is not None
    other = write_llama(file.with_name("other.gguf"), seed=1)
    assert jobs.plan(JobSpec(source=str(other))).steps
    # Who asks for another name gets another model.
    assert jobs.plan(JobSpec(source=str(file), name="mine")).steps


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pieces in which files are read for their hashes."""
    made: list[int] = []
    real = FileHash.advance

    def advance(digest: FileHash, size_bytes: int) -> None:
        made.append(size_bytes)
        real(digest, size_bytes)

    monkeypatch.setattr(FileHash, "advance", advance)
    return made


def test_a_file_is_read_once_to_be_sure_what_was_made_of_it(
    jobs: JobHarness, file: Path, reads: list[int]
) -> None:
    jobs.run(JobSpec(source=str(file)))
    os.utime(file, (7, 7))
    reads.clear()
    found = find_any_import([file], Settings())
    assert found is not None and reads
    reads.clear()
    modes: tuple[GgufMode, ...] = ("exact", "faithful")
    for mode in modes:
        jobs.plan(JobSpec(source=str(file), gguf_mode=mode))
    assert reads == []
    os.utime(file, (8, 8))
    assert not jobs.plan(JobSpec(source=str(file))).steps
    assert reads


def test_a_plan_that_nobody_waits_for_reads_no_further(
    jobs: JobHarness, file: Path, monkeypatch: pytest.MonkeyPatch, reads: list[int]
) -> None:
    jobs.run(JobSpec(source=str(file)))
    os.utime(file, (9, 9))
    monkeypatch.setattr(gguf_imports, "_STEP_BYTES", 1)
    monkeypatch.setattr(FileHash, "is_complete", False)  # it would read for ever
    reads.clear()
    command = MakePlan(request_id=new_request_id(), spec=JobSpec(source=str(file)))
    jobs.backend.submit(command)
    while not reads:
        time.sleep(0.01)
    jobs.backend.cancel(command.request_id)
    assert isinstance(jobs.end_of(command.request_id), Cancelled)
    with gguf_imports._reading:  # free again: the other thread has ended
        pass


def test_the_model_of_another_file_is_not_taken_for_the_result(
    jobs: JobHarness, file: Path, tmp_path: Path
) -> None:
    job = jobs.run(JobSpec(source=str(file)))
    record = JobRecord(
        job_id=job.job_id,
        spec=job.spec,
        title=job.title,
        stages=("import", "try"),
        source_name=str(file),
        source_path=file,
        gguf_file=file.name,
        target_path=job.result_path,
        result_name=job.result_name,
    )
    assert is_in_place(record)
    os.utime(file, (1, 1))
    assert is_in_place(record)  # by its content
    write_llama(file, seed=1)
    with pytest.raises(JobRefused, match="Tiny-Q4_K_M already"):
        is_in_place(record)


def test_what_was_imported_before_is_made_again_when_it_is_damaged(
    jobs: JobHarness, file: Path
) -> None:
    jobs.run(JobSpec(source=str(file)))
    (paths.models_dir() / "Tiny-Q4_K_M" / "tokenizer.json").unlink()
    plan = jobs.plan(JobSpec(source=str(file)))
    assert "Tiny-Q4_K_M" in plan.problem  # its name is taken
    assert jobs.plan(JobSpec(source=str(file), name="again")).steps


def test_a_split_file_is_one_model(jobs: JobHarness, tmp_path: Path) -> None:
    first = write_llama(tmp_path / "Split.gguf", parts=3)
    for part in sorted(tmp_path.glob("Split-*.gguf")):
        assert jobs.plan(JobSpec(source=str(part))).result_name == "Split"
    job = jobs.run(JobSpec(source=str(first)))
    assert job.result_path is not None
    provenance = read_provenance(job.result_path)
    assert provenance is not None and provenance.gguf is not None
    assert len(provenance.gguf.files) == 3
    second = first.with_name(first.name.replace("00001-of", "00002-of"))
    assert jobs.plan(JobSpec(source=str(second))).steps == ()


def test_a_file_without_a_name_for_it_is_told_by_its_content(
    jobs: JobHarness, file: Path
) -> None:
    blob = file.rename(file.with_name("weights"))
    job = jobs.run(JobSpec(source=str(blob)))
    assert job.result_name == "weights"


def test_one_of_several_is_chosen(hub: HubServer) -> None:
    with running_jobs(Settings(hub_endpoint=hub.endpoint)) as jobs:
        plan = jobs.plan(JobSpec(source="owner/Several"))
        files = [choice.file for choice in plan.contents.gguf]
        assert files == [
            "Tiny-Q4_0.gguf", "large/Tiny-Q8_0.gguf", "Split-Q8_0-00001-of-00003.gguf",
        ]  # fmt: skip
        assert {choice.fit for choice in plan.contents.gguf} == {"fits"}
        assert "--file" in plan.hint and plan.steps == () and plan.fetch_bytes == 0
        failed = jobs.start(JobSpec(source="owner/Several"))
        job = jobs.wait(failed, lambda job: job.state == "failed")
        assert job.message == plan.problem
        # The folder of a file may be left out.
        for name in (files[2], "Tiny-Q8_0.gguf"):
            spec = JobSpec(source="owner/Several", file=name)
            stages = [step.stage for step in jobs.plan(spec).steps]
            assert stages == ["download", "verify", "import", "try"]
            jobs.run(spec)
        names = library(jobs)
        assert {"Split-Q8_0", "Tiny-Q8_0"} <= names.keys()
        provenance = names["Tiny-Q8_0"].provenance
        assert provenance is not None and provenance.source == "owner/Several"
        assert len(provenance.commit) == 40
        cache = Path(os.environ["HF_HUB_CACHE"])
        assert not list(cache.rglob("Tiny-Q4_0.gguf")), "Nobody chose it"


def test_what_was_made_once_is_not_fetched_again(hub: HubServer) -> None:
    with running_jobs(Settings(hub_endpoint=hub.endpoint)) as jobs:
        jobs.run(JobSpec(source="owner/One"))
        shutil.rmtree(os.environ["HF_HUB_CACHE"])
        plan = jobs.plan(JobSpec(source="owner/One"))
        assert (plan.steps, plan.result_name, plan.fetch_bytes) == ((), "Tiny-Q4_0", 0)
        other = JobSpec(source="owner/Several", file="Tiny-Q4_0.gguf")
        assert jobs.plan(other).result_name == "Tiny-Q4_0"
        assert jobs.run(other).result_name == "Tiny-Q4_0"


def test_other_weights_are_made_by_way_of_an_import(
    jobs: JobHarness, file: Path
) -> None:
    spec = JobSpec(source=str(file), recipe=FOUR_BITS)
    plan = jobs.plan(spec)
    assert [step.stage for step in plan.steps] == ["import", "quantize", "try"]
    assert plan.disk_needed_bytes > plan.result_size_bytes
    job = jobs.run(spec)
    assert job.result_name == "Tiny-Q4_K_M-4bit"
    model = library(jobs)["Tiny-Q4_K_M-4bit"]
    assert model.quantization == "4-bit group 32"
    provenance = model.provenance
    assert provenance is not None and provenance.gguf is not None
    assert provenance.recipe == FOUR_BITS and provenance.source == str(file)
    assert hidden() == []
    # Its weights are not those of the file.
    assert jobs.plan(JobSpec(source=str(file))).steps


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("recipe", [Recipe(), FOUR_BITS], ids=["as it is", "packed"])
def test_a_cancelled_import_leaves_nothing(
    jobs: JobHarness, file: Path, recipe: Recipe
) -> None:
    job_id = jobs.start(JobSpec(source=str(file), recipe=recipe))
    jobs.wait(job_id, lambda job: job.stage == "import" and job.done > 0)
    jobs.order(job_id, "cancel")
    jobs.wait_for_state(job_id, "cancelled")
    assert list(paths.models_dir().iterdir()) == []


@pytest.mark.usefixtures("slow")
def test_a_paused_import_goes_on_where_it_was(jobs: JobHarness, file: Path) -> None:
    job_id = jobs.start(JobSpec(source=str(file)))
    jobs.wait(job_id, lambda job: job.stage == "import" and job.done > 100_000)
    jobs.order(job_id, "pause")
    paused = jobs.wait_for_state(job_id, "paused")
    assert hidden() != []
    jobs.order(job_id, "resume")
    jobs.wait_for_state(job_id, "finished")
    done = [job.done for job in jobs.jobs[job_id] if job.stage == "import"]
    assert min(done) >= paused.done > 0
    assert hidden() == []


@pytest.mark.usefixtures("slow")
def test_a_program_that_ends_leaves_an_import_that_goes_on(file: Path) -> None:
    with running_jobs() as jobs:
        job_id = jobs.start(JobSpec(source=str(file)))
        jobs.wait(job_id, lambda job: job.stage == "import" and job.done > 0)
    with running_jobs() as jobs:
        (job,) = jobs.listed()
        assert job.was_interrupted and job.state == "paused"
        jobs.order(job_id, "resume")
        jobs.wait_for_state(job_id, "finished")
        assert "Tiny-Q4_K_M" in library(jobs)


def test_an_import_that_was_killed_goes_on(
    file: Path, command_environment: dict[str, str]
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(file)], env=command_environment
    )
    assert ended.returncode == -signal.SIGKILL
    assert not (paths.models_dir() / "Tiny-Q4_K_M").exists()
    with running_jobs() as jobs:
        (job,) = jobs.listed()
        jobs.order(job.job_id, "resume")
        jobs.wait_for_state(job.job_id, "finished")
        assert "Tiny-Q4_K_M" in library(jobs)
        assert hidden() == []


def test_a_file_without_a_chat_template_gets_one_only_by_name(
    jobs: JobHarness, tmp_path: Path
) -> None:
    file = write_llama(
        tmp_path / "Chat.gguf", tokenizer__chat_template=None, types=("Q8_0",)
    )
    plain = jobs.run(JobSpec(source=str(file)))
    assert plain.result_path is not None
    assert not (plain.result_path / "chat_template.jinja").exists()
    job = jobs.run(JobSpec(source=str(file), chat_template="chatml", name="chatty"))
    assert job.result_path is not None
    provenance = read_provenance(job.result_path)
    assert provenance is not None and provenance.gguf is not None
    assert provenance.gguf.chat_template == "chatml"
    assert library(jobs)["chatty"].capabilities == ("chat",)
    unknown = jobs.plan(JobSpec(source=str(file), chat_template="nobody"))
    assert "nobody" in unknown.problem and "chatml" in unknown.hint


def test_wishes_that_a_source_cannot_fulfil_are_refused(
    jobs: JobHarness, file: Path, tmp_path: Path
) -> None:
    plan = jobs.plan(JobSpec(source=str(file), chat_template="chatml"))
    assert "of its own" in plan.problem
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    plan = jobs.plan(JobSpec(source=str(folder), gguf_mode="exact"))
    assert plan.problem and plan.hint


def test_a_damaged_file_fails_in_a_sentence(jobs: JobHarness, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])
    plan = jobs.plan(JobSpec(source=str(file)))
    assert "damaged" in plan.problem and file.name in plan.problem
    job = jobs.wait(
        jobs.start(JobSpec(source=str(file))), lambda job: job.state == "failed"
    )
    assert job.message == plan.problem


def test_a_full_disk_fails_the_import_and_a_retry_goes_on(
    jobs: JobHarness, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shard_files, "_write_all", full)
        job_id = jobs.start(JobSpec(source=str(file)))
        job = jobs.wait(job_id, lambda job: job.state == "failed")
    assert "is full" in job.message and job.hint
    assert "Tiny-Q4_K_M" not in library(jobs)
    jobs.order(job_id, "retry")
    jobs.wait_for_state(job_id, "finished")


def test_tensors_that_come_less_close_are_named_in_the_log(
    jobs: JobHarness, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlxtui.convert.gguf import type_table

    monkeypatch.setattr(type_table, "LARGEST_ERROR", 1e-9)
    job = jobs.run(JobSpec(source=str(file)))
    assert "model.layers.0." in jobs.log(job.job_id)
