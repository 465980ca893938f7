"""What is sent again: what changes nothing, within attempts, quota and time; else only what cannot have arrived."""

from __future__ import annotations

import random
import socket
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Response

from imcloud.client.deadline import Timing
from imcloud.client.models import Answer
from imcloud.client.retry import MAX_WAIT, Policy, Quota, delay, pause, retry_after
from imcloud.pack import WireRequest

GET = WireRequest("GET", ("things",))
POST = WireRequest("POST", ("things",), body={}, has_body=True)
GATEWAY_429 = {"statusCode": 429, "message": "Rate limit is exceeded."}
NOW = 1_700_000_000.0


def failing(times: int, status: int = 503) -> Any:
    count = iter(range(times))
    return lambda _: (status, {}) if next(count, None) is not None else {"ok": True}


def throttling(times: int, body: Any = None, **headers: str) -> Any:
    import json

    count = iter(range(times))
    refusal = json.dumps(GATEWAY_429 if body is None else body)
    return lambda _: Response(refusal, 429, headers) if next(count, None) is not None else {"ok": True}


def test_a_read_is_tried_again_after_a_growing_random_wait(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(failing(2))
    reply = connect(server.url, timing=fake_time.timing).send(GET, retry=True, deadline=60)
    assert (reply.error, reply.attempts, len(server.seen)) == (None, 3, 3)
    assert fake_time.slept == [1.0, 2.0]


def test_the_wait_is_random_from_nothing_up() -> None:
    def waits(dice: float) -> list[float]:
        timing = Timing(dice=lambda: dice)
        return [delay(Answer(503, sent=True), attempt, timing) for attempt in range(1, 7)]

    assert waits(0.0) == [0.0] * 6
    assert waits(0.5) == [0.5, 1.0, 2.0, 4.0, 7.5, 7.5]


def test_attempts_are_limited(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(failing(9))
    reply = connect(server.url, timing=fake_time.timing).send(GET, retry=True, deadline=60)
    assert (reply.status, reply.attempts, reply.error.retryable) == (503, 3, True)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 501])
