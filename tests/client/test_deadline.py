"""Calls that share a socket, one after the other, and the watchdog that ends them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from imcloud.client.deadline import Call, Line, Watchdog
from imcloud.pack import WireRequest


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair()
    two.settimeout(1)
    yield one, two
    one.close()
    two.close()


def test_a_call_ends_only_what_it_uses(pair: Any) -> None:
    line, first, second = Line(pair[0]), Call(), Call()
    assert first.use(line)
    assert second.use(line)
    first.expire()
    pair[0].sendall(b"x")
    assert pair[1].recv(1) == b"x"
    second.expire()
    assert pair[1].recv(1) == b""
    assert not Call().use(line)


def test_a_call_that_is_over_already_shuts_what_it_gets(pair: Any) -> None:
    call = Call()
    call.expire()
    call.use(Line(pair[0]))
    assert pair[1].recv(1) == b""


def test_a_finished_call_ends_nothing(pair: Any) -> None:
    call = Call()
    call.use(Line(pair[0]))
    call.finish()
    call.expire()
    pair[0].sendall(b"x")
    assert (pair[1].recv(1), call.expired) == (b"x", False)


def test_a_socket_that_was_shut_is_replaced_before_anything_is_sent(serve: Any, connect: Any) -> None:
    server = serve()
    client = connect(server.url, signs_in=False)
    request = WireRequest("POST", ("things",), body={"a": 1}, has_body=True)
    client.send(request, retry=False)
    (pool,) = [
        client._transport._adapter.poolmanager.pools[key]
        for key in list(client._transport._adapter.poolmanager.pools.keys())
    ]
    idle = pool.pool.get_nowait()
    idle.line.shut = True
    pool.pool.put_nowait(idle)
    reply = client.send(request, retry=False)
    assert (reply.error, len(server.seen)) == (None, 2)
    assert server.seen[1].body == b'{"a":1}'


def test_the_watchdog_ends_calls_in_the_sequence_of_their_deadlines() -> None:
    watchdog, ended = Watchdog(), []

    def run(name: str, seconds: float) -> None:
        with watchdog.watch(seconds) as call:
            while not call.expired:
                time.sleep(0.005)
            ended.append(name)

    threads = [threading.Thread(target=run, args=one) for one in [("late", 0.3), ("soon", 0.1), ("later", 0.4)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2)
    assert ended == ["soon", "late", "later"]


def test_the_watchdog_goes_home_when_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imcloud.client.deadline._IDLE", 0.05)
    before = threading.active_count()
    watchdog = Watchdog()
    for _ in range(3):
        with watchdog.watch(60):
            pass
        end = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < end:
            time.sleep(0.02)
        assert threading.active_count() <= before
