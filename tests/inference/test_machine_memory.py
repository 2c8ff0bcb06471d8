"""The machine's memory: what it says, and that asking it takes no MLX."""

import subprocess
import sys

import pytest

from mlxtui.inference import machine_memory


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