def test_other_answers_are_final(status: int, serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(failing(9, status))
    connect(server.url, timing=fake_time.timing).send(GET, retry=True)
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_changes_something_is_sent_once(
    method: str, status: int, serve: Any, connect: Any, fake_time: Any
) -> None:
    server = serve(failing(9, status))
    reply = connect(server.url, timing=fake_time.timing).send(WireRequest(method, ("things",)), retry=False)
    assert (len(server.seen), reply.outcome, fake_time.slept) == (1, "unknown", [])


def test_a_read_survives_a_broken_connection(raw: Any, connect: Any, fake_time: Any) -> None:
    talks = iter([lambda c: c.close(), lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")])
    base = raw(lambda connection: next(talks)(connection))
    reply = connect(base, signs_in=False, timing=fake_time.timing).send(GET, retry=True)
    assert (reply.error, reply.attempts) == (None, 2)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: applica",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"rows": [',
        b'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"rows": [',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"row',
    ],
)
def test_a_read_survives_an_answer_that_was_cut(cut: bytes, raw: Any, connect: Any, fake_time: Any) -> None:
    answers = iter([cut, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
    base = raw(lambda connection: connection.sendall(next(answers)))
    reply = connect(base, signs_in=False, timing=fake_time.timing).send(GET, retry=True)
    assert (reply.error, reply.attempts) == (None, 2)


def test_a_page_without_a_length_is_no_cut_answer(raw: Any, connect: Any, fake_time: Any) -> None:
    base = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>"))
    reply = connect(base, signs_in=False, timing=fake_time.timing).send(GET, retry=True)
    assert (reply.error.rule, reply.attempts) == ("unreadable", 1)


@pytest.mark.parametrize("request_", [GET, POST])
def test_when_nothing_left_it_is_tried_again_whatever_it_does(
    request_: WireRequest, serve: Any, connect: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused = socket.socket.connect, iter([True, True])

    def connecting(self: socket.socket, address: Any) -> None:
        if next(refused, False):
            raise ConnectionRefusedError
        real(self, address)

    server = serve()
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    monkeypatch.setattr(socket.socket, "connect", connecting)
    reply = client.send(request_, retry=request_ is GET)
    assert (reply.error, reply.outcome, len(server.seen)) == (None, "done", 1)
    assert len(fake_time.slept) == 2


def test_a_write_that_never_leaves_ends_as_not_applied(connect: Any, fake_time: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect(f"http://127.0.0.1:{port}/base", signs_in=False, timing=fake_time.timing)
    reply = client.send(POST, retry=False)
    assert (reply.attempts, reply.outcome, reply.error.rule) == (3, "not_applied", "connect")


def test_a_write_never_uses_an_idle_connection(raw: Any, connect: Any) -> None:
    # The server answers once on each connection, keeps it open, and closes it as soon as it hears of a second request.
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        connection.recv(1)

    client = connect(raw(talk), signs_in=False)
    assert client.send(GET, retry=True).error is None
    for _ in range(3):
        reply = client.send(POST, retry=False)
        assert (reply.outcome, reply.attempts) == ("done", 1)


def test_an_idle_connection_that_was_closed_is_noticed(raw: Any, connect: Any) -> None:
    import time

    base = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    client = connect(base, signs_in=False)
    for request in (GET, GET, POST, POST):
        reply = client.send(request, retry=request is GET)
        assert (reply.error, reply.attempts) == (None, 1)
        time.sleep(0.05)


def test_the_deadline_ends_trying(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(lambda _: Response("{}", 503, {"Retry-After": "30"}))
    reply = connect(server.url, timing=fake_time.timing).send(GET, retry=True, deadline=20)
    assert (reply.attempts, fake_time.slept) == (1, [])


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_how_long(status: int, serve: Any, connect: Any, fake_time: Any) -> None:
    answers = iter([Response("{}", status, {"Retry-After": "7"}), {"ok": True}])
    server = serve(lambda _: next(answers))
    started = fake_time.at
    reply = connect(server.url, timing=fake_time.timing).send(GET, retry=True, deadline=60)
    assert reply.error is None
    assert 7.0 <= fake_time.at - started <= 7.8


def test_a_write_that_the_gateway_stopped_is_sent_twice_more_at_most(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(throttling(2))
    reply = connect(server.url, timing=fake_time.timing).send(POST, retry=False)
    assert (reply.outcome, reply.attempts, len(server.seen)) == ("done", 3, 3)
    server = serve(throttling(9))
    reply = connect(server.url, timing=fake_time.timing).send(POST, retry=False)
    assert (reply.outcome, reply.error.kind, len(server.seen)) == ("not_applied", "rate", 3)


def test_a_write_has_no_more_time_for_a_pause_than_its_deadline(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(throttling(9, None, **{"Retry-After": "30"}))
    reply = connect(server.url, timing=fake_time.timing).send(POST, retry=False, deadline=20)
    assert (reply.outcome, reply.status, len(server.seen), fake_time.slept) == ("not_applied", 429, 1, [])


@pytest.mark.parametrize("body", [{"status": 429, "message": "x"}, {}, []])
def test_a_write_that_somebody_else_stopped_is_not(body: Any, serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(throttling(9, body))
    reply = connect(server.url, timing=fake_time.timing).send(POST, retry=False)
    assert (reply.outcome, len(server.seen)) == ("unknown", 1)


def test_the_quota() -> None:
    quota = Quota()
    assert sum(quota.take("retry") for _ in range(100)) == 35
    assert quota.balance == 10
    quota.give(1)
    assert (quota.balance, quota.take("retry"), quota.take("throttled")) == (11, False, True)
    quota.give(1000)
    assert quota.balance == 500
    assert sum(quota.take("throttled") for _ in range(200)) == 99


def test_a_total_outage_is_not_made_worse(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(lambda _: (503, {}))
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    replies = [client.send(GET, retry=True) for _ in range(1000)]
    assert len(server.seen) == 1035
    assert replies[0].warnings == ()
    assert replies[-1].warnings == ("too many calls of this connection fail: it was not tried again",)
    server.answer = lambda _: {"ok": True}
    for _ in range(20):
        client.send(GET, retry=True)
    assert client._sender.quota.balance == 30


def test_an_outage_of_refusals_is_not_made_worse(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(throttling(10_000))
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    for _ in range(1000):
        client.send(GET, retry=True)
    assert len(server.seen) <= 1100


def test_a_fifth_failing_costs_little(serve: Any, connect: Any, fake_time: Any) -> None:
    fates = [number < 10 for number in range(50)] * 40
    for start in range(0, len(fates), 50):
        block = fates[start : start + 50]
        random.Random(start).shuffle(block)
        fates[start : start + 50] = block
    fate = iter(fates)
    server = serve(lambda _: (503, {}) if next(fate) else {"ok": True})
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    good = sum(client.send(GET, retry=True).error is None for _ in range(1000))
    assert good >= 985  # three attempts here; four in the pack
    assert len(server.seen) <= 1250


def test_a_retry_that_succeeds_gets_its_price_back(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(failing(1))
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    client._sender.quota.balance = 100
    client.send(GET, retry=True)
    assert client._sender.quota.balance == 100
    client.send(GET, retry=True)
    assert client._sender.quota.balance == 101


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("99999", 60.0),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("1e3", None),
        ("", None),
        ("soon", None),
        ("\u0667", None),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        (formatdate(NOW + 1e6, usegmt=True), 60.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 60.0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Fri, 99 Dec 2023 23:59:59 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-AFTER": text}, lambda: NOW) == seconds


DATES = st.from_regex(
    r"\A(Mon|Fri), [0-9]{1,5} (Jan|Dec) [0-9]{1,12} [0-9]{1,9}:[0-9]{2}(:[0-9]{2})? [+-]?[A-Z0-9]{1,9}\Z"
)


@given(st.one_of(st.text(), DATES), st.one_of(st.just(""), DATES))
def test_whatever_retry_after_says_the_wait_is_bounded(text: str, date: str) -> None:
    found = retry_after({"Retry-After": text, "Date": date}, lambda: NOW)
    assert found is None or 0 <= found <= MAX_WAIT


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {"Retry-After": formatdate(NOW + 3630, usegmt=True), "Date": formatdate(NOW + 3600, usegmt=True)}
    assert retry_after(headers, lambda: NOW) == 30.0


def test_a_pause_grows_when_the_servers_figure_does_not_help() -> None:
    found = Answer(429, {"Retry-After": "1"}, sent=True)
    timing = Timing(dice=lambda: 0.0)
    assert [pause(found, number, timing) for number in range(1, 9)] == [1.0, 1.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_a_manifest_without_a_policy_tries_nothing_again() -> None:
    found = Answer(status=503, sent=True)
    assert Policy.of({}).step(found, 1, 0, changes=False, rules={}) == "final"
    assert Policy.of({}).step(Answer(429, sent=True), 1, 1, changes=False, rules={}) == "final"
