"""Waiting for what may take long, such as an answer of the network, no longer than
somebody wants it."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_LOOK_SECONDS = 0.05

_here = threading.local()


class NoLongerWanted(Exception):
    """Nobody waits for the result any more; its thread ends by itself, at the latest
    where it looks: `check_wanted`."""


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

    is_left = threading.Event()

    def run() -> None:
        _here.is_left = is_left
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
    is_left.set()
    raise NoLongerWanted


def check_wanted() -> None:
    """Go on with something long only if somebody waits for what this thread does.

    Raises:
        NoLongerWanted: It was started by `beside`, and nobody does.
    """
    is_left: threading.Event | None = getattr(_here, "is_left", None)
    if is_left is not None and is_left.is_set():
        raise NoLongerWanted
