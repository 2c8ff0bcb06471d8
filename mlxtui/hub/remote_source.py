"""A repository's files, of which small parts are read where they are.

It is what a plan is made from before anything is fetched. A transfer checks hashes;
this does not.
"""

import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import quote

from mlxtui.errors import HubError, RepositoryNotFound
from mlxtui.harmless import one_line
from mlxtui.hub.access import HubAccess
from mlxtui.hub.asking import ask, open_client
from mlxtui.hub.failures import wrong_bytes
from mlxtui.i18n import _
from mlxtui.repositories import Repository

# One request brings the length and the text of most safetensors headers.
_AHEAD_BYTES = 128 << 10

_MOST_KEPT_BYTES = 32 << 20
_MOST_PART_BYTES = 64 << 20

_PARTIAL = 206
_WHOLE = 200
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class RemoteSource:
    """The files of a repository on the hub, read in parts; remembers what it read.

    Args:
        repository: As `describe` gives it.
    """

    def __init__(self, access: HubAccess, repository: Repository) -> None:
        self._access = access
        self._repository = repository
        self._sizes = {file.path: file.size_bytes for file in repository.files}
        self._client = open_client(access)
        self._parts: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        # Its connections end with it, whoever forgets to close it.
        self._end = weakref.finalize(self, self._client.close)

    def close(self) -> None:
        """End its connections; nothing more can be read."""
        self._end()

    def files(self) -> Mapping[str, int]:
        """Every file's path with its size in bytes."""
        return self._sizes

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """A part of a file.

        Args:
            start: First byte.
            length: Bytes; None is all from there on. Fewer come at the file's end.

        Raises:
            RepositoryNotFound: There is no such file.
            HubError: The hub does not answer, sends wrong bytes, or the part is too
                large to be read here.
        """
        if path not in self._sizes:
            raise RepositoryNotFound(
                _("{repo} has no file {file}.").format(
                    repo=self._repository.address.repo_id, file=one_line(path)
                )
            )
        size = self._sizes[path]
        stop = size if length is None else min(size, start + length)
        if stop <= start:
            return b""
        if stop - start > _MOST_PART_BYTES:
            raise HubError(
                _("{file} is too large to be looked at before it is fetched.").format(
                    file=one_line(path)
                )
            )
        kept = self._kept(path, start, stop)
        if kept is not None:
            return kept
        part = self._fetch(path, start, min(size, max(stop, start + _AHEAD_BYTES)))
        self._keep(path, start, part)
        return part[: stop - start]

    def _kept(self, path: str, start: int, stop: int) -> bytes | None:
        with self._lock:
            for (name, first), part in self._parts.items():
                if name == path and first <= start and stop <= first + len(part):
                    self._parts.move_to_end((name, first))
                    return part[start - first : stop - first]
        return None

    def _keep(self, path: str, start: int, part: bytes) -> None:
        with self._lock:
            self._parts[path, start] = part
            while sum(map(len, self._parts.values())) > _MOST_KEPT_BYTES:
                self._parts.popitem(last=False)

    def _fetch(self, path: str, start: int, stop: int) -> bytes:
        repository = self._repository
        where = f"/{quote(repository.address.repo_id)}/resolve/{repository.commit}/"
        answer = ask(
            self._client,
            self._access,
            where + quote(path),
            address=repository.address,
            byte_range=(start, stop),
            most_bytes=stop - start,
        )
        right = (str(start), str(stop - 1), str(self._sizes[path]))
        if answer.status == _PARTIAL:
            place = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            is_right = place is not None and place.groups() == right
        else:
            # The whole file comes: its beginning can be used.
            is_right = answer.status == _WHOLE and start == 0
        part = answer.body[: stop - start]
        if not is_right or len(part) != stop - start:
            raise wrong_bytes(path, self._access.endpoint)
        return part
