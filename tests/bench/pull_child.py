"""One pull in a process of its own: `python -m tests.bench.pull_child`.

Its input is a pickled `Order` of the transfer's tests; it prints one JSON object.
"""

import json
import pickle
import sys
import time

# The app has these in memory from the plan that comes before a pull.
import httpx2  # noqa: F401
import huggingface_hub  # noqa: F401
import psutil

from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer import TransferControl, TransferProgress, fetch


def main() -> None:
    """Fetch, and say how long it took and how much memory was in use."""
    order = pickle.load(sys.stdin.buffer)
    process = psutil.Process()
    idle_bytes = peak_bytes = process.memory_info().rss

    def on_progress(progress: TransferProgress) -> None:
        nonlocal peak_bytes
        peak_bytes = max(peak_bytes, process.memory_info().rss)

    start = time.perf_counter()
    folder = fetch(
        HubAccess(order.endpoint),
        order.repository,
        order.repository.files,
        order.cache_dir,
        control=TransferControl(),
        on_progress=on_progress,
        limits=order.limits,
    )
    print(
        json.dumps(
            {
                "folder": str(folder),
                "seconds": time.perf_counter() - start,
                "processor_seconds": sum(process.cpu_times()[:2]),
                "more_than_idle_bytes": peak_bytes - idle_bytes,
            }
        )
    )


if __name__ == "__main__":
    main()
