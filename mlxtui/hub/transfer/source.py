"""One file on the hub: where its bytes are, and whether an answer really is them."""

import email.utils
import re
import threading
import time
from typing import TYPE_CHECKING

from mlxtui.errors import HubError
from mlxtui.harmless import one_line
from mlxtui.hub.access import HubAccess
from mlxtui.hub.failures import host_of, refusal, wrong_bytes
from mlxtui.hub.transfer.body import Body
from mlxtui.hub.transfer.layout import content_id
from mlxtui.hub.transfer.trouble import ContentChanged, Trouble
from mlxtui.hub.transfer.wire import Wire
from mlxtui.i18n import _
from mlxtui.repositories import RemoteFile, Repository

if TYPE_CHECKING:
    import httpx2

_MOST_HOPS = 8
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_LONGEST_WAIT_SECONDS = 3600.0

_WHOLE, _PART, _UNSATISFIABLE = 200, 206, 416
_LATER = (408, 425, 429)
_SERVER_ERROR = 500


class Source:
    """Asks for the bytes of one file; many threads at once."""

    def __init__(
        self, wire: Wire, access: HubAccess, repository: Repository, file: RemoteFile
    ) -> None:
        import httpx2
        from huggingface_hub import hf_hub_url

        self._wire = wire
        self._access = access
        self._repository = repository
        self._file = file
        self._name = content_id(file)
        self._hub_url = httpx2.URL(
            hf_hub_url(
                repository.address.repo_id,
                file.path,
                revision=repository.commit,
                endpoint=access.endpoint,
            )
        )
        self._asking_hub = threading.Lock()
        self._link: httpx2.URL | None = None
        self._link_etags: dict[bytes, str] = {}
        """By the server: each names the content in its own way."""
        self._etag_may_change = False

    def open(self, start: int, end: int, *, is_stream: bool) -> Body:
        """Ask for a part of the file, or for a stream of the whole.

        Args:
            is_stream: Without a range, whatever part is wanted: for servers that
                answer ranges wrongly.

        Returns:
            A body that begins at `start`, or at 0 when it is a stream of the whole.

        Raises:
            Trouble: It may go well the next time.
            HubError: It will not.
            ContentChanged: The server has another content than before.
        """
        is_whole = is_stream or (start, end) == (0, self._file.size_bytes)
        headers = {"Accept-Encoding": "identity"}
        if not is_whole:
            headers["Range"] = f"bytes={start}-{end - 1}"
        response = self._answer(headers)
        try:
            self._check(response, None if is_whole else (start, end))
        except BaseException:
            self._wire.dismiss(response)
            raise
        return Body(self._wire, response, self._server(response.url))

    def forgive_change(self) -> None:
        """Begin again after a change; from now on the checksum alone decides."""
        self._link_etags.clear()
        self._etag_may_change = True

    def _answer(self, headers: dict[str, str]) -> "httpx2.Response":
        link = self._link
        if link is None:
            with self._asking_hub:
                link = self._link
                if link is None:
                    return self._follow(self._hub_url, headers)
        response = self._follow(link, headers)
        if response.is_client_error and response.status_code not in _LATER:
            # A signed link ends after a while: the hub gives a new one.
            self._wire.dismiss(response)
            with self._asking_hub:
                if self._link == link:
                    self._link = None
                    return self._follow(self._hub_url, headers)
            return self._answer(headers)
        return response

    def _follow(self, url: "httpx2.URL", headers: dict[str, str]) -> "httpx2.Response":
        """The answer behind all redirects; the token goes to the hub alone."""
        away = url if _origin(url) != _origin(self._hub_url) else None
        for _hop in range(_MOST_HOPS):
            is_hub = _origin(url) == _origin(self._hub_url)
            asked = dict(headers)
            if is_hub and self._access.token:
                asked["Authorization"] = f"Bearer {self._access.token}"
            try:
                response = self._wire.get(url, asked, self._server(url))
            except Trouble as trouble:
                if not is_hub:
                    self._forget(away)
                elif trouble.is_about_certificate and not trouble.is_unreachable:
                    raise trouble.error from trouble  # the next one would be the same
                raise
            if not response.has_redirect_location:
                if is_hub:
                    self._check_hub(response)
                return response
            self._wire.dismiss(response)
            if is_hub:
                self._check_hub(response)
            url = self._next(url, response.headers["location"])
            if is_hub and _origin(url) != _origin(self._hub_url):
                self._link = away = url
        raise HubError(
            _("{host} sends from one address to the next, without an end.").format(
                host=host_of(self._access.endpoint)
            )
        )

    def _forget(self, link: "httpx2.URL | None") -> None:
        """Ask the hub again, the next time: it may send to another server by then."""
        if self._link == link:
            self._link = None

    def _server(self, url: "httpx2.URL") -> str:
        """What the user is told of which server this is."""
        host = host_of(f"{url.scheme}://{url.netloc.decode('ascii')}")
        if _origin(url) == _origin(self._hub_url):
            return _("{host} (the hub)").format(host=host)
        return _("{host} (where {hub} sends for the file)").format(
            host=host, hub=host_of(self._access.endpoint)
        )

    def _next(self, url: "httpx2.URL", location: str) -> "httpx2.URL":
        import httpx2

        try:
            following = url.join(location)
        except httpx2.InvalidURL as error:
            raise self._trouble() from error
        is_safe = following.scheme == "https" or following.scheme == url.scheme
        if following.scheme not in ("http", "https") or not is_safe:
            raise HubError(
                _("{host} sends to an address that is not encrypted.").format(
                    host=host_of(str(url))
                ),
                hint=_("Try another network or mirror."),
            )
        return following

    def _check_hub(self, response: "httpx2.Response") -> None:
        """Whether the hub means the file that was planned."""
        if response.is_error:
            return
        commit = response.headers.get("X-Repo-Commit", self._repository.commit)
        etag = response.headers.get("X-Linked-ETag") or response.headers.get("ETag")
        size = response.headers.get("X-Linked-Size", str(self._file.size_bytes))
        if (
            commit != self._repository.commit
            or (etag and _plain(etag) != self._name)
            or size != str(self._file.size_bytes)
        ):
            response.close()
            raise HubError(
                _(
                    "{path} is another file on {host} than when it was looked at."
                ).format(
                    path=one_line(self._file.path), host=host_of(self._access.endpoint)
                ),
                hint=_("Begin again, so that the new one is looked at."),
            )

    def _check(self, response: "httpx2.Response", span: tuple[int, int] | None) -> None:
        status = response.status_code
        if response.is_error:
            raise self._refused(response)
        encoding = response.headers.get("Content-Encoding", "identity")
        if status not in (_WHOLE, _PART) or encoding != "identity":
            raise self._trouble()
        size = str(self._file.size_bytes)
        if span is None:
            if status == _PART or response.headers.get("Content-Length", size) != size:
                raise self._trouble()
        else:
            if status == _WHOLE:
                raise self._trouble(is_about_ranges=True)
            sent = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            wanted = (str(span[0]), str(span[1] - 1))
            if not sent or sent.group(1, 2) != wanted or sent[3] not in (size, "*"):
                raise self._trouble(is_about_ranges=True)
            length = response.headers.get("Content-Length", str(span[1] - span[0]))
            if length != str(span[1] - span[0]):
                raise self._trouble(is_about_ranges=True)
        self._check_link(response)

    def _check_link(self, response: "httpx2.Response") -> None:
        """Whether all parts are of one content, by the name that the server gives."""
        etag = response.headers.get("ETag", "")
        if self._link is None or not etag:
            return
        server = response.url.netloc
        before = self._link_etags.get(server, etag)
        if etag != before and not self._etag_may_change:
            raise ContentChanged
        self._link_etags[server] = etag

    def _refused(self, response: "httpx2.Response") -> Exception:
        status = response.status_code
        error = refusal(response, self._repository.address, self._access.endpoint)
        is_hub = _origin(response.url) == _origin(self._hub_url)
        if not is_hub and status >= _SERVER_ERROR:
            self._forget(self._link)
        if status in _LATER or status >= _SERVER_ERROR:
            return Trouble(error, wait_seconds=_retry_after(response))
        if status == _UNSATISFIABLE:
            return self._trouble(is_about_ranges=True)
        if not is_hub:
            return Trouble(error)  # a link that does not hold; the hub may give another
        return error

    def _trouble(self, *, is_about_ranges: bool = False) -> Trouble:
        return Trouble(
            wrong_bytes(self._file.path, self._access.endpoint),
            is_about_ranges=is_about_ranges,
        )


def _origin(url: "httpx2.URL") -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _plain(etag: str) -> str:
    """An ETag as huggingface_hub names its blobs."""
    return etag.removeprefix("W/").strip('"')


def _retry_after(response: "httpx2.Response") -> float | None:
    """How long the server wants to be left alone: seconds, or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdecimal():
        seconds = float(text)
    else:
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = moment.timestamp() - time.time()
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)
