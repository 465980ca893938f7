"""Faults of the connection, seen from a bare socket and from http.client; what is left of them after a stop."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from imcloud import sandbox

from .raw import Raw


def orders(raw: Raw) -> int:
    """How many orders were placed."""
    rows = raw.ledger("create_order")
    return sum(effect["what"] == "created" for row in rows for effect in row["effects"] if effect["kind"] == "order")


@pytest.mark.parametrize(
    ("fault", "end", "placed"),
    [
        ("reset-before-apply", "reset", 0),
        ("reset-after-apply", "reset", 1),
        ("close-before-answer", "closed", 0),
        ("close-after-apply", "closed", 1),
    ],
)
def test_the_connection_ends_without_an_answer(raw: Raw, fault: str, end: str, placed: int) -> None:
    raw.plan("create_order", fault)
    met = raw.order()
    assert (met.data, met.end) == (b"", end)
    assert orders(raw) == placed
    row = raw.last("create_order")
    assert (row["fault"], row["status"], row["request_body"]["type"]) == (fault, 200 if placed else 0, "sales")
    assert raw.order().status == 200 and orders(raw) == placed + 1


def test_a_reset_on_a_connection_that_is_kept(raw: Raw) -> None:
    raw.plan("create_order", "none", "reset-after-apply")
    client = http.client.HTTPConnection(raw.base.hostname or "", raw.base.port, timeout=5)
    for _ in range(2):
        client.request("GET", raw.base.path + "/customers", headers=raw.key)
        assert client.getresponse().read()
    with pytest.raises(ConnectionResetError):
        for _ in range(2):
            client.request("POST", raw.base.path + "/orders", "{}", {**raw.key, "Content-Type": "application/json"})
            client.getresponse().read()
    client.close()


def test_closing_mid_headers_passes_for_an_empty_answer(raw: Raw) -> None:
    raw.plan("create_order", "close-mid-headers")
    met = raw.order()
    assert met.end == "closed" and met.data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in met.data and b"Content-Length" not in met.data
    assert orders(raw) == 1
    raw.plan("create_order", "close-mid-headers")
    client = http.client.HTTPConnection(raw.base.hostname or "", raw.base.port, timeout=5)
    client.request("POST", raw.base.path + "/orders", "{}", {**raw.key, "Content-Type": "application/json"})
    answer = client.getresponse()
    assert answer.read() == b"" and answer.status in (200, 400)
    client.close()


def test_truncated_bodies(raw: Raw) -> None:
    raw.plan("create_order", "truncate:20", "truncate:0", "truncate:999999")
    cut, nothing, most = raw.order(), raw.order(), raw.order()
    assert len(cut.body) == 20 < int(cut.headers["content-length"]) and cut.end == "closed"
    assert nothing.body == b"" and int(nothing.headers["content-length"]) > 100
    assert len(most.body) == int(most.headers["content-length"]) - 1, "never whole"
    raw.plan("create_order", "truncate-no-length:20")
    bare = raw.order()
    assert len(bare.body) == 20 and {"content-length", "transfer-encoding"}.isdisjoint(bare.headers)
    raw.plan("create_order", "truncate-chunked:20", "truncate-chunked:0")
    chunked, none = raw.order(), raw.order()
    assert chunked.headers["transfer-encoding"] == "chunked" and "content-length" not in chunked.headers
    assert chunked.body.startswith(b"14\r\n{") and len(chunked.body) == 4 + 20 + 2
    assert none.body == b""
    assert orders(raw) == 6
    raw.plan("list_customers", "truncate-chunked:20")
    client = http.client.HTTPConnection(raw.base.hostname or "", raw.base.port, timeout=5)
    client.request("GET", raw.base.path + "/customers", headers=raw.key)
    with pytest.raises(http.client.IncompleteRead):
        client.getresponse().read()
    client.close()


def test_a_stall_of_a_client_that_waits(raw: Raw) -> None:
    raw.plan("create_order", "stall:0.3", "stall-after-apply:0.3")
    for placed in (1, 2):
        met = raw.order()
        assert met.status == 200 and met.seconds >= 0.3 and orders(raw) == placed


@pytest.mark.parametrize(("fault", "placed", "status"), [("stall:30", 0, 0), ("stall-after-apply:30", 1, 200)])
def test_a_stall_of_a_client_that_leaves(raw: Raw, fault: str, placed: int, status: int) -> None:
    plan = raw.plan("create_order", fault)
    met = raw.order(timeout=0.2)
    assert (met.end, met.data) == ("timeout", b"")
    settle(raw, plan)
    assert orders(raw) == placed
    assert (raw.last("create_order")["status"], raw.last("create_order")["fault"]) == (status, fault)


def settle(raw: Raw, plan: str) -> None:
    """Wait until the ledger has what the plan met."""

    def entered() -> bool:
        consumed = raw.server.faults.report(plan)["consumed"]
        return bool(consumed) and all(entry["request"] for entry in consumed)

    wait_until(entered)


def test_a_client_that_sends_ahead_still_waits_and_is_served(raw: Raw) -> None:
    raw.plan("list_customers", "stall:0.3")
    one = raw.request("GET", raw.base.path + "/customers", Connection="keep-alive")
    met = raw.talk(one + raw.request("GET", raw.base.path + "/plans"))
    assert met.seconds >= 0.3 and met.data.count(b"HTTP/1.1 200 OK") == 2


def arrivals(raw: Raw, method: str, path: str) -> list[tuple[float, bytes]]:
    """Every piece of an answer with the moment it came."""
    found = []
    with raw.connect() as connection:
        connection.sendall(raw.request(method, raw.base.path + path))
        while piece := connection.recv(65536):
            found.append((time.monotonic(), piece))
    return found


def test_drips(raw: Raw) -> None:
    raw.plan("get_service_plan", "drip:40/20", "drip-headers:1")
    body, head = arrivals(raw, "GET", "/plans/10013"), arrivals(raw, "GET", "/plans/10013")
    assert body[0][1].endswith(b"\r\n\r\n"), "the headers come at once"
    assert {len(piece) for _, piece in body[1:-1]} <= {40, 80, 120} and len(body) > 4
    assert body[-1][0] - body[0][0] >= 0.02 * (len(body) - 2)
    assert len(head) > 50 and sum(len(piece) == 1 for _, piece in head) > 50
    assert head[-1][0] - head[0][0] >= 0.1
    whole = [b"".join(piece for _, piece in pieces).partition(b"\r\n\r\n")[2] for pieces in (body, head)]
    assert whole[0] == whole[1] == raw.send("GET", "/plans/10013").body


def test_a_drip_ends_with_its_client(raw: Raw) -> None:
    raw.plan("get_service_plan", "drip:1/60000", "drip-headers:60000")
    served = raw.server._connections._open
    for _ in range(2):
        wait_until(lambda: not served)
        with raw.connect() as connection:
            connection.sendall(raw.request("GET", raw.base.path + "/plans/10013"))
            wait_until(lambda: len(served) == 1)
    wait_until(lambda: not served)


def test_a_late_commit(raw: Raw) -> None:
    plan = raw.plan("create_order", "late-commit:0.5")
    met = raw.order()
    assert (met.end, met.data) == ("reset", b"") and met.seconds < 0.4
    assert raw.ledger("create_order") == [] and raw.server.faults.report(plan)["consumed"][0]["request"] is None
    settle(raw, plan)
    row = raw.last("create_order")
    assert (row["fault"], row["status"], row["effect"]["what"]) == ("late-commit:0.5", 200, "created")
    assert orders(raw) == 1 and len(raw.ledger("create_order")) == 1
    entry = raw.server.faults.report(plan)["consumed"][0]
    assert (entry["request"], entry["correlation_id"]) == (row["seq"], row["correlation_id"])


LONG = ["stall:3000", "stall-after-apply:3000", "drip:1/60000", "drip-headers:60000", "late-commit:3000"]


def test_a_stop_ends_every_wait_and_leaves_nothing(tmp_path: Path) -> None:
    with sandbox.start():  # what a first start loads stays
        pass
    before = (threading.active_count(), open_files())
    clients = []
    with sandbox.start(str(tmp_path / "state.db")) as running:
        raw = Raw(running)
        plan = raw.plan("create_order", *LONG, "gzip-bomb:16384")
        for _ in range(len(LONG) + 1):
            client = raw.connect()
            client.sendall(raw.request("POST", raw.base.path + "/orders", {"type": "sales"}))
            clients.append(client)
            wait_until(lambda: running.faults.report(plan)["consumed_count"] == len(clients))
        start = time.monotonic()
    assert time.monotonic() - start < 3
    for client in clients:
        client.close()
    wait_until(lambda: threading.active_count() <= before[0] and open_files() <= before[1])
    with sandbox.start(str(tmp_path / "state.db")) as again:
        faults = [row["fault"] for row in Raw(again).ledger("create_order")]
    assert set(faults) == {"stall-after-apply:3000", "drip:1/60000", "drip-headers:60000", "gzip-bomb:16384"}


def wait_until(condition: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def open_files() -> int:
    """File descriptors of this process, where they can be counted."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else 0


