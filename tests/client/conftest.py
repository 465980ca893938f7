"""Small real servers for the client: a scripted WSGI one, and a raw one that may break the protocol."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.canaries import API_KEY, PHRASE
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from imcloud.client import Client, Timing
from imcloud.connections import Settings
from imcloud.rendering import Renderer, build_environment
from imcloud.secrets import Secret

logging.getLogger("werkzeug").setLevel(logging.ERROR)

# A pack of another make: other fields, other sign-in, other error shapes.
TOY: dict[str, Any] = {
    "pack": "toy",
    "env_prefix": "TOY",
    "sandbox": "toy.sandbox:start",
    "connection": {
        "headers": {"X-Key": "{{ connection.api_key }}", "X-App": "{{ connection.app }}"},
        "sign_in": {
            "request": {
                "method": "POST",
                "path": "/login",
                "basic": {"username": "{{ connection.user }}", "password": "{{ connection.phrase }}"},
                "body": {"realm": "{{ connection.realm }}"},
            },
            "token": "access",
            "expires_in": "ttl",
            "header": {"Authorization": "Bearer {{ token }}"},
        },
        "show": ["realm"],
        "correlation_header": "X-Trace",
        "headers_kept": ["X-Trace", "Retry-After"],
        "errors": {
            "platform": {"status": ["status"], "message": ["message", "error"], "correlation_id": ["trace"]},
            "gateway": {"status": ["statusCode"], "message": ["message"]},
        },
        "not_found_text": ["no such thing"],
    },
    "retry": {"statuses": [429, 500, 503], "attempts": 3},
}
PAGING = {"offset": "from", "limit": "count", "page_size": 3, "rows": "rows", "total": "meta.total"}


def make_settings(base_url: str, **changes: Any) -> Settings:
    fields = {
        "base_url": base_url,
        "realm": "one",
        "user": "somebody",
        "phrase": Secret(PHRASE),
        "api_key": Secret(API_KEY),
        "timeout": 5,
        **changes.pop("fields", {}),
    }
    given: dict[str, Any] = {"name": "toy", "kind": "sandbox", "pack": "toy", "writes": "allow", "show": ("realm",)}
    return Settings(base_url=base_url, fields=fields, **{**given, **changes})


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A running server: `answers` decides, `seen` is what arrived beside sign-ins, `logins` counts those."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    logins: list[Seen] = field(default_factory=list)
    answer: Callable[[Seen], Any] = lambda _: {"ok": True}
    login: Callable[[Seen], Any] | None = None

    def reply(self, request: Seen) -> Response:
        if request.path == "/base/login":
            self.logins.append(request)
            found = self.login(request) if self.login else {"access": f"token-{len(self.logins)}", "ttl": 1000}
        else:
            self.seen.append(request)
            found = self.answer(request)
        if isinstance(found, Response):
            return found
        status, body = found if isinstance(found, tuple) else (200, found)
        return Response(json.dumps(body), status, content_type="application/json")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts a server; call it again for another one."""
    running: list[Any] = []

    def start(answer: Callable[[Seen], Any] | None = None, **more: Any) -> Served:
        served = Served("", **more)
        if answer:
            served.answer = answer

        @Request.application
        def application(request: Request) -> Response:
            seen = Seen(
                request.method, request.path, dict(request.args), dict(request.headers.items()), request.get_data()
            )
            return served.reply(seen)

        server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append((server, thread))
        served.url = f"http://127.0.0.1:{server.port}/base"
        return served

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def raw() -> Iterator[Callable[..., str]]:
    """Starts a server that hands each connection, its request read, to a function. Gives the base address."""
    listeners: list[socket.socket] = []
    connections: list[socket.socket] = []

    def start(talk: Callable[[socket.socket], None], *, read: bool = True) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                if read:
                    _read_request(connection)
                talk(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/base"

    yield start
    for one in [*listeners, *connections]:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Makes clients on the toy pack, or on a manifest of one's own; without `signs_in` no token is asked for."""
    made: list[Client] = []
    renderer = Renderer(build_environment())

    def make(base_url: str, *, signs_in: bool = True, manifest: dict[str, Any] | None = None, **more: Any) -> Client:
        given = {key: more.pop(key) for key in ("timing", "auth") if key in more}
        spec = manifest or TOY
        if not signs_in:
            spec = {**spec, "connection": {k: v for k, v in spec["connection"].items() if k != "sign_in"}}
        client = Client(
            make_settings(base_url, **more), spec, render=renderer.render, state_dir=tmp_path / "state", **given
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def timing(self) -> Timing:
        return Timing(clock=lambda: self.at, now=lambda: 1_700_000_000.0 + self.at, sleep=self.sleep, dice=lambda: 1.0)


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()
