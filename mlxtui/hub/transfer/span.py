"""A part of a content that one connection fetches."""

from dataclasses import dataclass

from mlxtui.hub.transfer.download import Download


@dataclass(slots=True)
class Span:
    """A part of a content that one connection fetches."""

    download: Download
    start: int
    end: int
    is_stream: bool
    round: int
    noted: int
    """How far it is written and noted."""
    has_bytes: bool = False
