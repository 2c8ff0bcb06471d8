"""Our own transfer from a hub: parts at once, stopped and resumed, checked, kept."""

from mlxtui.hub.transfer.control import (
    TransferCancelled,
    TransferControl,
    TransferLimits,
    TransferProgress,
)
from mlxtui.hub.transfer.fetching import discard, fetch, missing_bytes

__all__ = [
    "TransferCancelled",
    "TransferControl",
    "TransferLimits",
    "TransferProgress",
    "discard",
    "fetch",
    "missing_bytes",
]
