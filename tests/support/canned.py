"""An HTTP server on loopback that gives the answers it was handed and keeps every request as it arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.canaries import PASSWORD, SUBSCRIPTION_KEY, TOKEN

FIELDS = {
    "marketplace": "us",
    "username": "canned@example.test",
    "password": PASSWORD,
    "subscription_key": SUBSCRIPTION_KEY,
}


@dataclass
class Canned:
    """`requests` as `{method, path, query, body, headers}`; `answers` are given in sequence as (status, body).

    `connections` counts every connection that was opened, a sign-in's as well.
    """

    port: int = 0
    answers: list[tuple[int, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a connection to it."""
        return {"base_url": f"http://127.0.0.1:{self.port}/base", **FIELDS}

    def expect(self, *answers: tuple[int, Any]) -> None:
        """Forget what was, and give these answers next."""
        self.answers[:], self.requests[:] = list(answers), []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    canned: Canned

    def setup(self) -> None:
        self.canned.connections += 1
        super().setup()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path == "/base/token":
            self._send(200, {"token": TOKEN, "expiresInSeconds": 1500})
            return
        seen: dict[str, Any] = {"method": self.command, "path": parts.path.removeprefix("/base")}
        seen["query"] = dict(parse_qsl(parts.query, keep_blank_values=True))
        seen["body"] = json.loads(raw) if raw else None
        seen["headers"] = dict(self.headers.items())
        self.canned.requests.append(seen)
        self._send(*(self.canned.answers.pop(0) if self.canned.answers else (599, {"message": "no answer left"})))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

    def _send(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def canned_server() -> Iterator[Canned]:
    """A running server; stopped at the end."""
    canned = Canned()
    handler = type("Handler", (_Handler,), {"canned": canned, "disable_nagle_algorithm": True})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    canned.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield canned
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
