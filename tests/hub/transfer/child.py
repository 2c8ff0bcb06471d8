"""A program of its own that fetches a repository: `python -m tests.hub.transfer.child`.

Its input is a pickled `Order`; it prints `done`, or the error.
"""

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

from mlxtui.errors import MlxTuiError
from mlxtui.hub.access import HubAccess
from mlxtui.hub.transfer import TransferControl, TransferLimits, fetch
from mlxtui.repositories import Repository


@dataclass(frozen=True)
class Order:
    """What the program is to fetch."""

    endpoint: str
    repository: Repository
    cache_dir: Path
    limits: TransferLimits


def main() -> None:
    """Fetch what the standard input says."""
    order = pickle.load(sys.stdin.buffer)
    try:
        fetch(
            HubAccess(order.endpoint),
            order.repository,
            order.repository.files,
            order.cache_dir,
            control=TransferControl(),
            on_progress=lambda progress: print(progress.note, flush=True),
            limits=order.limits,
        )
    except MlxTuiError as error:
        print(f"{error.message} {error.hint}")
        raise SystemExit(1) from error
    print("done")


if __name__ == "__main__":
    main()
