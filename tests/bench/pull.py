"""Fetching 2 GiB from the local hub: against curl, through drops, and through kills."""

import hashlib
import json
import multiprocessing
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlxtui.hub.transfer import TransferLimits
from mlxtui.repositories import Repository
from tests.bench.measure import Figure, Measurement, paired
from tests.hub.transfer.child import Order
from tests.hub.transfer.harness import REPO_ID, add
from tests.hub_server import Drop, HubServer, MadeUp

_SIZE_BYTES = 2 << 30
_FILES = 3
_THROTTLE_BYTES = 200e6
_ROUNDS = 2
_DROPS = 100
_KILLS = 20
_LARGEST_DROP_BYTES = 8 << 20
_MEGABYTE = 1e6


def run(size_bytes: int = _SIZE_BYTES) -> list[Measurement | Figure]:
    """All measurements of the transfer.

    Args:
        size_bytes: Of the repository.
    """
    with _hub(size_bytes) as hub, tempfile.TemporaryDirectory() as folder:
        bench = _Bench(hub, Path(folder))
        return [
            bench.against_curl("hub at 200 MB/s", _THROTTLE_BYTES, _ROUNDS, 0.95),
            bench.against_curl("hub not throttled", None, 1, None),
            bench.drops_and_kills(),
            bench.memory(),
        ]


class _Hub:
    """The hub, in a process of its own: its work must not slow ours."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self._pipe = pipe
        self.endpoint: str
        self.repository: Repository
        self.endpoint, self.repository = pipe.recv()

    def ask(self, name: str, *arguments: Any) -> Any:
        """Call one of the hub's methods."""
        self._pipe.send((name, arguments))
        return self._pipe.recv()


def _serve(pipe: "Connection[Any, Any]", size_bytes: int) -> None:
    with HubServer() as hub:
        part = MadeUp(size_bytes // _FILES)
        files: dict[str, Any] = {
            f"model-{number}.safetensors": MadeUp(part.size_bytes, number)
            for number in range(_FILES)
        }
        files["config.json"] = b"{}"
        pipe.send((hub.endpoint, add(hub, files)))
        while (asked := pipe.recv()) is not None:
            name, arguments = asked
            pipe.send(getattr(hub, name)(*arguments))


@contextmanager
def _hub(size_bytes: int) -> Iterator[_Hub]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, size_bytes), daemon=True)
    process.start()
    yield _Hub(ours)
    ours.send(None)
    process.join()


class _Bench:
    def __init__(self, hub: _Hub, folder: Path) -> None:
        self._hub = hub
        self._folder = folder
        self._size_bytes = sum(file.size_bytes for file in hub.repository.files)
        self._more_than_idle_bytes: list[float] = []

    def against_curl(
        self, name: str, throttle: float | None, rounds: int, at_least: float | None
    ) -> Measurement:
        """MB/s of pulls, checked and flushed, against curl's of the same files."""
        self._hub.ask("throttle", throttle)
        return paired(
            f"MB/s of a pull, {name}, against curl",
            self._our_rate,
            self._rate_of_curl,
            rounds=rounds,
            at_least=at_least,
        )

    def drops_and_kills(self) -> Figure:
        """Percent of the whole that is fetched twice."""
        self._hub.ask("throttle", _THROTTLE_BYTES)
        self._hub.ask("forget_requests")
        choice = random.Random(4)
        drops = [Drop(choice.randrange(_LARGEST_DROP_BYTES)) for _one in range(_DROPS)]
        self._hub.ask("fault", f"{REPO_ID}/*.safetensors", *drops)
        for number in range(_KILLS):
            share = (number + choice.random()) / (_KILLS + 1)
            self._kill_when_done(share * self._size_bytes)
        folder = Path(self._finish(self._start())["folder"])
        assert self._hub.ask("faults_left") == 0, "Some drops did not come about"
        for file in self._hub.repository.files:
            if file.sha256:
                with (folder / file.path).open("rb") as opened:
                    found = hashlib.file_digest(opened, "sha256").hexdigest()
                assert found == file.sha256, f"{file.path} is not right"
        self._clear()
        again = self._hub.ask("bytes_sent", f"{REPO_ID}/*") - self._size_bytes
        return Figure.of_rounds(
            f"percent fetched twice over {_DROPS} drops and {_KILLS} kills",
            "%",
            ours=[100 * again / self._size_bytes],
            peer=[0.0],
            under=1.0,
        )

    def memory(self) -> Figure:
        """MB in use during the pulls, more than before them."""
        return Figure.of_rounds(
            "most memory of a pull, more than idle",
            "MB",
            ours=self._more_than_idle_bytes,
            peer=[0.0],
            under=100.0,
        )

    def _our_rate(self) -> float:
        done = self._finish(self._start())
        self._clear()
        self._more_than_idle_bytes.append(done["more_than_idle_bytes"] / _MEGABYTE)
        return float(self._size_bytes / done["seconds"] / _MEGABYTE)

    def _rate_of_curl(self) -> float:
        command = ["curl", "--silent", "--fail", "--location"]
        for file in self._hub.repository.files:
            url = f"{self._hub.endpoint}/{REPO_ID}/resolve/main/{file.path}"
            command += [url, "--output", str(self._folder / file.path)]
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
        for file in self._hub.repository.files:
            (self._folder / file.path).unlink()
        return self._size_bytes / seconds / _MEGABYTE

    @property
    def _cache_dir(self) -> Path:
        return self._folder / "cache"

    def _clear(self) -> None:
        shutil.rmtree(self._cache_dir)

    def _start(self) -> "subprocess.Popen[bytes]":
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.pull_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ,
        )
        order = Order(
            self._hub.endpoint, self._hub.repository, self._cache_dir, TransferLimits()
        )
        assert child.stdin is not None
        with child.stdin:
            child.stdin.write(pickle.dumps(order))
        return child

    def _finish(self, child: "subprocess.Popen[bytes]") -> dict[str, Any]:
        assert child.stdout is not None
        with child.stdout:
            output = child.stdout.read()
        assert child.wait() == 0, "A pull has failed"
        done: dict[str, Any] = json.loads(output)
        return done

    def _kill_when_done(self, size_bytes: float) -> None:
        child = self._start()
        # Counted by the hub: to read the child's journals would take a processor.
        while self._hub.ask("bytes_sent", f"{REPO_ID}/*") < size_bytes:
            assert child.poll() is None, "A pull has ended early"
            time.sleep(0.02)
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
