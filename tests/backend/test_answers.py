"""Commands about the hub, plans and kept models, through a whole backend."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlxtui import paths
from mlxtui.backend import plan_memory
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import LoadModel, UnloadModel
from mlxtui.backend.events import Cancelled, Failed, ModelLoaded, ModelUnloaded
from mlxtui.backend.job_commands import (
    Command,
    CompareQuantizations,
    CopyModel,
    DescribeRepository,
    ListRecommended,
    MakePlan,
    PlanRemoval,
    RemoveModel,
    RenameModel,
    SearchHub,
)
from mlxtui.backend.job_events import (
    Event,
    HubSearched,
    ModelKept,
    ModelRemoved,
    PlanMade,
    QuantizationsCompared,
    RecommendedListed,
    RemovalPlanned,
    RepositoryDescribed,
)
from mlxtui.hub.recommended import recommended
from mlxtui.inference import machine_memory
from mlxtui.plans import JobSpec
from mlxtui.repositories import SearchQuery
from mlxtui.settings import Settings
from mlxtui.types import RequestId
from tests.engine_harness import EngineHarness, running_engine
from tests.hub_server import HubServer, Silent
from tests.models import write_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model."""
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
def backend(hub: HubServer) -> Iterator[EngineHarness]:
    """A backend that asks that hub."""
    with running_engine(Settings(hub_endpoint=hub.endpoint)) as backend:
        yield backend


def end_of(backend: EngineHarness, command: Command) -> Event:
    """Submit a command; how it ends."""
    return backend.wait(backend.submit(command)).end


def test_a_search_finds_what_the_hub_has(backend: EngineHarness) -> None:
    command = SearchHub(request_id=new_request_id(), query=SearchQuery(words="tiny"))
    end = end_of(backend, command)
    assert isinstance(end, HubSearched), end
    assert [found.repo_id for found in end.page.found] == ["owner/tiny"]


def test_a_repository_is_described_with_its_plan(backend: EngineHarness) -> None:
    command = DescribeRepository(request_id=new_request_id(), address="owner/tiny")
    end = end_of(backend, command)
    assert isinstance(end, RepositoryDescribed), end
    assert end.repository.address.repo_id == "owner/tiny"
    assert end.plan.fetch_bytes > 0


def test_what_the_hub_does_not_have_is_a_failure_with_its_name(
    backend: EngineHarness,
) -> None:
    command = DescribeRepository(request_id=new_request_id(), address="owner/nothing")
    end = end_of(backend, command)
    assert isinstance(end, Failed) and "owner/nothing" in end.message


@pytest.mark.parametrize("kind", [SearchHub, DescribeRepository, MakePlan])
def test_nobody_waits_for_a_hub_that_is_silent(
    hub: HubServer, kind: type[Command]
) -> None:
    hub.fault("/api/*", Silent(), is_endless=True)
    options: dict[type[Command], dict[str, object]] = {
        SearchHub: {"query": SearchQuery(words="tiny")},
        DescribeRepository: {"address": "owner/tiny"},
        MakePlan: {"spec": JobSpec(source="owner/tiny")},
    }
    with running_engine(Settings(hub_endpoint=hub.endpoint)) as backend:

        def submit(name: str) -> Command:
            command: Command = kind(request_id=RequestId(name), **options[kind])  # type: ignore[arg-type]
            return command

        first, second = submit("first"), submit("second")
        cancelled, left_open = backend.submit(first), backend.submit(second)
        started = time.monotonic()
        backend.backend.cancel(first.request_id)
        assert isinstance(backend.wait(cancelled).end, Cancelled)
        backend.backend.close()
        assert time.monotonic() - started < 5
        assert isinstance(left_open.end, Cancelled)


def test_recommended_models_that_fit_come_first(backend: EngineHarness) -> None:
    end = end_of(backend, ListRecommended(request_id=new_request_id()))
    assert isinstance(end, RecommendedListed) and end.recommended
    order = ("fits", "tight", "too-big")
    ranks = [order.index(fit) for _model, fit in end.recommended]
    assert ranks == sorted(ranks)
    fitting = [model.size_bytes for model, fit in end.recommended if fit == "fits"]
    assert fitting == sorted(fitting, reverse=True)


def test_recommendations_count_the_conversation_as_a_load_does(
    backend: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = recommended()[-1]
    needed_bytes = machine_memory.needed_bytes(model.size_bytes, model.cache_bytes)
    for free_bytes, expected in ((needed_bytes - 1, True), (needed_bytes, False)):
        memory = (free_bytes, 2 * free_bytes)
        monkeypatch.setattr(plan_memory, "memory_for_models", lambda _used, m=memory: m)
        end = end_of(backend, ListRecommended(request_id=new_request_id()))
        assert isinstance(end, RecommendedListed)
        assert (dict(end.recommended)[model] == "too-big") == expected


def test_a_plan_says_why_it_cannot_be(backend: EngineHarness, tiny: Path) -> None:
    spec = JobSpec(source=str(tiny), name="tiny")
    end = end_of(backend, MakePlan(request_id=new_request_id(), spec=spec))
    assert isinstance(end, PlanMade) and "tiny" in end.plan.problem


def test_a_model_is_copied_renamed_compared_and_removed(
    backend: EngineHarness, tiny: Path
) -> None:
    end = end_of(
        backend, CopyModel(request_id=new_request_id(), name="tiny", new_name="two")
    )
    assert isinstance(end, ModelKept) and end.model.name == "two"
    end = end_of(
        backend, RenameModel(request_id=new_request_id(), name="two", new_name="three")
    )
    assert isinstance(end, ModelKept) and end.model.name == "three"
    end = end_of(
        backend, CompareQuantizations(request_id=new_request_id(), name="tiny")
    )
    assert isinstance(end, QuantizationsCompared)
    assert {model.name for model in end.models} == {"tiny", "three"}
    end = end_of(backend, PlanRemoval(request_id=new_request_id(), name="three"))
    assert isinstance(end, RemovalPlanned) and end.kept_for == ("tiny",)
    end = end_of(backend, RemoveModel(request_id=new_request_id(), name="three"))
    assert isinstance(end, ModelRemoved) and end.name == "three"
    assert not (paths.models_dir() / "three").exists() and tiny.exists()


def test_a_loaded_model_is_not_removed(backend: EngineHarness, tiny: Path) -> None:
    load = LoadModel(request_id=new_request_id(), path=tiny, name="tiny")
    assert isinstance(end_of(backend, load), ModelLoaded)
    end = end_of(backend, RemoveModel(request_id=new_request_id(), name="tiny"))
    assert isinstance(end, Failed) and "loaded" in end.message and tiny.exists()
    unload = UnloadModel(request_id=new_request_id(), path=tiny)
    assert isinstance(end_of(backend, unload), ModelUnloaded)
    end = end_of(backend, RemoveModel(request_id=new_request_id(), name="tiny"))
    assert isinstance(end, ModelRemoved) and not tiny.exists()
