"""The machine's memory: what it says, and that asking it takes no MLX."""

import subprocess
import sys

import pytest

from mlxtui.inference import machine_memory
from mlxtui.plans import CacheShape, fit_of


def test_what_is_available_is_a_part_of_the_whole() -> None:
    memory = machine_memory.read()
    assert 0 < memory.available_bytes < memory.total_bytes


@pytest.mark.parametrize(
    ("used_share", "pressure"),
    [(0, "normal"), (0.749, "normal"), (0.75, "warning"), (0.849, "warning"),
     (0.85, "critical"), (1, "critical")],
)  # fmt: skip
def test_pressure_follows_the_share_in_use(used_share: float, pressure: str) -> None:
    assert machine_memory.pressure_of(used_share) == pressure


def test_the_system_has_the_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_memory, "_system_pressure", lambda: "critical")
    assert machine_memory.read().pressure == "critical"


def test_reading_it_imports_no_mlx() -> None:
    code = (
        "import sys; from mlxtui.inference import machine_memory as m; m.read();"
        "assert 'mlx' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_estimate_is_weights_a_tenth_and_the_cache() -> None:
    assert machine_memory.needed_bytes(1000) == 1100
    assert machine_memory.needed_bytes(1000, 50) == 1150
    assert machine_memory.weight_budget(1150, 50) == 1000
    assert machine_memory.weight_budget(10, 50) == 0


def test_a_load_must_have_room_for_4096_tokens_or_all_there_are() -> None:
    cache = CacheShape(bytes_per_token=2, window_bytes_per_token=1, window_tokens=100)
    assert machine_memory.cache_to_load(cache, 131_072) == 2 * 4096 + 100
    assert machine_memory.cache_to_load(cache, 512) == 2 * 512 + 100
    assert machine_memory.cache_to_load(cache, None) == 2 * 4096 + 100
    assert machine_memory.cache_to_load(None, 512) == 0


@pytest.mark.parametrize(
    ("needed_bytes", "free_bytes", "fit"),
    [(101, 100, "too-big"), (100, 100, "tight"), (76, 100, "tight"), (75, 100, "fits"),
     (0, 0, "fits"),
     # Other programs hold most of the machine.
     (10, 40, "fits"), (11, 40, "fits"), (16, 40, "tight"), (2, 10, "fits"),
     (3, 10, "tight")],
)  # fmt: skip
def test_what_fits_leaves_a_quarter_free_or_is_small(
    needed_bytes: int, free_bytes: int, fit: str
) -> None:
    assert fit_of(needed_bytes, free_bytes, total_bytes=100) == fit
