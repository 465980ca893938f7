"""Limits that hold whatever a server does: of time (half a second over, at most) and of memory."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imcloud.pack import WireRequest

GET = WireRequest("GET", ("things",))
POST = WireRequest("POST", ("things",), body={"x": 1}, has_body=True)
LIMIT, OVERRUN = 0.4, 0.5


def _head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


def _slowly(connection: socket.socket, text: bytes, pause: float) -> None:
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(pause)


def stall(connection: socket.socket) -> None:
    connection.recv(1)


def drip_head(connection: socket.socket) -> None:
    _slowly(connection, _head(*[f"X-{number}: y" for number in range(99)]), 0.02)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(_head("Content-Length: 100000"))
    _slowly(connection, b" " * 1000, 0.02)


def drip_chunks(connection: socket.socket) -> None:
    connection.sendall(_head("Transfer-Encoding: chunked"))
    for _ in range(1000):
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.02)


def drip_without_length(connection: socket.socket) -> None:
    connection.sendall(_head("Connection: close"))
    _slowly(connection, b" " * 1000, 0.02)


def drip_gzip(connection: socket.socket) -> None:
    connection.sendall(_head("Content-Encoding: gzip", "Content-Length: 100000"))
    _slowly(connection, zlib.compress(b" " * 9999, wbits=31) * 9, 0.02)


def head_then_stall(connection: socket.socket) -> None:
    connection.sendall(_head("Content-Length: 10"))
    connection.recv(1)


def interim_answers(connection: socket.socket) -> None:
    for _ in range(1000):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


TALKS = [
    stall,
    drip_head,
    drip_body,
    drip_chunks,
    drip_without_length,
    drip_gzip,
    head_then_stall,
    interim_answers,
]


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.__name__)
@pytest.mark.parametrize("request_", [GET, POST], ids=["read", "write"])
def test_no_server_holds_a_call(talk: Any, request_: WireRequest, raw: Any, connect: Any) -> None:
    client = connect(raw(talk), signs_in=False)
    started = time.monotonic()
    reply = client.send(request_, retry=request_ is GET, deadline=LIMIT)
    assert time.monotonic() - started <= LIMIT + OVERRUN
    assert reply.error.rule in ("timeout", "broken")
    assert reply.outcome == ("not_applied" if request_ is GET else "unknown")


@pytest.fixture
def full() -> Iterator[str]:
    """A listener that accepts nothing, its queue already full: connecting takes for ever."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/base"
    for one in [*waiting, listener]:
        one.close()


@pytest.mark.parametrize("request_", [GET, POST], ids=["read", "write"])
def test_a_connection_that_is_never_accepted(request_: WireRequest, full: str, connect: Any) -> None:
    started = time.monotonic()
    reply = connect(full, signs_in=False).send(request_, retry=request_ is GET, deadline=LIMIT)
    assert time.monotonic() - started <= LIMIT + OVERRUN
    assert (reply.outcome, reply.error.kind) == ("not_applied", "network")


def test_a_host_of_many_addresses_has_one_limit(full: str, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(full.split(":")[2].split("/", 1)[0])
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 5
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    started = time.monotonic()
    reply = connect("http://localhost/base", signs_in=False).send(POST, retry=False, deadline=LIMIT)
    assert time.monotonic() - started <= LIMIT + OVERRUN
    assert reply.error.message in ("no connection was made in time", "the time for this call ran out")


def test_the_second_address_is_tried(serve: Any, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    good = int(server.url.split(":")[2].split("/")[0])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        bad = closed.getsockname()[1]
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (bad, good)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    assert connect("http://localhost/base", signs_in=False).send(POST, retry=False).error is None


def test_a_name_that_is_never_resolved(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def resolve(host: str, port: int, **more: Any) -> Any:
        if more.get("flags"):
            raise socket.gaierror
        release.wait(5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    started = time.monotonic()
    reply = connect("http://localhost/base", signs_in=False).send(POST, retry=False, deadline=LIMIT)
    release.set()
    assert time.monotonic() - started <= LIMIT + OVERRUN
    assert (reply.outcome, reply.error.kind) == ("not_applied", "network")


def test_a_name_that_does_not_exist(connect: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reply = connect("http://localhost/base", signs_in=False, timing=fake_time.timing).send(POST, retry=False)
    assert (reply.error.message, reply.attempts) == ("the host name could not be resolved", 3)


def test_a_handshake_that_stalls(raw: Any, connect: Any) -> None:
    base = raw(lambda connection: connection.recv(1 << 16) and time.sleep(3), read=False).replace("http:", "https:")
    started = time.monotonic()
    reply = connect(base, signs_in=False).send(POST, retry=False, deadline=LIMIT)
    assert time.monotonic() - started <= LIMIT + OVERRUN
    assert reply.outcome == "not_applied"


_BOMBED = """
import json, resource, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[2], str(Path(sys.argv[2]).parent)]
from conftest import TOY, make_settings
from imcloud.client import Client
from imcloud.pack import WireRequest
from imcloud.rendering import Renderer, build_environment

toy = {**TOY, "connection": {k: v for k, v in TOY["connection"].items() if k != "sign_in"}}
render = Renderer(build_environment()).render
client = Client(make_settings(sys.argv[1]), toy, render=render, state_dir=Path(sys.argv[3]))
client.send(WireRequest("GET", ("small",)), retry=False)
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
reply = client.send(WireRequest("GET", ("bomb",)), retry=False)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([reply.error.rule, reply.error.kind, (after - before) / 1024, time.monotonic() - started]))
"""


def _bomb(size: int) -> bytes:
    """Gzip that becomes `size` bytes: one packed mebibyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block + again * ((size >> 20) - 1)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_a_bomb_of_a_gigabyte(raw: Any, tmp_path: Path) -> None:
    bomb = _bomb(1 << 30)
    assert len(bomb) < 2_000_000
    answers = iter([b"{}", bomb])

    def talk(connection: socket.socket) -> None:
        body = next(answers)
        packed = [] if body == b"{}" else ["Content-Encoding: gzip"]
        connection.sendall(_head(*packed, f"Content-Length: {len(body)}", "Connection: close") + body)

    arguments = [raw(talk), str(Path(__file__).parent), str(tmp_path / "state")]
    done = subprocess.run([sys.executable, "-c", _BOMBED, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    rule, kind, grown, seconds = json.loads(done.stdout)
    assert (rule, kind) == ("too_large", "remote")
    assert grown <= 32
    assert seconds <= 2
