"""Real work that takes its time, so that a test meets it in the middle."""

import time
from typing import Any

from mlxtui.inference.step import Work

_STEP_SECONDS = 0.04


def slowly(real: Any) -> Any:
    """The same work with a pause after each step."""

    def make(*arguments: Any, **options: Any) -> Work[Any]:
        work = real(*arguments, **options)
        try:
            while True:
                try:
                    step = next(work)
                except StopIteration as stop:
                    return stop.value
                time.sleep(_STEP_SECONDS)
                yield step
        finally:
            work.close()

    return make
