"""What both servers of the local hub share: logging, bodies, and sending bytes."""

import json
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_parts import faults as fault_kinds
from tests.hub_parts.content import HubFile
from tests.hub_parts.faults import Fault
from tests.hub_parts.server import Cut, Server
from tests.hub_parts.state import Request
from tests.hub_parts.throttle import Throttle

_BLOCK_BYTES = 1 << 18
_THROTTLED_BLOCK_BYTES = 1 << 16
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Answering(BaseHTTPRequestHandler):
    """Answers the requests of one connection, with the faults of the script."""

    protocol_version = "HTTP/1.1"
    server_name: ClassVar[str]
    server: Server

    def setup(self) -> None:
        super().setup()
        self.state = self.server.state

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed; `HubState.requests` is the log."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, Cut):
            self.close_connection = True

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def answer(self) -> None:
        """Answer one request; the URL, the query and the body are there."""
        raise NotImplementedError

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.url_path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.record = Request(
            server=self.server_name,
            method=self.command,
            path=self.path,
            target=unquote(parts.path),
            range=self.headers.get("Range", ""),
            had_token="Authorization" in self.headers,
            user_agent=self.headers.get("User-Agent", ""),
        )
        self.state.remember(self.record)
        self.content_fault: Fault | None = None
        self.body = self._read_body()
        if not self.strike(self.state.faults.take(self.record.target, 0, 0)):
            self.answer()

    def strike(self, fault: Fault | None) -> bool:
        """Let a fault do what it does before an answer; whether that was all."""
        match fault:
            case fault_kinds.Silent(seconds=seconds):
                self.state.closing.wait(seconds)
                raise Cut
            case fault_kinds.Status():
                headers = (
                    {"Retry-After": fault.retry_after} if fault.retry_after else {}
                )
                if fault.location:
                    headers["Location"] = fault.location
                if fault.body is not None:
                    headers["Content-Type"] = fault.content_type
                    self.send_body(fault.body, fault.code, headers)
                else:
                    self.refuse(fault.code, fault.error_code, fault.message, headers)
                return True
            case fault_kinds.Answer():
                headers = {"Content-Type": fault.content_type}
                if fault.link:
                    headers["Link"] = fault.link
                self.send_body(fault.body, 200, headers)
                return True
            case fault_kinds.Call(action=action):
                action()
            case fault_kinds.Fault():
                self.content_fault = fault
            case None:
                pass
        return False

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while length := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self._read_exactly(length))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self._read_exactly(int(self.headers.get("Content-Length", 0)))

    def _read_exactly(self, length: int) -> bytes:
        parts = []
        while length:
            part = self.rfile.read(min(length, _THROTTLED_BLOCK_BYTES))
            if not part:
                raise Cut
            self.state.throttle.pass_bytes(len(part), self.state.closing)
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def refuse(
        self,
        code: int,
        error_code: str,
        message: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        """An error as the hub words it."""
        headers = dict(headers or {})
        if error_code:
            headers["X-Error-Code"] = error_code
        headers["X-Error-Message"] = message
        self.send_json({"error": message}, code, headers)

    def send_json(
        self, value: object, code: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """A JSON answer."""
        content_type = {"Content-Type": "application/json; charset=utf-8"}
        body = json.dumps(value).encode()
        self.send_body(body, code, content_type | (headers or {}))

    def send_body(
        self, body: bytes, code: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """A short answer in one piece, with the body's faults."""
        self._send_head(code, len(body), headers or {})
        if self.command != "HEAD":
            file = HubFile(body, is_lfs=False)
            self._send_blocks(file, 0, len(body), self.content_fault)

    def send_content(self, file: HubFile, target: str, headers: dict[str, str]) -> None:
        """A file, or the range of it that was asked for.

        Args:
            target: `owner/name/file`, which faults are scripted for.
        """
        size = file.size_bytes
        start, stop = 0, size
        is_ranged = False
        match = _RANGE.fullmatch(self.record.range)
        condition = self.headers.get("If-Range")
        if match and any(match.groups()) and condition in (None, headers.get("ETag")):
            first, last = match.groups()
            if not first:
                start = max(0, size - int(last))
            else:
                start = int(first)
                stop = min(size, int(last) + 1) if last else size
            is_ranged = True
        self.record.target = target
        if self.command != "HEAD":
            fault = self.state.faults.take(target, start, stop)
            if self.strike(fault):
                return
        fault = self.content_fault
        headers = {"Accept-Ranges": "bytes", **headers}
        if is_ranged and (start >= size or stop <= start):
            headers["Content-Range"] = f"bytes */{size}"
            self.send_body(b"", 416, headers)
            return
        if isinstance(fault, fault_kinds.IgnoreRange):
            start, stop, is_ranged = 0, size, False
        if isinstance(fault, fault_kinds.Truncate):
            stop = max(start, stop - fault.missing_bytes)
        if is_ranged:
            shift = (
                fault.shift_bytes
                if isinstance(fault, fault_kinds.WrongContentRange)
                else 0
            )
            headers["Content-Range"] = (
                f"bytes {start + shift}-{stop - 1 + shift}/{size}"
            )
        self._send_head(206 if is_ranged else 200, stop - start, headers)
        if self.command != "HEAD":
            self._send_blocks(file, start, stop, fault)

    def _send_head(self, code: int, length: int, headers: dict[str, str]) -> None:
        self.record.status = code
        self.send_response(code)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_blocks(
        self, file: HubFile, start: int, stop: int, fault: Fault | None
    ) -> None:
        throttle = self.state.throttle
        most = (
            _BLOCK_BYTES
            if throttle.bytes_per_second is None
            else _THROTTLED_BLOCK_BYTES
        )
        if isinstance(fault, fault_kinds.Slow):
            throttle = Throttle(fault.bytes_per_second)
            most = min(most, max(1, int(fault.bytes_per_second / 20)))
        stops_after = (
            fault.after_bytes
            if isinstance(
                fault, fault_kinds.Drop | fault_kinds.Reset | fault_kinds.Stall
            )
            else None
        )
        elsewhere = isinstance(fault, fault_kinds.WrongBytes)
        corrupt_at = fault.at if isinstance(fault, fault_kinds.Corrupt) else -1
        place = start
        while place < stop:
            length = min(stop - place, most)
            if stops_after is not None:
                length = min(length, stops_after - (place - start))
                if length == 0:
                    assert fault is not None
                    self._stop(fault)
                    stops_after = None
                    continue
            block = file.read(place, length)
            if elsewhere:
                block = bytes(byte ^ 0xFF for byte in block)
            elif place <= corrupt_at < place + len(block):
                changed = bytearray(block)
                changed[corrupt_at - place] ^= 0xFF
                block = bytes(changed)
            throttle.pass_bytes(len(block), self.state.closing)
            self.wfile.write(block)
            self.record.bytes_sent += len(block)
            place += len(block)

    def _stop(self, fault: Fault) -> None:
        """Carry out a fault in the middle of a body."""
        self.wfile.flush()
        if isinstance(fault, fault_kinds.Stall):
            self.state.closing.wait(fault.seconds)
            if fault.seconds is None:
                raise Cut
            return
        if isinstance(fault, fault_kinds.Reset):
            # No linger and no more waiting: the kernel sends RST at the close.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.rfile.close()
            self.wfile.close()
            with self.server.connections_lock:
                self.server.connections.discard(self.connection)
            self.connection.close()
        raise Cut
