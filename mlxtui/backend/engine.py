"""The engine thread: the only one that touches MLX.

It takes commands from its inbox between two steps and steps every model that has
requests. Whatever goes wrong inside a step ends the request that caused it, and the
thread goes on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from mlxtui.backend.commands import Generate, LoadModel, UnloadModel
from mlxtui.backend.engine_work import Task, WorkQueue
from mlxtui.backend.events import Cancelled, ModelLoaded, ModelUnloaded, Progress
from mlxtui.backend.failures import failure
from mlxtui.backend.replies import GenerationReply
from mlxtui.backend.requests import Request, cancelled
from mlxtui.errors import ModelNotFound
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.types import RequestId

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event

    # MLX is imported in the engine thread, and not before the first command.
    from mlxtui.inference.batch import Batch
    from mlxtui.inference.row import Row
    from mlxtui.inference.step import Result, Work

_log = logging.getLogger(__name__)

_GIB = 1024**3

# A step that fails although each of its requests works alone is tried once more;
# then the newest request goes, until a step succeeds.
_MAX_FAILED_STEPS = 2


class Engine:
    """Owns the models in memory.

    Args:
        emit: Called in the engine thread with every event; must not block.
    """

    def __init__(self, emit: Callable[[Event], None], settings: Settings) -> None:
        self._emit = emit
        self._settings = settings
        self._inbox: queue.SimpleQueue[Request | Task[Any] | None] = queue.SimpleQueue()
        self._batches: dict[Path, Batch] = {}  # least recently used first
        self._work = WorkQueue()
        self._leaving: list[UnloadModel] = []
        self._failed_steps = 0
        self._started = False
        self._thread = threading.Thread(target=self._run, name="mlxtui-engine")
        self._thread.start()

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next load on."""
        self._settings = settings

    def submit(self, request: Request) -> None:
        """Hand over a command; returns at once."""
        self._inbox.put(request)

    def start_work(self, make: Callable[[], Work[Result]]) -> Task[Result]:
        """Hand over long work, which is done between answers; returns at once. It is
        made in the engine thread, when its turn comes."""

        def begin() -> Work[Result]:
            self._start(None)
            return make()

        task = Task(begin, self._inbox.put)
        self._inbox.put(task)
        return task

    def loaded(self) -> tuple[Path, ...]:
        """The folders of the models in memory."""
        return tuple(self._batches)

    def close(self) -> None:
        """End the thread after what it is doing now, and wait for it."""
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            busy = self._is_answering() or self._work.is_busy
            try:
                request = self._inbox.get(block=not busy)
            except queue.Empty:
                pass
            else:
                if request is None:
                    break
                if isinstance(request, Task):
                    self._work.look_at(request)
                else:
                    self._handle(request)
                continue  # all commands that wait come before the next step
            self._step_all()
            self._work.step(is_answering=self._is_answering())
        self._end()

    def _is_answering(self) -> bool:
        return any(batch.rows for batch in self._batches.values())

    def _step_all(self) -> None:
        # A method of its own: a loop's variable would keep an unloaded model alive.
        started_seconds = time.perf_counter()
        for path in list(self._batches):
            self._step(self._batches[path])
        self._work.answered(time.perf_counter() - started_seconds)
        self._free_leaving()

    def _end(self) -> None:
        try:
            self._work.close()
            while self._batches:
                self._batches.popitem()[1].drop_cancelled()
            self._free_leaving()
        finally:
            if self._started:
                from mlxtui.inference import runtime

                runtime.stop()

    def _handle(self, request: Request) -> None:
        request_id = request.command.request_id
        try:
            if request.cancel.is_set():
                self._emit(cancelled(request.command))
                return
            match request.command:
                case LoadModel() as command:
                    self._load(command, request.cancel)
                case UnloadModel() as command:
                    self._unload(command)
                case Generate() as command:
                    self._generate(command, request)
                case _ as unreachable:
                    assert_never(unreachable)
        except Exception as error:
            self._emit(failure(request_id, error))

    def _load(self, command: LoadModel, cancel: threading.Event) -> None:
        path = command.path.resolve()
        if path not in self._batches:
            self._start(command.request_id)
            from mlxtui.convert import model_folder
            from mlxtui.inference import machine_memory, memory, model, runtime
            from mlxtui.inference.batch import Batch

            folder = model_folder.check(path, command.name)
            limit_bytes = int(self._settings.memory_limit_gib * _GIB)
            idle = [batch for batch in self._batches.values() if not batch.rows]
            while not memory.check_fit(
                command.name,
                folder.size_bytes,
                machine_memory.cache_to_load(folder.cache, folder.context_length),
                limit_bytes=limit_bytes,
                reclaimable_bytes=sum(batch.model.memory_bytes for batch in idle),
            ):
                self._free(idle.pop(0).model.path)

            def report(done: int, total: int) -> None:
                self._emit(
                    Progress(
                        request_id=command.request_id, stage="load",
                        done=done, total=total, unit="bytes",
                    )
                )  # fmt: skip

            try:
                loaded = model.load(folder, report, cancel.is_set)
            except model.LoadCancelled:
                runtime.free_unused()
                self._emit(Cancelled(request_id=command.request_id))
                return
            cache_bytes = int(self._settings.prompt_cache_gib * _GIB)
            self._batches[path] = Batch(loaded, cache_bytes)
            if self._settings.wired_limit == "model":
                runtime.wire(loaded.memory_bytes)
        self._emit(
            ModelLoaded(
                request_id=command.request_id, model=self._batches[path].model.facts()
            )
        )

    def _unload(self, command: UnloadModel) -> None:
        """Free a model now, or as soon as its answers have ended."""
        self._leaving.append(command)
        self._free_leaving()

    def _free_leaving(self) -> None:
        for command in list(self._leaving):
            path = command.path.resolve()
            if path in self._batches:
                if self._batches[path].rows:
                    continue
                self._free(path)
            self._leaving.remove(command)
            self._emit(ModelUnloaded(request_id=command.request_id, path=command.path))

    def _free(self, path: Path) -> None:
        from mlxtui.inference import runtime

        del self._batches[path]
        runtime.free_unused()

    def _generate(self, command: Generate, request: Request) -> None:
        path = command.path.resolve()
        if path not in self._batches:
            raise ModelNotFound(
                _("{path} is not loaded.").format(path=command.path),
                hint=_("Load the model first."),
            )
        from mlxtui.inference import memory, prompt

        batch = self._batches[path] = self._batches.pop(path)
        if not any(other.rows for other in self._batches.values()):
            memory.reset_peak()
        if command.raw_prompt is None:
            asked = prompt.chat_prompt(batch.model, command.messages, command.thinking)
        else:
            asked = prompt.raw_prompt(batch.model, command.raw_prompt)
        reply = GenerationReply(
            self._emit, command.request_id, request.cancel, command.merge_seconds
        )
        row = batch.new_row(
            asked,
            command.sampling,
            reply,
            arrived_seconds=request.arrived_seconds,
            raw=command.raw_prompt is not None,
        )
        batch.admit(row)

    def _step(self, batch: Batch) -> None:
        try:
            batch.step()
            self._failed_steps = 0
        except Exception as error:
            _log.exception("A step failed; its requests are tried one by one.")
            self._recover(batch, error)

    def _recover(self, batch: Batch, error: Exception) -> None:
        """Find the requests that a step failed for, end them, go on with the others."""
        from mlxtui.inference import runtime

        self._failed_steps += 1
        rows = batch.take_rows()
        runtime.free_unused()
        if self._failed_steps > _MAX_FAILED_STEPS and rows:
            self._fail_row(rows.pop(), error)
        # First each one alone, then all that work together: a probe empties the batch.
        healthy = [row for row in rows if self._works(batch.probe, row)]
        for row in healthy:
            self._works(batch.admit, row)

    def _works(self, attempt: Callable[[Row], None], row: Row) -> bool:
        try:
            attempt(row)
        except Exception as error:
            self._fail_row(row, error)
            return False
        return True

    def _fail_row(self, row: Row, error: Exception) -> None:
        assert isinstance(row.reply, GenerationReply)
        row.reply.flush()
        self._emit(failure(row.reply.request_id, error))

    def _start(self, request_id: RequestId | None) -> None:
        """Import MLX at the first command that needs it: it takes seconds."""
        if self._started:
            return
        if request_id is not None:
            self._emit(
                Progress(
                    request_id=request_id, stage="import", done=0, total=1, unit="steps"
                )
            )
        from mlxtui.inference import runtime

        runtime.start(self._settings.wired_limit)
        self._started = True
