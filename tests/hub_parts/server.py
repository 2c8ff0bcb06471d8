"""A server of the local hub: a thread for each connection, and a quick end."""

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.hub_parts.state import HubState

_BUFFER_BYTES = 1 << 16


class Cut(Exception):
    """The connection ends here, on purpose."""


class Server(ThreadingHTTPServer):
    """An HTTP server that can be closed while clients hang on it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, handler: type[BaseHTTPRequestHandler], state: HubState
    ) -> None:
        self.state = state
        self.connections: set[socket.socket] = set()
        self.connections_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="hub-server", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:…`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.connections_lock:
            self.connections.add(request)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # What is counted as sent has left, but for this much.
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.connections_lock:
            self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what is tested; other errors are the test's."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | ValueError | Cut):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """End all connections and the server."""
        self.shutdown()
        with self.connections_lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.server_close()
        self._thread.join()
