"""So many at a time, in the order in which they came."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.1


class Turns:
    """Turns that threads wait for.

    Args:
        at_once: How many have one at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(
        self, on_wait: Callable[[], None], check: Callable[[], None]
    ) -> Iterator[None]:
        """Wait for a turn and give it back at the end.

        Args:
            on_wait: Called once if it is not the caller's turn at once.
            check: Called now and then while waiting; raises to stop that.
        """
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            if not self._is_next(ticket):
                on_wait()
            while not self._is_next(ticket):
                check()
                with self._changed:
                    self._changed.wait(_LOOK_SECONDS)
            yield
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        with self._changed:
            return ticket in self._waiting[: self._at_once]
