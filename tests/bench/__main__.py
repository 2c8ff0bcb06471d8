"""`python -m tests.bench NAME [--json]`: measure us and the peer in one run."""

import argparse
import importlib
import json
import os
import tempfile
from dataclasses import asdict

from tests.bench.measure import Figure, Measurement

NAMES = ("start", "engine", "guide", "ui", "pull", "convert", "gguf", "busy")


def main() -> None:
    """Run one benchmark; the exit code is 1 where a mark is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(MLXTUI_HOME=home, HF_HOME=f"{home}/hf")
        measured: list[Measurement | Figure] = importlib.import_module(
            f"tests.bench.{arguments.name}"
        ).run()
    if arguments.json:
        rows = [{**asdict(item), "passed": item.passed} for item in measured]
        print(json.dumps(rows, indent=1))
    else:
        print("\n".join(map(str, measured)))
    raise SystemExit(any(item.passed is False for item in measured))


if __name__ == "__main__":
    main()
