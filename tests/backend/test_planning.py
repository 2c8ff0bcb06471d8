"""What a job will do, found out over a real hub and from real folders."""

import json
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlxtui import paths
from mlxtui.backend import plan_memory
from mlxtui.backend.library_scan import scan_library
from mlxtui.backend.planning import describe_repository, make_plan
from mlxtui.cli.plan_lines import plan_rows
from mlxtui.convert.contents import look_at
from mlxtui.convert.source import LocalSource
from mlxtui.errors import InvalidParameter, Offline, RepositoryNotFound
from mlxtui.hub.access import cache_dir, hub_access
from mlxtui.hub.transfer import TransferControl, fetch
from mlxtui.plans import JobSpec, Plan
from mlxtui.recipes import Recipe, quantization
from mlxtui.settings import Settings
from tests.convert.gguf.gguf_bytes import gguf_bytes
from tests.hub_server import TOKEN, HubServer
from tests.models import write_model

_REPO = "owner/Tiny"
_PICKLE = b"PK\x03\x04data.pkl"
_DiskUsage = namedtuple("_DiskUsage", "total used free")


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A hub of its own."""
    with HubServer() as server:
        yield server


@pytest.fixture
def used(hub: HubServer) -> Settings:
    """Settings that ask that hub."""
    return Settings(hub_endpoint=hub.endpoint)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def model(tmp_path: Path, hub: HubServer) -> Path:
    """A small model, on the hub with much that nobody needs, and as a folder."""
    folder = write_model(tmp_path / "source" / "Tiny")
    files = _files(folder) | {
        "README.md": b"# Tiny",
        "LICENSE": b"MIT",
        "pytorch_model.bin": _PICKLE,
        "onnx/model.onnx": bytes(1000),
        "original/params.json": b"{}",
        ".gitattributes": b"",
    }
    hub.add(_REPO, files)
    return folder


def _quantize(**values: Any) -> Recipe:
    return Recipe(quantization=quantization(**values))


def _stages(plan: Plan) -> list[str]:
    return [step.stage for step in plan.steps]


def test_a_pull_fetches_what_is_needed_and_tries_it(
    model: Path, used: Settings
) -> None:
    plan = make_plan(JobSpec(source=_REPO), used)
    assert (plan.problem, plan.question) == ("", "")
    assert {one.path for one in plan.files} == {
        "README.md", "LICENSE", "config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip
    assert plan.fetch_bytes == sum(one.size_bytes for one in plan.files)
    assert _stages(plan) == ["download", "verify", "try"]
    assert plan.disk_needed_bytes == plan.fetch_bytes
    assert plan.disk_free_after_bytes == plan.disk_free_bytes - plan.fetch_bytes
    assert plan.result_name == _REPO
    assert (plan.path, plan.result_path) == (None, None)
    assert plan.address is not None and len(plan.commit) == 40
    size_bytes = (model / "model.safetensors").stat().st_size
    assert plan.result_size_bytes == plan.contents.size_bytes == size_bytes


def test_a_repository_is_told_as_its_folder_is(model: Path, used: Settings) -> None:
    plan = make_plan(JobSpec(source=_REPO), used)
    assert plan.contents == look_at(LocalSource(model))


def _parts(count: int) -> dict[str, bytes]:
    """A model of two bytes in each part, with its index."""
    files: dict[str, bytes] = {}
    weight_map = {}
    for number in range(1, count + 1):
        name = f"model-{number:05d}-of-{count:05d}.safetensors"
        entry = {"dtype": "BF16", "shape": [1, 1], "data_offsets": [0, 2]}
        header = json.dumps({f"layer.{number}.weight": entry}).encode()
        header += b" " * 1024  # too long for one of git's pointers
        files[name] = len(header).to_bytes(8, "little") + header + b"xx"
        weight_map[f"layer.{number}.weight"] = name
    index = {"metadata": {"total_size": 2 * count}, "weight_map": weight_map}
    return files | {"model.safetensors.index.json": json.dumps(index).encode()}


@pytest.mark.parametrize(("count", "headers"), [(10, 10), (70, 0)])
def test_a_model_in_parts_is_told_by_some_requests(
    count: int, headers: int, model: Path, used: Settings, hub: HubServer
) -> None:
    files = _files(model)
    del files["model.safetensors"]
    hub.add("owner/Parts", files | _parts(count))
    hub.forget_requests()
    plan = make_plan(JobSpec(source="owner/Parts"), used)
    assert plan.problem == ""
    assert len(plan.contents.weight_files) == count
    asked = {one.target for one in hub.asked("owner/Parts/*.safetensors")}
    assert len(asked) == headers
    assert len(plan.files) == count + len(files) + 1
    if headers:
        assert plan.contents.parameter_count == count
    recipe = _quantize(bits=4)
    packed = make_plan(JobSpec(source="owner/Parts", recipe=recipe), used)
    assert packed.result_bits_per_weight is not None
    assert (packed.result_bits_per_weight == 4.5) == (headers == 0)


def test_few_requests_tell_all(model: Path, used: Settings, hub: HubServer) -> None:
    hub.forget_requests()
    make_plan(JobSpec(source=_REPO), used)
    # One for what there is; an address and its bytes for each of the card, the config,
    # the tokenizer's config, the header of the weights, and a file so small that it
    # could be git's pointer.
    assert len(hub.requests) <= 1 + 2 * 5
    assert hub.bytes_sent("*.safetensors") <= 256 * 1024


def test_quantizing_makes_a_model_in_the_models_folder(
    model: Path, used: Settings
) -> None:
    plan = make_plan(JobSpec(source=_REPO, recipe=_quantize(bits=4)), used)
    assert _stages(plan) == ["download", "verify", "quantize", "measure", "try"]
    assert plan.result_name == "Tiny-4bit"
    assert plan.result_path == used.models_dir() / "Tiny-4bit"
    assert plan.result_bits_per_weight is not None
    assert 4.5 < plan.result_bits_per_weight < 7  # its own weights are 32-bit
    assert plan.result_size_bytes < plan.contents.size_bytes / 4
    assert plan.disk_needed_bytes == plan.fetch_bytes + plan.result_size_bytes
    weights_bytes = plan.memory[0].needed_bytes - plan.memory[0].cache_bytes
    assert weights_bytes == plan.result_size_bytes + plan.result_size_bytes // 10


def test_the_same_from_a_folder_needs_no_hub(model: Path) -> None:
    spec = JobSpec(source=str(model), recipe=_quantize(bits=8))
    plan = make_plan(spec, Settings(hub_endpoint="http://127.0.0.1:9", offline=True))
    assert plan.problem == ""
    assert (plan.address, plan.files, plan.fetch_bytes) == (None, (), 0)
    assert plan.path == model
    assert plan.result_name == "Tiny-8bit"
    assert _stages(plan) == ["quantize", "measure", "try"]


def test_each_step_that_is_asked_for_is_there(model: Path, used: Settings) -> None:
    named = make_plan(JobSpec(source=_REPO, name="Mine"), used)
    assert _stages(named) == ["download", "verify", "convert", "try"]
    assert named.result_name == "Mine"
    recipe = replace(_quantize(bits=4), measure=False)
    spec = JobSpec(source=str(model), recipe=recipe, upload_to="me/x")
    sent = make_plan(spec, replace(used, hub_token=TOKEN))
    assert _stages(sent) == ["quantize", "try", "upload"]
    copied = make_plan(JobSpec(source=str(model)), used)
    assert _stages(copied) == ["convert", "try"]
    assert copied.result_name == "Tiny"


def test_a_model_of_the_library_is_sent_as_it_is(used: Settings) -> None:
    mine = write_model(paths.models_dir() / "mine")
    spec = JobSpec(source=str(mine), upload_to="me/x")
    plan = make_plan(spec, replace(used, hub_token=TOKEN))
    assert plan.problem == ""
    assert _stages(plan) == ["upload"]
    assert (plan.result_name, plan.result_path, plan.path) == ("mine", None, mine)
    assert plan.disk_needed_bytes == 0


def test_a_model_of_the_library_needs_no_conversion(used: Settings) -> None:
    mine = write_model(paths.models_dir() / "mine")
    plan = make_plan(JobSpec(source=str(mine)), used)
    assert "nothing to do" in plan.problem
    assert "bits" in plan.hint


def test_what_is_here_already_is_not_fetched_again(model: Path, used: Settings) -> None:
    first = make_plan(JobSpec(source=_REPO), used)
    repository, _plan = describe_repository(_REPO, used)
    snapshot = fetch(
        hub_access(used),
        repository,
        first.files,
        cache_dir(used),
        control=TransferControl(),
        on_progress=lambda progress: None,
    )
    plan = make_plan(JobSpec(source=_REPO), used)
    assert (plan.fetch_bytes, plan.disk_needed_bytes, plan.path) == (0, 0, snapshot)
    assert _stages(plan) == ["try"]
    (snapshot / "config.json").unlink()
    assert _stages(make_plan(JobSpec(source=_REPO), used))[0] == "download"
    by_path = JobSpec(source=str(snapshot), recipe=_quantize(bits=4))
    (snapshot / "config.json").write_bytes((model / "config.json").read_bytes())
    plan = make_plan(by_path, used)
    assert (plan.result_name, plan.source_name) == ("Tiny-4bit", _REPO)


@pytest.mark.parametrize(
    ("context", "lengths"),
    [(512, [512]), (4096, [4096]), (8192, [4096, 8192]), (32768, [4096, 32768]),
     (131072, [4096, 32768, 131072])],
)  # fmt: skip
def test_memory_is_told_as_far_as_the_context_goes(
    context: int, lengths: list[int], tmp_path: Path, used: Settings
) -> None:
    folder = write_model(tmp_path / "m", max_position_embeddings=context)
    plan = make_plan(JobSpec(source=str(folder)), used)
    assert [need.context_tokens for need in plan.memory] == lengths
    for need in plan.memory:
        reserve_bytes = need.needed_bytes - need.cache_bytes - plan.result_size_bytes
        assert reserve_bytes == pytest.approx(plan.result_size_bytes / 10, abs=1)
        # Two layers, two heads of 32, keys and values, 16 bits.
        assert need.cache_bytes == need.context_tokens * 2 * 2 * 32 * 2 * 2


def test_a_context_beyond_the_memory_does_not_fit(
    tmp_path: Path, used: Settings
) -> None:
    folder = write_model(tmp_path / "m", max_position_embeddings=10**10)
    plan = make_plan(JobSpec(source=str(folder)), used)
    assert plan.memory[-1].fit == "too-big"
    recipe = Recipe(fit_context_tokens=10**10)
    refused = make_plan(JobSpec(source=str(folder), recipe=recipe), used)
    assert "2 bits" in refused.problem and "shorter" in refused.hint


def test_only_what_does_not_fit_is_fitted(
    tmp_path: Path, used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "m", hidden_size=512, intermediate_size=2048)
    fitting = JobSpec(source=str(folder), recipe=Recipe(fit_context_tokens=256))
    assert "fits already" in make_plan(fitting, used).problem
    memory = 20_000_000, 16 * 1024**3
    monkeypatch.setattr(plan_memory, "memory_for_models", lambda _settings: memory)
    plan = make_plan(fitting, used)
    assert plan.problem == ""
    assert plan.result_name == "m-fit"


def test_what_is_quantized_and_fits_is_not_fitted_again(
    tmp_path: Path, used: Settings
) -> None:
    packed = write_model(tmp_path / "m", quantization={"bits": 4, "group_size": 32})
    spec = JobSpec(source=str(packed), recipe=Recipe(fit_context_tokens=4096))
    assert "fits already" in make_plan(spec, used).problem


def test_results_are_called_after_the_model_in_the_library(
    tmp_path: Path, used: Settings
) -> None:
    guide = make_plan(
        JobSpec(source=str(paths.guide_model_dir()), recipe=_quantize(bits=2)), used
    )
    assert (guide.source_name, guide.result_name) == ("guide", "guide-2bit")
    write_model(paths.models_dir() / "owner" / "Mine")
    owned = JobSpec(
        source=str(paths.models_dir() / "owner" / "Mine"), recipe=_quantize(bits=2)
    )
    plan = make_plan(owned, used)
    assert (plan.source_name, plan.result_name) == ("owner/Mine", "Mine-2bit")
    stranger = write_model(tmp_path / "stranger")
    plan = make_plan(JobSpec(source=str(stranger), recipe=_quantize(bits=2)), used)
    assert (plan.source_name, plan.result_name) == (str(stranger), "stranger-2bit")


def test_the_licence_is_in_the_plan(hub: HubServer, used: Settings) -> None:
    card = b"---\nlicense: apache-2.0\n---\n# m"
    hub.add("owner/free", {"config.json": b"{}", "README.md": card})
    assert make_plan(JobSpec(source="owner/free"), used).license == "apache-2.0"


def test_a_full_disk_is_told_with_numbers_before_anything_is_fetched(
    model: Path, used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "shutil.disk_usage", lambda place: _DiskUsage(10**9, 10**9 - 1000, 1000)
    )
    plan = make_plan(JobSpec(source=_REPO), used)
    assert "1 kB are free" in plan.problem
    assert "models_folder" in plan.hint
    assert plan.disk_free_after_bytes < 0


def test_a_name_that_is_taken_or_cannot_be_is_told(model: Path, used: Settings) -> None:
    write_model(used.models_dir() / "Taken")
    (used.models_dir() / "half").mkdir()
    for name in ("Taken", "taken", "guide", "../x", ".hidden", "half"):
        plan = make_plan(JobSpec(source=_REPO, name=name), used)
        assert plan.problem and plan.hint, name
        assert plan.result_path is None


def test_a_gated_repository_is_told_with_its_address(
    model: Path, used: Settings, hub: HubServer
) -> None:
    hub.add("owner/Gated", _files(model), gated="auto")
    repository, plan = describe_repository("owner/Gated", used)
    assert repository.is_gated
    assert "owner/Gated" in plan.problem + plan.hint
    assert plan.steps == () and plan.files == ()
    hub.accept("owner/Gated")
    with_token = replace(used, hub_token=TOKEN)
    assert make_plan(JobSpec(source="owner/Gated"), with_token).problem == ""


def test_pickles_gguf_and_others_are_told_before_bytes_are_wasted(
    model: Path, used: Settings, hub: HubServer
) -> None:
    files = _files(model)
    del files["model.safetensors"]
    hub.add("owner/Pickle", files | {"pytorch_model.bin": _PICKLE})
    hub.add("owner/Gguf", {"a-Q4_K_M.gguf": gguf_bytes(), "a-F16.gguf": gguf_bytes()})
    config = json.loads(files["config.json"]) | {"model_type": "brand_new"}
    hub.add("owner/New", _files(model) | {"config.json": json.dumps(config).encode()})
    cut = _files(model)["model.safetensors"][:-10]
    hub.add("owner/Cut", _files(model) | {"model.safetensors": cut})
    for name, said in (
        ("owner/Pickle", "pickled"), ("owner/Gguf", "GGUF"), ("owner/New", "brand_new"),
        ("owner/Cut", "damaged"),
    ):  # fmt: skip
        plan = make_plan(JobSpec(source=name), used)
        assert said in plan.problem and plan.hint
        assert name in plan.problem
        assert (plan.steps, plan.fetch_bytes) == ((), 0)
        assert "again" not in plan.hint, "Nothing was fetched yet"
        if plan.contents.problem:  # what cannot be made has no size and fits nowhere
            assert (plan.result_name, plan.result_size_bytes) == ("", 0)
            assert not plan.memory
            shown = {label for label, _value in plan_rows(plan)}
            assert shown == {"Source", "What it is"}
    gguf = make_plan(JobSpec(source="owner/Gguf"), used).contents
    assert [choice.file for choice in gguf.gguf] == ["a-F16.gguf", "a-Q4_K_M.gguf"]
    assert gguf.architecture == "llama"


def test_program_code_is_asked_for_by_name(
    model: Path, used: Settings, hub: HubServer
) -> None:
    files = _files(model)
    config = json.loads(files["config.json"]) | {"model_file": "own.py"}
    files |= {"config.json": json.dumps(config).encode(), "own.py": b"raise SystemExit"}
    hub.add("owner/Code", files)
    asked = make_plan(JobSpec(source="owner/Code"), used)
    assert "own.py" in asked.question and "owner/Code" in asked.question
    assert "own.py" not in {one.path for one in asked.files}
    allowed = make_plan(JobSpec(source="owner/Code", allow_code=True), used)
    assert (allowed.question, allowed.problem) == ("", "")
    assert "own.py" in {one.path for one in allowed.files}
    assert _stages(allowed) == ["download", "verify"]
    spec = JobSpec(source="owner/Code", allow_code=True, recipe=_quantize(bits=4))
    assert "own.py" in make_plan(spec, used).problem


def test_an_embedder_is_fetched_and_not_converted(
    used: Settings, hub: HubServer, model: Path
) -> None:
    files = _files(model) | {
        "modules.json": json.dumps(
            [{"path": "", "type": "sentence_transformers.models.Transformer"}]
        ).encode(),
        "1_Pooling/config.json": b"{}",
    }
    hub.add("owner/Embedder", files)
    plan = make_plan(JobSpec(source="owner/Embedder"), used)
    assert (plan.problem, plan.contents.kind) == ("", "embedder")
    assert _stages(plan) == ["download", "verify"]
    assert "1_Pooling/config.json" in {one.path for one in plan.files}
    spec = JobSpec(source="owner/Embedder", recipe=_quantize(bits=4))
    assert "embedding" in make_plan(spec, used).problem


def test_quantizing_twice_is_warned_of_and_nothing_is_unpacked_that_is_not_packed(
    tmp_path: Path, model: Path, used: Settings
) -> None:
    packed = write_model(tmp_path / "p", quantization={"bits": 8, "group_size": 32})
    plan = make_plan(JobSpec(source=str(packed), recipe=_quantize(bits=4)), used)
    assert plan.problem == ""
    assert "8-bit group 32" in plan.hint
    unpack = Recipe(dequantize=True)
    assert make_plan(JobSpec(source=str(packed), recipe=unpack), used).problem == ""
    refused = make_plan(JobSpec(source=str(model), recipe=unpack), used)
    assert "not quantized" in refused.problem and refused.hint


def test_describing_tells_the_plan_of_a_plain_pull(
    model: Path, used: Settings, hub: HubServer
) -> None:
    repository, plan = describe_repository(f"{hub.endpoint}/{_REPO}/tree/main", used)
    assert repository.card == "# Tiny"
    assert plan.spec == JobSpec(source=_REPO)
    again = make_plan(JobSpec(source=_REPO), used)
    assert plan == replace(again, disk_free_bytes=plan.disk_free_bytes)


def test_what_cannot_be_asked_is_an_error(used: Settings, tmp_path: Path) -> None:
    with pytest.raises(RepositoryNotFound):
        make_plan(JobSpec(source="owner/nothing"), used)
    with pytest.raises(InvalidParameter):
        make_plan(JobSpec(source="no address"), used)
    with pytest.raises(Offline):
        make_plan(JobSpec(source=_REPO), replace(used, offline=True))
    plan = make_plan(JobSpec(source=str(tmp_path / "nothing")), used)
    assert "There is no folder" in plan.problem and plan.hint


def test_plan_and_list_say_the_same_of_memory(tmp_path: Path, used: Settings) -> None:
    for context in (2048, 131_072):
        folder = used.models_dir() / f"m{context}"
        write_model(folder, max_position_embeddings=context)
        (listed,) = [one for one in scan_library(used) if one.name == folder.name]
        plan = make_plan(JobSpec(source=str(folder), name="other"), used)
        assert plan.memory[0].needed_bytes == listed.needed_bytes
