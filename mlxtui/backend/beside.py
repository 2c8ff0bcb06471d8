"""Waiting for what cannot be stopped, such as an answer of the network, no longer than
somebody wants it."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_LOOK_SECONDS = 0.05


class NoLongerWanted(Exception):
    """Nobody waits for the result any more; its thread ends by itself."""


def beside(function: Callable[[], Result], is_wanted: Callable[[], bool]) -> Result:
    """Run a function in a thread of its own and wait for it.

    Args:
        function: It may leave nothing behind when nobody takes its result.
        is_wanted: Asked twenty times a second.

    Raises:
        NoLongerWanted: `is_wanted` said no before the function had ended.
        Exception: What the function raised.
    """
    ended: queue.SimpleQueue[tuple[Result | None, BaseException | None]]
    ended = queue.SimpleQueue()

    def run() -> None:
        try:
            ended.put((function(), None))
        except BaseException as error:
            ended.put((None, error))

    # A daemon: at the program's end nobody waits for a hub that does not answer.
    threading.Thread(target=run, name="mlxtui-beside", daemon=True).start()
    while is_wanted():
        try:
            result, error = ended.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            continue
        if error is not None:
            raise error
        return result  # type: ignore[return-value]
    raise NoLongerWanted
