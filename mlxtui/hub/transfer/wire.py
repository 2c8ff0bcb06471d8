"""HTTP for a transfer: requests that can be cut off, and bodies in large pieces."""

import errno
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mlxtui.hub.access import HubAccess
from mlxtui.hub.asking import open_client
from mlxtui.hub.failures import failure_of
from mlxtui.hub.transfer.control import TransferLimits
from mlxtui.hub.transfer.trouble import Trouble, WireClosed

if TYPE_CHECKING:
    import httpx2

_SHORT_BYTES = 16 * 1024

# A server that a connection reaches so soon needs no large buffer to send at full
# speed; what is in one when the process is killed has to be sent again.
_NEAR_SECONDS = 0.001
_NEAR_BUFFER_BYTES = 64 * 1024

# What the system says of a connection when the network is gone from under it.
_NETWORK_GONE = (
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EADDRNOTAVAIL,
    errno.ETIMEDOUT,
)


class Wire:
    """All connections of one transfer; many threads ask at once.

    Raises:
        Offline: No network is wanted.
        HubError: A proxy's address or a certificate's file is not valid.
    """

    def __init__(self, access: HubAccess, limits: TransferLimits) -> None:
        import httpx2

        # Without the token: it is given to single requests, to the hub alone.
        self._client = open_client(replace(access, token=""))
        self._client.cookies.jar.clear()
        self._timeout = httpx2.Timeout(
            limits.stall_seconds, connect=limits.connect_seconds
        )
        self.stall_seconds = limits.stall_seconds
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_closed = False
        self._have_answered: set[bytes] = set()
        self._soonest: dict[str, float] = {}
        """Seconds until a connection stood, by host."""
        self._begun = threading.local()

    def get(
        self, url: "httpx2.URL", headers: Mapping[str, str], server: str
    ) -> "httpx2.Response":
        """Ask for something; the answer's head is there, its body is to be read.

        Redirects are not followed.

        Args:
            server: What the user is told of which server that is.

        Raises:
            Trouble: No answer came.
            WireClosed: The transfer has ended.
        """
        import httpx2

        if self._is_closed:
            raise WireClosed
        request = self._client.build_request(
            "GET",
            url,
            headers=headers,
            timeout=self._timeout,
            extensions={"trace": partial(self._watch, url)},
        )
        try:
            response = self._client.send(request, stream=True, follow_redirects=False)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            if self._is_closed:
                raise WireClosed from error
            raise self.trouble_of(error, url, server) from error
        self._have_answered.add(url.netloc)
        return response

    def dismiss(self, response: "httpx2.Response") -> None:
        """Let go of an answer whose body does not matter; a short one is read, so
        that its connection can be used again."""
        import httpx2

        length = response.headers.get("content-length", "")
        try:
            if length.isdecimal() and int(length) <= _SHORT_BYTES:
                response.read()
        except httpx2.TransportError:
            pass  # then it cannot
        finally:
            response.close()

    def trouble_of(
        self, error: BaseException, url: "httpx2.URL", server: str
    ) -> Trouble | WireClosed:
        """What a connection's failure means: trouble, or that we ended it."""
        import httpx2

        if self._is_closed:
            return WireClosed()
        causes = list(_causes(error))
        is_about_certificate = any(
            isinstance(cause, ssl.SSLCertVerificationError) for cause in causes
        )
        if is_about_certificate:
            # Once it was right: a login page of the network stands between.
            is_unreachable = url.netloc in self._have_answered
        else:
            is_unreachable = isinstance(
                error, httpx2.ConnectError | httpx2.ConnectTimeout
            ) or any(
                isinstance(cause, OSError) and cause.errno in _NETWORK_GONE
                for cause in causes
            )
        return Trouble(
            failure_of(error, endpoint=str(url), server=server),
            is_unreachable=is_unreachable,
            is_about_certificate=is_about_certificate,
        )

    def close(self) -> None:
        """Cut every connection off, whoever waits on it; nothing is asked any more."""
        with self._lock:
            self._is_closed = True
            sockets = list(self._sockets)
        for one in sockets:
            _cut(one)

    def release(self) -> None:
        """Let go of the connections, once nobody asks any more."""
        self._client.close()
        for one in list(self._sockets):
            one.close()

    def _watch(self, url: "httpx2.URL", event: str, info: Mapping[str, Any]) -> None:
        """Keep hold of each connection's socket from the moment that it is ready.

        Not before: TLS begins on a plain socket, and cutting that off in between
        leaves a socket that nobody closes (CPython's `SSLSocket._create`).
        """
        if event.endswith("connect_tcp.started"):
            self._begun.at = time.monotonic()
        elif event.endswith("connect_tcp.complete"):
            self._fit_buffer(url.host, info["return_value"].get_extra_info("socket"))
            if url.scheme == "http":
                self._keep(info["return_value"])
        elif event.endswith("start_tls.complete"):
            self._keep(info["return_value"])

    def _fit_buffer(self, host: str, connection: socket.socket) -> None:
        seconds = time.monotonic() - self._begun.at
        with self._lock:
            self._soonest[host] = min(seconds, self._soonest.get(host, seconds))
        if self.is_near(host):
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, _NEAR_BUFFER_BYTES
            )

    def is_near(self, host: str) -> bool:
        """Whether a connection to that host stands almost at once."""
        with self._lock:
            return self._soonest.get(host, _NEAR_SECONDS) < _NEAR_SECONDS

    def _keep(self, stream: Any) -> None:
        with self._lock:
            if not self._is_closed:
                self._sockets.add(stream.get_extra_info("socket"))
                return
        stream.close()
        raise WireClosed


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _cut(one: socket.socket) -> None:
    """End a connection from another thread: whoever reads from it wakes up."""
    try:
        # Of the plain socket: an encrypted one would drop its state first, and the
        # reader would take what is still encrypted for the content.
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already
