"""How quickly the command answers, against the import that it must not wait for."""

import subprocess
import sys
import time
from collections.abc import Sequence

from tests.bench.measure import Measurement, paired

_ROUNDS = 5


def run() -> list[Measurement]:
    """Seconds of whole processes."""
    return [
        paired(
            "seconds of `mlxtui --help`, against `import mlx_lm`",
            lambda: _seconds(["-m", "mlxtui", "--help"]),
            lambda: _seconds(["-c", "import mlx_lm"]),
            rounds=_ROUNDS,
            at_most=0.25,
        )
    ]


def _seconds(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return time.perf_counter() - start
