"""A local Hugging Face hub over real HTTP, with faults by script.

It answers what the real one answers to the client of huggingface_hub and to mlxtui:
search, information with sizes and hashes, trees, files by redirect to another port,
ranges, gated and private repositories, uploads. `python -m tests.hub_server` runs it
with a few small repositories, to try the app by hand.

```python
with HubServer() as hub:
    hub.add("owner/name", {"config.json": b"{}", "model.safetensors": MadeUp(10**9)})
    hub.fault("owner/name/*.safetensors", Drop(after_bytes=1000), Status(503))
    …  # HfApi(endpoint=hub.endpoint)
    assert not any(one.had_token for one in hub.requests if one.server == "cdn")
```
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from tests.hub_parts.cdn import CdnHandler
from tests.hub_parts.content import Given, HubFile, MadeUp
from tests.hub_parts.faults import (
    Answer,
    Call,
    Corrupt,
    Drop,
    Fault,
    IgnoreRange,
    Reset,
    Silent,
    Slow,
    Stall,
    Status,
    Truncate,
    WrongBytes,
    WrongContentRange,
)
from tests.hub_parts.hub import HubHandler
from tests.hub_parts.repository import HubRepository
from tests.hub_parts.server import Server
from tests.hub_parts.state import HubState, HubUser, Request

__all__ = [
    "TOKEN",
    "Answer",
    "Call",
    "Corrupt",
    "Drop",
    "Fault",
    "Given",
    "HubFile",
    "HubRepository",
    "HubServer",
    "HubUser",
    "IgnoreRange",
    "MadeUp",
    "Request",
    "Reset",
    "Silent",
    "Slow",
    "Stall",
    "Status",
    "Truncate",
    "WrongBytes",
    "WrongContentRange",
]

TOKEN = "hf_LocalHubTokenOfTester"
"""The token of the user `tester`, who may write and has accepted no licence."""


class HubServer:
    """A hub of its own on this machine, until it is closed.

    Args:
        port: Of the hub; 0 takes a free one. That of large files is always free.
    """

    def __init__(self, port: int = 0) -> None:
        self._state = HubState()
        self._state.users[TOKEN] = HubUser("tester")
        self._hub = Server(port, HubHandler, self._state)
        self._cdn = Server(0, CdnHandler, self._state)
        self._state.endpoint = self._hub.address
        self._state.cdn_endpoint = self._cdn.address

    def __enter__(self) -> "HubServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """The hub's address, without a slash at its end."""
        return self._state.endpoint

    @property
    def cdn_endpoint(self) -> str:
        """The address that large files come from: another port, so another host."""
        return self._state.cdn_endpoint

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order; those under way change while they run."""
        with self._state.lock:
            return list(self._state.requests)

    def asked(self, pattern: str = "*", method: str = "") -> list[Request]:
        """The requests whose target (`owner/name/file` or a path) matches."""
        return self._state.asked(pattern, method)

    def bytes_sent(self, pattern: str = "*") -> int:
        """Bytes of bodies that were sent for the targets that match."""
        return sum(one.bytes_sent for one in self.asked(pattern))

    def forget_requests(self) -> None:
        """Empty the log."""
        with self._state.lock:
            self._state.requests.clear()

    def add(
        self, repo_id: str, files: Mapping[str, Given], **about: Any
    ) -> HubRepository:
        """Add a repository, or a commit to one that is there.

        Args:
            files: Path to content; what large files are goes by git-lfs.
            about: Fields of `HubRepository`: `gated`, `is_private`, `downloads`, …
        """
        repository = self._state.repositories.get(repo_id)
        if repository is None:
            repository = HubRepository(repo_id, **about)
            self._state.repositories[repo_id] = repository
        repository.commit(files)
        return repository

    def add_user(self, token: str, user: HubUser) -> None:
        """Let a token in."""
        self._state.users[token] = user

    def accept(self, repo_id: str, token: str = TOKEN) -> None:
        """A user accepts the licence of a gated repository."""
        self._state.users[token].accepted.add(repo_id)

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name; the old one leads to it."""
        repository = self._state.repositories.pop(old)
        repository.repo_id = new
        self._state.repositories[new] = repository
        self._state.moved[old] = new

    def repository(self, repo_id: str) -> HubRepository:
        """One of its repositories.

        Raises:
            KeyError: There is none of that name.
        """
        return self._state.repositories[repo_id]

    def fault(
        self, pattern: str, *faults: Fault | None, is_endless: bool = False
    ) -> None:
        """Let requests go wrong, each with the next fault.

        Args:
            pattern: Of the target, as `fnmatch` has it: `owner/name/*.safetensors`
                where bytes of a file are sent; else the path, such as `/api/models*`
                or `/owner/name/resolve/*`.
            faults: None lets one request through.
            is_endless: Begin again after the last.
        """
        self._state.faults.add(pattern, faults, is_endless)

    def faults_left(self) -> int:
        """How many faults have not struck yet."""
        return self._state.faults.left()

    def heal(self) -> None:
        """No more faults."""
        self._state.faults.clear()

    def throttle(self, bytes_per_second: float | None) -> None:
        """Limit the rate of all connections together; None lifts the limit."""
        self._state.throttle.bytes_per_second = bytes_per_second

    def wait(self) -> None:
        """Wait until it is closed."""
        self._state.closing.wait()

    def close(self) -> None:
        """End it, whatever is under way."""
        self._state.closing.set()
        self._hub.close()
        self._cdn.close()


if __name__ == "__main__":
    from tests.hub_parts.by_hand import main

    main()