def test_many_faults_leave_no_descriptors(raw: Raw) -> None:
    raw.plan("get_customer", *["reset-before-apply", "reset-after-apply", "close-mid-headers", "truncate:3"] * 25)
    raw.send("GET", "/customers/1000005")
    before = open_files()
    for _ in range(99):
        raw.send("GET", "/customers/1000005")
    wait_until(lambda: open_files() <= before + 1)
    assert raw.send("GET", "/customers/1000005").status == 200


def test_the_seam_of_the_pipeline_stays_around_the_faults(raw: Raw) -> None:
    seen = []

    def look(request: object, apply: object) -> object:
        answer = apply(request)  # type: ignore[operator]
        seen.append(answer.status)
        return answer

    raw.server.pipeline = look  # type: ignore[assignment]
    raw.plan("list_customers", "return:503")
    assert raw.send("GET", "/customers").status == 503 and seen == [503]


def test_a_socket_that_is_gone_when_it_is_to_be_reset(raw: Raw) -> None:
    plan = raw.plan("create_order", "reset-after-apply")

    def leave(request: object, apply: object) -> object:
        connection: socket.socket = request.environ["werkzeug.socket"]  # type: ignore[attr-defined]
        socket.close(connection.detach())
        return apply(request)  # type: ignore[operator]

    raw.server.pipeline, inner = leave, raw.server.pipeline  # type: ignore[assignment]
    raw.order()
    settle(raw, plan)
    raw.server.pipeline = inner
    assert orders(raw) == 1 and raw.order().status == 200
