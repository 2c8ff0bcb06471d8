"""How far a measurement has come."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from mlxtui.inference.step import Step, Work
from mlxtui.plans import Stage

_Result = TypeVar("_Result")

# Between two looks at a thread: the engine's answers go on meanwhile.
_WAIT_SECONDS = 0.005


@dataclass(slots=True, kw_only=True)
class Progress:
    """What the steps of one piece of work say; its parts count it up."""

    stage: Stage
    unit: Literal["tokens", "steps"]
    total: int = 0
    done: int = 0
    note: str = ""

    def step(self) -> Step:
        """The state now, as the engine takes it."""
        return Step(
            stage=self.stage,
            done=min(self.done, self.total),
            total=self.total,
            unit=self.unit,
            note=self.note,
        )


def in_thread(function: Callable[[], _Result], progress: Progress) -> Work[_Result]:
    """Run what takes long without MLX (a tokenizer's seconds) beside the engine."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="mlxtui-texts")
    try:
        future = pool.submit(function)
        while True:
            try:
                return future.result(timeout=_WAIT_SECONDS)
            except TimeoutError:
                if future.done():
                    raise
            yield progress.step()
    finally:
        # Cancelled: the thread ends by itself, and nobody waits for what it finds.
        pool.shutdown(wait=False)
