"""What can go wrong on the way, by script: one fault for each request, in order."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one request."""

    def hits(self, start: int, stop: int) -> bool:
        """Whether a request for these bytes of a file is one that it can strike."""
        return True


@dataclass(frozen=True)
class Drop(Fault):
    """The connection is closed after so many bytes of the body."""

    after_bytes: int = 0


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset (RST) after so many bytes of the body."""

    after_bytes: int = 0


@dataclass(frozen=True)
class Stall(Fault):
    """No byte comes for so long after so many bytes of the body; then it goes on.

    Without a time it stalls until the server is closed.
    """

    after_bytes: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Slow(Fault):
    """This answer alone comes at so many bytes a second."""

    bytes_per_second: float


@dataclass(frozen=True)
class Silent(Fault):
    """Nothing is ever answered; with a time, the connection is then closed."""

    seconds: float | None = None


@dataclass(frozen=True)
class Status(Fault):
    """The answer is this status: 429, 500, 503, 403 for a link that has expired."""

    code: int
    retry_after: str = ""
    error_code: str = ""
    message: str = "Something went wrong"
    body: bytes | None = None
    content_type: str = "application/json"
    location: str = ""
    """Where a redirect leads."""


@dataclass(frozen=True)
class WrongBytes(Fault):
    """The right range is announced, bytes from another place are sent."""


@dataclass(frozen=True)
class IgnoreRange(Fault):
    """200 and the whole file where a range was asked for."""


@dataclass(frozen=True)
class WrongContentRange(Fault):
    """`Content-Range` names another place than was asked for."""

    shift_bytes: int = 1


@dataclass(frozen=True)
class Truncate(Fault):
    """A sound answer that ends so many bytes early and says so in its length."""

    missing_bytes: int = 1


@dataclass(frozen=True)
class Corrupt(Fault):
    """The byte at this place of the file is another one; waits for its request."""

    at: int = 0

    def hits(self, start: int, stop: int) -> bool:
        return start <= self.at < stop


@dataclass(frozen=True)
class Answer(Fault):
    """This body in place of the right one, with status 200: nonsense, a login page."""

    body: bytes
    content_type: str = "application/json"
    link: str = ""
    """The header `Link`."""


@dataclass(frozen=True)
class Call(Fault):
    """Something is done, such as changing a file; then the answer is the right one."""

    action: Callable[[], object]


@dataclass
class _Script:
    pattern: str
    faults: deque[Fault | None]
    is_endless: bool


class Faults:
    """The scripts of a server; taken from by many threads."""

    def __init__(self) -> None:
        self._scripts: list[_Script] = []
        self._lock = threading.Lock()

    def add(
        self, pattern: str, faults: Sequence[Fault | None], is_endless: bool
    ) -> None:
        """Faults for the requests that match a pattern, one after the other.

        Args:
            pattern: Of a target, as `fnmatch` has them.
            faults: None lets a request through.
            is_endless: Begin again at the end.
        """
        with self._lock:
            self._scripts.append(_Script(pattern, deque(faults), is_endless))

    def clear(self) -> None:
        """Forget what has not struck yet."""
        with self._lock:
            self._scripts.clear()

    def left(self) -> int:
        """How many faults have not struck yet, endless ones not counted."""
        with self._lock:
            return sum(len(one.faults) for one in self._scripts if not one.is_endless)

    def take(self, target: str, start: int, stop: int) -> Fault | None:
        """The fault of one request; it is then used up."""
        with self._lock:
            for script in self._scripts:
                if not script.faults or not fnmatchcase(target, script.pattern):
                    continue
                fault = script.faults[0]
                if fault is not None and not fault.hits(start, stop):
                    continue
                script.faults.popleft()
                if script.is_endless:
                    script.faults.append(fault)
                return fault
        return None
