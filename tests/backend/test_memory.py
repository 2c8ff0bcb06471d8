"""Memory as the front end is told of it, and the guard of a load: one estimate."""

import sys
from pathlib import Path

import pytest

from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import MeasureMemory
from mlxtui.backend.events import Failed, MemoryMeasured, ModelLoaded, TextDelta
from mlxtui.backend.library_scan import scan_library
from mlxtui.backend.memory_figures import measure_memory
from mlxtui.plans import fit_of
from mlxtui.settings import Settings
from tests.engine_harness import EngineHarness, running_engine
from tests.models import write_model

_GIB = 1024**3


def measured(engine: EngineHarness) -> MemoryMeasured:
    """What the backend says of the memory now."""
    outcome = engine.wait(engine.submit(MeasureMemory(request_id=new_request_id())))
    assert isinstance(outcome.end, MemoryMeasured), outcome.end
    assert not outcome.threads & {"mlxtui-engine", "MainThread"}
    return outcome.end


def test_a_loaded_model_is_counted(engine: EngineHarness, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m")
    before = measured(engine)
    model = engine.load(path)
    after = measured(engine)
    assert after.used_bytes - before.used_bytes >= model.memory_bytes
    assert after.total_bytes == before.total_bytes > after.free_bytes > 0
    engine.unload(path)
    assert measured(engine).used_bytes < after.used_bytes


@pytest.mark.parametrize("missing_bytes", [0, 1])
def test_the_list_and_the_guard_agree_to_the_byte(
    engine: EngineHarness, tmp_path: Path, missing_bytes: int
) -> None:
    folder = tmp_path / "models"
    path = write_model(folder / "m")
    engine.load(path)  # so that MLX and what it keeps are there
    engine.unload(path)
    listed = scan_library(Settings(models_folder=folder))
    (needed_bytes,) = (model.needed_bytes for model in listed if model.name == "m")
    limit_bytes = measured(engine).used_bytes + needed_bytes - missing_bytes
    with running_engine(Settings(memory_limit_gib=limit_bytes / _GIB)) as limited:
        memory = measured(limited)
        assert memory.free_bytes == needed_bytes - missing_bytes
        fit = fit_of(needed_bytes, memory.free_bytes, memory.total_bytes)
        assert (fit == "too-big") == bool(missing_bytes)
        end = limited.load_outcome(path).end
        assert isinstance(end, Failed if missing_bytes else ModelLoaded), end


def test_before_mlx_is_there_nothing_is_used_and_the_limit_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "mlxtui.inference.memory", raising=False)
    request_id = new_request_id()
    memory = measure_memory(request_id, Settings(memory_limit_gib=0.25))
    assert (memory.used_bytes, memory.free_bytes) == (0, _GIB // 4)
    free_bytes = measure_memory(request_id, Settings()).free_bytes
    assert _GIB // 4 < free_bytes < memory.total_bytes
    assert "mlxtui.inference.memory" not in sys.modules


def test_models_that_cannot_be_loaded_need_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    models = scan_library(Settings(models_folder=tmp_path))
    needs = {model.name: model.needed_bytes for model in models}
    assert needs["broken"] == 0
    assert needs["guide"] > 0


def test_text_says_how_many_tokens_were_made(
    engine: EngineHarness, llama: Path
) -> None:
    outcome = engine.ask(llama, "fox", temperature=0, max_tokens=12)
    counts = [
        event.generated_tokens
        for event in outcome.events
        if isinstance(event, TextDelta)
    ]
    assert counts == sorted(counts)
    assert 1 <= counts[0] and counts[-1] <= outcome.finished.stats.generated_tokens
    _command, merged = engine.start(
        llama, "fox", temperature=0, max_tokens=12, merge_seconds=60
    )
    last = [e for e in engine.wait(merged).events if isinstance(e, TextDelta)][-1]
    assert last.generated_tokens == counts[-1]
