"""How often a transfer writes down what it has: numbers that follow from its size.

A kill may cost what no journal names yet, a power loss what was not flushed; both
together stay under one percent of the whole, however small it is.
"""

from dataclasses import dataclass

_MOST_READ_BYTES = 256 * 1024
_LEAST_READ_BYTES = 2 * 1024
_MOST_RECORD_BYTES = 32 * 1024
_MOST_SAVE_BYTES = 32 * 1024 * 1024
_LEAST_SAVE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a transfer does after how many bytes."""

    read_bytes: int
    """At most, taken from a connection at once."""
    record_bytes: int
    """Of one span, written before the journal names them."""
    save_bytes: int
    """Of all files, named in journals before files and journals are flushed."""
    most_unsaved_bytes: int
    """Beyond these nothing more is read until a flush has ended."""


def pace_of(total_bytes: int, connections: int) -> Pace:
    """The pace for a transfer.

    Args:
        total_bytes: Of the whole, with what is there already.
        connections: That are read side by side.
    """
    read_bytes = total_bytes // (1000 * connections)  # 0.1 % in all hands
    save_bytes = total_bytes // 500
    return Pace(
        read_bytes=min(max(read_bytes, _LEAST_READ_BYTES), _MOST_READ_BYTES),
        # A journal of a large file has at most 100,000 entries, 3 MB.
        record_bytes=max(
            min(total_bytes // 20_000, _MOST_RECORD_BYTES), total_bytes // 100_000
        ),
        save_bytes=min(max(save_bytes, _LEAST_SAVE_BYTES), _MOST_SAVE_BYTES),
        # Far above: a flush takes 50 ms now and then, and what fills the system's
        # buffers meanwhile is lost in a kill.
        most_unsaved_bytes=max(total_bytes * 3 // 400, 2 * _LEAST_SAVE_BYTES),
    )
