"""HTTP/1.1 with keep-alive over werkzeug's threaded server.

werkzeug closes every connection after one answer, because an application may leave part of a body unread. This
handler reads the body whole before the application sees it, so connections can stay.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .web import MAX_BODY, correlation_id


class Connections:
    """The sockets and threads that are open, so that a stop can end them."""

    def __init__(self) -> None:
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closing = False

    def add(self, connection: socket.socket) -> None:
        """Remember a connection and the thread that serves it."""
        with self._lock:
            self._open[connection] = threading.current_thread()
            if self._closing:
                _shut(connection)

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.pop(connection, None)

    def close(self, seconds: float = 5.0) -> None:
        """Shut all connections and wait for their threads."""
        with self._lock:
            self._closing = True
            threads = list(self._open.values())
            for connection in self._open:
                _shut(connection)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(seconds)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Handler(WSGIRequestHandler):
    """One connection: quiet, without Nagle's delay, kept open between requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 300
    connections: Connections

    def setup(self) -> None:
        """Start on a connection."""
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        """End with a connection."""
        try:
            with contextlib.suppress(OSError, ValueError):
                super().finish()
        finally:
            self.connections.remove(self.connection)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the ledger is the log."""

    def run_wsgi(self) -> None:
        """Serve one request: read all of it, run the application, write all of the answer at once."""
        body = self._read_body()
        if body is None:
            return
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(body)
        started: list[tuple[str, list[tuple[str, str]]]] = []
        chunks = self.server.app(environ, lambda status, headers, _=None: started.append((status, headers)))  # type: ignore[arg-type]
        payload = b"".join(chunks)
        status, headers = started[0]
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)
        self.wfile.flush()

    def _read_body(self) -> bytes | None:
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            stream = self.make_environ()["wsgi.input"]
            try:
                body = bytes(stream.read(MAX_BODY + 1))
            except ConnectionError:
                raise
            except OSError:  # broken chunks
                return self._turn_down(400)
            return body if len(body) <= MAX_BODY else self._turn_down(413)
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            return self._turn_down(400)
        if int(length) > MAX_BODY:
            return self._turn_down(413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _turn_down(self, status: int) -> bytes | None:
        # the rest of the request cannot be told from the next one: answer and close
        self.close_connection = True
        self.send_response_only(status)
        self.send_header("X-Correlation-ID", correlation_id())
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        return None


def listen(host: str, port: int, app: Any) -> tuple[BaseWSGIServer, Connections]:
    """A threaded server bound to the address and the registry of its connections; raises OSError."""
    with socket.create_server((host, port), backlog=128) as bound:
        connections = Connections()
        handler = type("SandboxHandler", (Handler,), {"connections": connections})
        # a socket bound by us: werkzeug exits the process when it cannot bind
        server = make_server(
            host, bound.getsockname()[1], app, threaded=True, request_handler=handler, fd=bound.fileno()
        )
    return server, connections
