"""GGUF files and the models of other programs in the models place."""

from dataclasses import replace
from pathlib import Path

import pytest

from mlxtui.backend.job_commands import CopyModel, PlanRemoval, RenameModel
from mlxtui.plans import GgufOrigin, JobSpec, Provenance, TensorsOfType
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.screens.ask_name import AskName
from mlxtui.ui.screens.quantize_form import QuantizeForm
from tests.convert.gguf.gguf_bytes import gguf_bytes
from tests.recorded import GUIDE, Script
from tests.recorded_gguf import plan_of_several
from tests.ui.models_harness import QWEN, Visitor, models_place

_BLOB = Path("/ollama/blobs/sha256-0123")
WAITING = LocalModel(
    name="llama3.2:latest",
    path=_BLOB,
    files=(_BLOB,),
    source="ollama",
    kind="gguf",
    architecture="llama",
    parameter_count=3_210_000_000,
    bits_per_weight=5.0,
    quantization="Q4_K_M",
    size_bytes=2_019_000_000,
    needed_bytes=2_520_000_000,
    context_length=131_072,
    capabilities=("chat", "tools"),
)
_PARTS = tuple(Path(f"/lms/pub/repo/big-{n:05}-of-00002.gguf") for n in (1, 2))
MADE = replace(
    QWEN,
    name="big",
    source="models",
    path=Path("/models/big"),
    provenance=Provenance(
        source="pub/repo/big.gguf",
        gguf=GgufOrigin(
            files=tuple(part.name for part in _PARTS),
            sha256="ab" * 32,
            mode="faithful",
            types=(
                TensorsOfType(
                    type_name="Q4_K",
                    form="4-bit group 32",
                    count=217,
                    size_bytes=2_100_000_000,
                    largest_error=3.7e-4,
                ),
            ),
        ),
    ),
)
IMPORTED = replace(
    WAITING,
    name="pub/repo/big.gguf",
    path=_PARTS[0],
    files=_PARTS,
    source="lm-studio",
    imported_as="big",
)
BROKEN = replace(
    WAITING,
    name="sees:latest",
    path=Path("/ollama/manifests/sees"),
    files=(),
    needed_bytes=0,
    problem="sees:latest: Ollama keeps it in single tensors, for its own engine alone.",
    hint="Fetch its MLX version from the hub.",
)
THEIRS = replace(
    QWEN, name="mlx-community/theirs", source="lm-studio", path=Path("/lms/theirs")
)
ALL = (GUIDE, MADE, WAITING, IMPORTED, BROKEN, THEIRS)


async def _go(visitor: Visitor, model: LocalModel) -> None:
    visitor.place.library.go_to(model.name)
    await visitor.settle()
    assert visitor.current == model.name


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_gguf_files_say_what_they_are_to_this_machine(
    size: tuple[int, int],
) -> None:
    async with models_place(*ALL, size=size) as visitor:
        assert visitor.standings["llama3.2:latest"] == "→ to import"
        assert visitor.standings["big.gguf"] == "✓ imported"
        assert visitor.standings["sees:latest"] == "✗ unusable"
        await visitor.measure(9_600_000_000)
        assert visitor.standings["llama3.2:latest"] == "→ to import"
        assert "2.5 GB" in visitor.picture


async def test_what_will_be_needed_stands_under_what_is_needed() -> None:
    async with models_place(*ALL) as visitor:
        await visitor.measure(9_600_000_000)
        cells = [str(cell) for cell in visitor.table.get_column("memory")]
        ends = {len(cell) for cell in cells if cell.endswith("B")}
        assert len(ends) == 1


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_details_say_where_it_lies_and_what_to_do(
    size: tuple[int, int],
) -> None:
    async with models_place(*ALL, size=size) as visitor:
        await visitor.measure(9_600_000_000)
        await _go(visitor, WAITING)
        for part in (
            "→ to import", "will need 2.5 GB of memory", "✓ fits",
            "Enter shows what it becomes", str(_BLOB), "Ollama", "Q4_K_M", "llama",
            "GGUF file", "can call tools", "2.0 GB",
        ):  # fmt: skip
            assert part in visitor.details, part
        await _go(visitor, IMPORTED)
        assert "✓ imported" in visitor.details
        assert "It is here as big: Enter opens a chat with that." in visitor.details
        assert "LM Studio" in visitor.details
        await _go(visitor, BROKEN)
        assert "single tensors" in visitor.details
        assert "Fetch its MLX version" in visitor.details


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_details_of_what_was_made_say_of_what(size: tuple[int, int]) -> None:
    async with models_place(*ALL, size=size) as visitor:
        await _go(visitor, MADE)
        assert "pub/repo/big.gguf" in visitor.details
        assert "ab" * 6 in visitor.details
        assert "faithful" in visitor.details
        if size[0] > 100:
            assert "Q4_K" in visitor.details and "3.7e-04" in visitor.details


async def test_parts_are_counted() -> None:
    async with models_place(*ALL, size=(160, 50)) as visitor:
        await _go(visitor, IMPORTED)
        assert "Parts" in visitor.details
        assert "File" in visitor.details and str(_PARTS[0]) in visitor.details


