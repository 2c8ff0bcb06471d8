"""What the local hub holds and remembers, for the threads of its two servers."""

import threading
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.hub_parts.faults import Faults
from tests.hub_parts.repository import HubRepository
from tests.hub_parts.throttle import Throttle


@dataclass
class Request:
    """One request, as the server saw it."""

    server: str
    """`hub` or `cdn`."""
    method: str
    path: str
    """With its query, as it was sent."""
    target: str
    """`owner/name/file` where a file's bytes are sent, else the path."""
    range: str
    """The header `Range`; may be empty."""
    had_token: bool
    """An Authorization header came along."""
    user_agent: str = ""
    status: int = 0
    bytes_sent: int = 0
    """Of the body."""
    at: float = field(default_factory=time.monotonic)


@dataclass
class HubUser:
    """Who a token belongs to, and what it opens."""

    name: str
    accepted: set[str] = field(default_factory=set)
    """Gated repositories whose licence this user accepted; `*` is all."""
    can_write: bool = True


class HubState:
    """The repositories, users, faults and the log of a local hub."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.cdn_endpoint = ""
        self.repositories: dict[str, HubRepository] = {}
        self.moved: dict[str, str] = {}
        self.users: dict[str, HubUser] = {}
        self.uploaded: dict[str, bytes] = {}
        self.faults = Faults()
        self.throttle = Throttle()
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.requests: list[Request] = []

    def remember(self, request: Request) -> None:
        """Add to the log."""
        with self.lock:
            self.requests.append(request)

    def asked(self, pattern: str = "*", method: str = "") -> list[Request]:
        """The requests whose target or path matches, in order."""
        with self.lock:
            return [
                one
                for one in self.requests
                if (not method or one.method == method)
                and (
                    fnmatchcase(one.target, pattern)
                    or fnmatchcase(one.path.partition("?")[0], pattern)
                )
            ]
