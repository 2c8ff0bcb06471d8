"""One engine and a few small models for all tests of the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine_harness import EngineHarness, running_engine
from tests.models import THINKING_TEMPLATE, Shape, write_model


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineHarness]:
    """A real engine; tests load into it what they need."""
    with running_engine() as harness:
        yield harness


@pytest.fixture(scope="session")
def model_of(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Make a small random model of a shape, once."""
    made: dict[str, Path] = {}

    def make(shape: Shape = "llama") -> Path:
        if shape not in made:
            made[shape] = write_model(tmp_path_factory.mktemp(shape) / shape, shape)
        return made[shape]

    return make


@pytest.fixture
def llama(engine: EngineHarness, model_of) -> Path:  # type: ignore[no-untyped-def]
    """A loaded Llama with random weights; loading what is loaded costs nothing."""
    path: Path = model_of("llama")
    engine.load(path)
    return path


@pytest.fixture(scope="session")
def thinker(engine: EngineHarness, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loaded Llama whose template knows reasoning."""
    path = write_model(
        tmp_path_factory.mktemp("thinker") / "thinker", chat_template=THINKING_TEMPLATE
    )
    engine.load(path)
    return path
