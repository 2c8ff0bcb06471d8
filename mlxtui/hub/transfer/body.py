"""The body of an answer, read from the connection itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlxtui.hub.transfer.wire import Wire

if TYPE_CHECKING:
    import httpx2


class Body:
    """The body of an answer, in pieces of any size.

    Through httpx2 a piece has at most 64 KiB and is copied three times; that costs
    three times the processor's time of the network's own. So after the first piece
    the rest is read from the connection itself, which is then not used again.
    """

    def __init__(self, wire: Wire, response: "httpx2.Response", server: str) -> None:
        self._wire = wire
        self._server = server
        self._response = response
        self._pieces: Iterator[bytes] = response.iter_raw()
        self._rest = b""
        length = response.headers.get("content-length", "")
        self._left_bytes = int(length) if length.isdecimal() else None
        self._is_first = True
        self._is_direct = False

    @property
    def is_near(self) -> bool:
        """Whether the server is so near that few connections suffice."""
        return self._wire.is_near(self._response.url.host)

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
            except httpx2.TransportError as error:
                raise self._trouble_of(error) from error
            except httpcore2.TimeoutException as error:
                late = httpx2.ReadTimeout(str(error))
                late.__cause__ = error
                raise self._trouble_of(late) from error
            except httpcore2.NetworkError as error:
                lost = httpx2.ReadError(str(error))
                lost.__cause__ = error
                raise self._trouble_of(lost) from error
        piece, self._rest = self._rest[:most_bytes], self._rest[most_bytes:]
        return piece

    def _trouble_of(self, error: BaseException) -> Exception:
        return self._wire.trouble_of(error, self._response.url, self._server)

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
