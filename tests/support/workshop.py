"""The service behind the toy pack: a tiny workshop over HTTP, with its own header, paging and error shape."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.canaries import WORKSHOP_KEY

KEY = WORKSHOP_KEY
WIDGETS = [
    {"code": "w1", "name": "Cog", "colour": "red", "price": "2.50"},
    {"code": "w2", "name": "Cog", "colour": "blue", "price": "2.75"},
    {"code": "w3", "name": "Gear", "colour": "red", "price": "4.00"},
    {"code": "w4", "name": "Pin", "colour": "red", "price": "0.10"},
    {"code": "w5", "name": "Nut", "colour": "blue", "price": "0.05"},
]
Answer = tuple[int, Any]


@dataclass
class Workshop:
    """`requests` as they arrived; `jobs` are what was bought; `lose` plans lost answers."""

    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    lose: list[str] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a connection to it."""
        return {"base_url": f"http://127.0.0.1:{self.port}/shop", "access_key": KEY, "bench": "b7"}

    def sent(self, method: str | None = None) -> list[tuple[str, str]]:
        """(method, path) of the requests so far."""
        return [(seen["method"], seen["path"]) for seen in self.requests if method in (None, seen["method"])]

    def answer(self, seen: dict[str, Any]) -> Answer:
        """What the workshop says to a request."""
        known = seen["headers"].get("X-Workshop-Key") == KEY
        return self._answer(seen) if known else (401, {"code": 401, "text": "who are you?"})

    def _answer(self, seen: dict[str, Any]) -> Answer:
        match [seen["method"], *seen["path"].strip("/").split("/")]:
            case ["GET", "widgets"]:
                return self._page(seen["query"], [row for row in WIDGETS if self._fits(row, seen["query"])])
            case ["GET", "jobs"]:
                return self._page(seen["query"], self.jobs)
            case ["GET", "widgets", code]:
                return next(((200, row) for row in WIDGETS if row["code"] == code), (404, {"code": 404, "text": "no"}))
            case ["POST", "benches", _, "quotes"]:
                return self._quote(seen["body"]["lines"])
            case ["PUT", "benches", bench, "jobs"]:
                self.jobs.append(
                    {"number": f"j{len(self.jobs) + 1}", "bench": bench, "state": "waiting", **seen["body"]}
                )
                return 201, self.jobs[-1]
        return 404, {"code": 404, "text": "no such thing"}

    def _fits(self, row: dict[str, str], query: dict[str, str]) -> bool:
        return (
            query.get("like", "").lower() in row["name"].lower() and query.get("colour", row["colour"]) == row["colour"]
        )

    def _page(self, query: dict[str, str], rows: list[Any]) -> Answer:
        start, count = int(query.get("start", 0)), int(query.get("count", 1))
        return 200, {"widgets": rows[start : start + count], "all": len(rows)}

    def _quote(self, lines: list[dict[str, Any]]) -> Answer:
        prices = {row["code"]: Decimal(row["price"]) for row in WIDGETS}
        if any(line["code"] not in prices for line in lines):
            return 404, {"code": 404, "text": "no such widget"}
        total = sum(prices[line["code"]] * line["pieces"] for line in lines)
        return 200, {"possible": total < 1000, "sum": {"value": str(total), "unit": "EUR"}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    workshop: Workshop

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen: dict[str, Any] = {
            "method": self.command,
            "path": parts.path.removeprefix("/shop"),
            "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "body": json.loads(raw) if raw else None,
            "headers": dict(self.headers.items()),
        }
        self.workshop.requests.append(seen)
        if self.command == "PUT" and self.workshop.lose:
            # The answer is lost, after the job was taken or before.
            if self.workshop.lose.pop(0) == "after":
                self.workshop.answer(seen)
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        status, body = self.workshop.answer(seen)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Trace", f"t-{len(self.workshop.requests)}")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def open_workshop() -> Iterator[Workshop]:
    """A running workshop; closed at the end."""
    workshop = Workshop()
    handler = type("Handler", (_Handler,), {"workshop": workshop, "disable_nagle_algorithm": True})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    workshop.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield workshop
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
