"""HTTP for a transfer: requests that can be cut off, and bodies in large pieces."""

import socket
import ssl
import threading
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

    def get(self, url: "httpx2.URL", headers: Mapping[str, str]) -> "httpx2.Response":
        """Ask for something; the answer's head is there, its body is to be read.

        Redirects are not followed.

        Raises:
            Trouble: No answer came.
            WireClosed: The transfer has ended.
        """
        import httpx2

        if self._is_closed:
            raise WireClosed
        is_encrypted = url.scheme == "https"
        ready_event = "start_tls.complete" if is_encrypted else "connect_tcp.complete"
        request = self._client.build_request(
            "GET",
            url,
            headers=headers,
            timeout=self._timeout,
            extensions={"trace": partial(self._watch, ready_event)},
        )
        try:
            return self._client.send(request, stream=True, follow_redirects=False)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            if self._is_closed:
                raise WireClosed from error
            raise self.trouble_of(error, f"{url.scheme}://{url.host}") from error

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

    def trouble_of(self, error: BaseException, endpoint: str) -> Exception:
        """What a connection's failure means: trouble, or that we ended it."""
        if self._is_closed:
            return WireClosed()
        failure = failure_of(error, endpoint=endpoint)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return failure  # the next attempt would meet the same certificate
            cause = cause.__cause__ or cause.__context__
        return Trouble(failure)

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

    def _watch(self, ready_event: str, event: str, info: Mapping[str, Any]) -> None:
        """Keep hold of each connection's socket from the moment that it is ready.

        Not before: TLS begins on a plain socket, and cutting that off in between
        leaves a socket that nobody closes (CPython's `SSLSocket._create`).
        """
        if not event.endswith(ready_event):
            return
        stream = info["return_value"]
        with self._lock:
            if not self._is_closed:
                self._sockets.add(stream.get_extra_info("socket"))
                return
        stream.close()
        raise WireClosed


def _cut(one: socket.socket) -> None:
    """End a connection from another thread: whoever reads from it wakes up."""
    try:
        # Of the plain socket: an encrypted one would drop its state first, and the
        # reader would take what is still encrypted for the content.
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already


class Body:
    """The body of an answer, in pieces of any size.

    Through httpx2 a piece has at most 64 KiB and is copied three times; that costs
    three times the processor's time of the network's own. So after the first piece
    the rest is read from the connection itself, which is then not used again.
    """

    def __init__(self, wire: Wire, response: "httpx2.Response") -> None:
        self._wire = wire
        self._response = response
        self._pieces: Iterator[bytes] = response.iter_raw()
        self._rest = b""
        length = response.headers.get("content-length", "")
        self._left_bytes = int(length) if length.isdecimal() else None
        self._is_first = True
        self._is_direct = False

    def read(self, most_bytes: int) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            Trouble: The connection was lost, or no byte came for too long.
            WireClosed: The transfer has ended.
        """
        import httpcore2
        import httpx2

        if not self._rest:
            try:
                self._rest = self._piece(most_bytes)
            except (
                httpx2.TransportError,
                httpcore2.NetworkError,
                httpcore2.TimeoutException,
            ) as error:
                url = self._response.url
                raise self._wire.trouble_of(
                    error, f"{url.scheme}://{url.host}"
                ) from error
        piece, self._rest = self._rest[:most_bytes], self._rest[most_bytes:]
        return piece

    def _piece(self, most_bytes: int) -> bytes:
        if self._is_first or self._left_bytes is None:
            self._is_first = False
            piece = next(self._pieces, b"")
        else:
            self._is_direct = True
            stream = self._response.extensions["network_stream"]
            piece = stream.read(
                min(most_bytes, self._left_bytes), self._wire.stall_seconds
            )
        if self._left_bytes is not None:
            self._left_bytes -= len(piece)
        return piece

    def close(self) -> None:
        """Let go of the connection, for another request if it can bear one."""
        import httpx2

        try:
            if self._left_bytes == 0 and not self._is_first and not self._is_direct:
                next(self._pieces, b"")  # httpx2 has not seen the end yet
        except httpx2.TransportError:
            pass
        finally:
            self._response.close()
