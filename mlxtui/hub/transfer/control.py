"""How a transfer is watched and ended from another thread."""

import threading
from dataclasses import dataclass


class TransferCancelled(Exception):
    """A transfer has ended because it was asked to; what it fetched is kept."""


class TransferControl:
    """Ends a transfer; any thread may ask for it, and none waits."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End the transfer within half a second; what it fetched is kept."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._cancelled.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgress:
    """How far a transfer has come."""

    done_bytes: int
    """Of the whole, with what was there before."""
    total_bytes: int
    rate_bytes_per_second: float
    """Received over the last three seconds; 0 when nothing comes."""
    seconds_left: float | None
    """By that rate; None while nothing comes."""
    files: tuple[tuple[str, int, int], ...]
    """Path, bytes done and bytes in all of each file that is being fetched now."""
    note: str = ""
    """What it waits for; one line, empty when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLimits:
    """How hard a transfer tries."""

    connections: int = 8
    """At once, over all files."""
    near_connections: int = 3
    """Of those, while no server is known to be far away: a near one is as fast with
    few, and less is on its way when the process is killed."""
    stall_seconds: float = 20
    """Without a byte, before a connection is given up."""
    connect_seconds: float = 10
    """Until a connection stands."""
    attempts: int = 8
    """In a row that a server answers without one new byte of a file, before the
    transfer fails."""
    patience_seconds: float = 24 * 3600
    """Without a connection, before the transfer fails; sleep does not count."""
    first_wait_seconds: float = 1
    """Before the second attempt; doubled for each further one."""
    longest_wait_seconds: float = 30
    least_span_bytes: int = 4 * 1024 * 1024
    """Of a file, asked for at once."""
    most_span_bytes: int = 64 * 1024 * 1024


USUAL_LIMITS = TransferLimits()
"""For a hub on the internet."""
