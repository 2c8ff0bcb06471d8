"""Apple's chips and what their memory delivers."""

import os
from collections.abc import Mapping

from mlxtui.cli.checks_machine import sysctl

# Memory bandwidth, from Apple's technical specifications. Of two chips with the same
# name, the number of processor cores tells which it is.
_BANDWIDTH_GB: Mapping[str, float | Mapping[int, float]] = {
    "Apple M1": 68.25, "Apple M1 Pro": 200, "Apple M1 Max": 400, "Apple M1 Ultra": 800,
    "Apple M2": 100, "Apple M2 Pro": 200, "Apple M2 Max": 400, "Apple M2 Ultra": 800,
    "Apple M3": 100, "Apple M3 Pro": 150, "Apple M3 Max": {14: 300, 16: 400},
    "Apple M3 Ultra": 819,
    "Apple M4": 120, "Apple M4 Pro": 273, "Apple M4 Max": {14: 410, 16: 546},
    "Apple M5": 153,
}  # fmt: skip


def bandwidth_bytes_per_second() -> float | None:
    """What this chip's memory delivers; None where that is not known."""
    known = _BANDWIDTH_GB.get(sysctl("machdep.cpu.brand_string"))
    if isinstance(known, Mapping):
        known = known.get(os.cpu_count() or 0)
    return None if known is None else known * 1000**3