# Enter


@pytest.mark.parametrize("key", ["enter", "l"])
async def test_a_file_to_import_shows_its_plan(key: str) -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, WAITING)
        await visitor.press(key)
        assert visitor.plans == [JobSpec(source=str(_BLOB))]
        assert visitor.loads == []


@pytest.mark.parametrize(("key", "then_chat"), [("enter", True), ("l", False)])
async def test_of_an_imported_file_the_model_is_loaded(
    key: str, then_chat: bool
) -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, IMPORTED)
        await visitor.press(key)
        assert visitor.loads == [("big", MADE.path, then_chat)]
        assert visitor.plans == []


async def test_a_file_that_cannot_be_imported_says_why() -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, BROKEN)
        await visitor.press("enter")
        assert "single tensors" in visitor.errors[0]
        assert visitor.plans == []


async def test_names_of_ollama_work_as_arguments() -> None:
    async with models_place(*ALL) as visitor:
        visitor.place.action_chat("llama3.2")
        visitor.place.action_chat("big.gguf")
        visitor.place.action_chat("big")
        await visitor.settle()
        assert visitor.plans == [JobSpec(source=str(_BLOB))]
        assert [name for name, _path, _chat in visitor.loads] == ["big", "big"]


async def test_an_mlx_model_of_lm_studio_is_loaded_where_it_lies() -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, THEIRS)
        await visitor.press("enter")
        assert visitor.loads == [(THEIRS.name, THEIRS.path, True)]


async def test_a_typed_path_of_a_gguf_file_shows_its_plan(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf_bytes())
    async with models_place(settings=Settings()) as visitor:
        await visitor.press("slash")
        await visitor.paste(str(file))
        await visitor.press("enter")
        await visitor.until(lambda: visitor.plans)
        assert visitor.plans == [JobSpec(source=str(file))]


async def test_a_typed_path_of_several_gguf_files_goes_on_to_the_choice(
    tmp_path: Path,
) -> None:
    refused = replace(plan_of_several(JobSpec(source="x")), problem="Choose one.")
    script = Script(plans={str(tmp_path): replace(refused, address=None)})
    async with models_place(script=script) as visitor:
        await visitor.press("slash")
        await visitor.paste(str(tmp_path))
        await visitor.press("enter")
        await visitor.until(lambda: visitor.plans)
        assert visitor.filter.value == "" and visitor.errors == []


# What is not ours


@pytest.mark.parametrize("model", [WAITING, IMPORTED, THEIRS], ids=lambda one: one.name)
async def test_what_belongs_to_others_is_not_touched(model: LocalModel) -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, model)
        await visitor.press("d", "m", "y")
        assert not isinstance(visitor.app.screen, AskName)
        assert len(visitor.errors) == 3
        program = "Ollama" if model.source == "ollama" else "LM Studio"
        assert f"belongs to {program}" in visitor.errors[0]
        for command in (PlanRemoval, CopyModel, RenameModel):
            assert visitor.commands(command) == []


async def test_a_gguf_file_can_be_quantized() -> None:
    async with models_place(*ALL) as visitor:
        await _go(visitor, WAITING)
        await visitor.press("q")
        assert isinstance(visitor.app.screen, QuantizeForm)
        await visitor.press("escape")
        await _go(visitor, BROKEN)
        await visitor.press("q")
        assert "single tensors" in visitor.errors[0]


@pytest.mark.parametrize("name", ["imported", "waiting"])
async def test_another_form_of_a_file_is_reached_by_the_quantize_form(
    name: str,
) -> None:
    model = {"imported": IMPORTED, "waiting": WAITING}[name]
    async with models_place(*ALL) as visitor:
        await _go(visitor, model)
        await visitor.press("q", "left")
        shown = visitor.picture
        assert "as it is" in shown and "Measure" not in shown and "Name" not in shown
        await visitor.press("enter")
        assert visitor.plans == [JobSpec(source=str(model.path))]


# The list


async def test_the_filter_knows_programs_and_files() -> None:
    async with models_place(*ALL) as visitor:
        await visitor.press("slash")
        for typed, found in (
            ("ollama", {"llama3.2:latest", "sees:latest"}),
            ("lm studio", {"big.gguf", "theirs"}),
            ("gguf q4_k_m tools", {"llama3.2:latest", "big.gguf", "sees:latest"}),
        ):
            await visitor.press("ctrl+u")
            await visitor.paste(typed)
            assert set(visitor.names) == found


async def test_the_disk_of_others_is_not_counted_as_ours() -> None:
    async with models_place(*ALL) as visitor:
        assert "6 models · 2.3 GB on disk" in visitor.picture
        await visitor.press("slash")
        await visitor.paste("ollama")
        assert "2 of 6 models · 4.0 GB on disk" in visitor.picture


async def test_sorting_puts_what_cannot_be_used_last() -> None:
    async with models_place(*ALL, size=(200, 30)) as visitor:
        for _column in range(8):
            await visitor.press("s")
            assert visitor.names[-1] == "sees:latest"
            assert len(visitor.names) == len(ALL)
