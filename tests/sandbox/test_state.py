"""State files: kept, shared, stamped, deterministic; servers that leave nothing behind."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from imcloud import sandbox
from imcloud.sandbox.errors import StateError

from .conftest import FIRST, Admin, Api

SEAT = {"mpn": "SANDBOX-SEAT", "quantity": 1}


def test_state_survives(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "state.db")
    with sandbox.start(path) as server:
        order = Api(server.fields).order(FIRST, SEAT)
        Admin(server).advance(100)
    begin = time.perf_counter()
    with sandbox.start(path, size="large", seed=9) as server:
        assert time.perf_counter() - begin < 0.5
        assert server.size == "small"
        assert Api(server.fields).get(f"/orders/{order['id']}")["status"] == "completed"
        assert Admin(server).get("clock")["offset_seconds"] == 100


def test_same_seed_same_marketplace(server: sandbox.Server, api: Api) -> None:
    with sandbox.start() as twin, sandbox.start(seed=2) as other:
        one, two, three = api, Api(twin.fields), Api(other.fields)
        assert one.get("/customers", limit=500) == two.get("/customers", limit=500)
        assert one.get("/customers", limit=500) != three.get("/customers", limit=500)
        rows = [client.get("/orders", limit=500)["data"] for client in (one, two)]
        for name in ("id", "orderNumber", "type", "status", "customerId"):
            assert [row[name] for row in rows[0]] == [row[name] for row in rows[1]]
        assert [row["id"] for row in one.get("/reports")["data"]] == [row["id"] for row in two.get("/reports")["data"]]
        assert one.get("/orders/2000150")["total"] == two.get("/orders/2000150")["total"]


@pytest.mark.parametrize("content", ["text", "foreign", "old"])
def test_files_that_cannot_be_used(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.db"
    if content == "text":
        path.write_text("this is no database, but long enough to be read as the head of one" * 20)
    else:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE mine (x)")
        if content == "old":
            db.execute("PRAGMA application_id = 0x696D6373")
            db.execute("PRAGMA user_version = 999")
        db.commit()
        db.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="imcloud sandbox reset"):
        sandbox.start(str(path))
    assert path.read_bytes() == before
    sandbox.reset(str(path), seed=3)
    with sandbox.start(str(path)) as server:
        assert server.fields["password"].endswith("0003")


def test_unknown_size() -> None:
    with pytest.raises(ValueError, match="unknown sandbox size"):
        sandbox.start(size="huge")


def test_two_servers_share_tokens_and_numbers(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    with sandbox.start(path) as one, sandbox.start(path) as two:
        first = Api(one.fields)
        second = Api(two.fields)
        second.session.headers["Authorization"] = first.session.headers["Authorization"]
        with ThreadPoolExecutor(8) as pool:
            orders = list(pool.map(lambda i: (first, second)[i % 2].order(FIRST, SEAT), range(60)))
        assert len({order["id"] for order in orders}) == 60
        assert len({order["orderNumber"] for order in orders}) == 60
        assert first.get("/orders", limit=60) == second.get("/orders", limit=60)


PROGRAM = """
import sys, requests
from imcloud import sandbox
with sandbox.start(sys.argv[1]) as server:
    f = server.fields
    s = requests.Session()
    s.headers["X-Subscription-Key"] = f["subscription_key"]
    who = (f["username"], f["password"])
    token = s.post(f["base_url"] + "/token", auth=who, json={"marketplace": "us"}).json()["token"]
    s.headers["Authorization"] = "Bearer " + token
    for i in range(25):
        body = {"customerId": "1000005", "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1}]}
        print(s.post(f["base_url"] + "/orders", json=body).json()["id"])
"""


def test_processes_seed_and_order_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    command = [sys.executable, "-c", PROGRAM, path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    ids = [line for output in outputs for line in output.split()]
    assert len(set(ids)) == len(ids) == 100
    with sandbox.start(path) as server:
        made = [e for e in ledger_of(Admin(server)) if e["operation"] == "create_order"]
        assert sorted(e["effect"]["id"] for e in made) == sorted(ids)
        rows = Api(server.fields).get("/customers", limit=500)["pagination"]["total"]
        assert rows == 22


def ledger_of(admin: Admin) -> list[Any]:
    found: list[Any] = []
    while page := admin.get("ledger", after=found[-1]["seq"] if found else 0)["data"]:
        found += page
    return found


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    with sandbox.start() as server:
        Api(server.fields).session.close()
    files, threads = open_files(), threading.active_count()
    for _ in range(3):
        server = sandbox.start()
        clients = [Api(server.fields) for _ in range(3)]
        folder = server._state.path.parent
        assert folder.exists()
        begin = time.perf_counter()
        server.stop()
        assert time.perf_counter() - begin < 1
        server.stop()
        assert not folder.exists()
        for client in clients:
            with pytest.raises(requests.ConnectionError):
                client.get("/plans")
            client.session.close()
    assert threading.active_count() <= threads
    assert open_files() <= files


def test_keep_alive_without_stalls(server: sandbox.Server, api: Api) -> None:
    with requests.Session() as session:
        session.headers.update(api.session.headers)
        ports = set()
        begin = time.perf_counter()
        for _ in range(40):
            answer = session.get(api.base + "/plans", stream=True)
            ports.add(answer.raw.connection.sock.getsockname()[1])
            assert answer.json()["data"]
        assert len(ports) == 1
        assert (time.perf_counter() - begin) / 40 < 0.025


def test_pipeline_sees_requests_and_answers(server: sandbox.Server, api: Api, admin: Admin) -> None:
    seen: list[Any] = []

    def meddle(request: Any, apply: Any) -> Any:
        seen.append(request.environ["werkzeug.socket"].getsockname()[1])
        answer = apply(request)
        if request.path.endswith("/orders"):
            raise ConnectionAbortedError
        answer.headers["X-Seen"] = "yes"
        return answer

    server.pipeline = meddle
    assert api.call("GET", "/plans").headers["X-Seen"] == "yes"
    with pytest.raises(requests.ConnectionError):
        api.call("POST", "/orders", {"customerId": FIRST, "products": [SEAT]})
    assert admin.get("ledger")["data"][-1]["effect"]["kind"] == "order"
    assert len(seen) == 2


def test_an_error_of_the_sandbox_is_a_500(server: sandbox.Server, api: Api, admin: Admin) -> None:
    with server._state.transaction() as db:
        db.execute("UPDATE plans SET billing_model = billing_model")
        db.execute("UPDATE subscriptions SET attributes = '{' WHERE id = 3000001")
    answer = api.call("GET", "/subscriptions/3000001")
    assert answer.status_code == 500
    assert set(answer.json()) == {"timeStamp", "status", "message", "path", "correlationId"}
    assert "JSONDecodeError" in admin.get("ledger")["data"][-1]["fault"]


def test_large(tmp_path: Path) -> None:
    begin = time.perf_counter()
    with sandbox.start(size="large") as server:
        assert time.perf_counter() - begin < 15
        api = Api(server.fields)
        assert api.get("/orders", limit=1)["pagination"]["total"] > 10000
        assert api.get("/customers", limit=1)["pagination"]["total"] == 550
        begin = time.perf_counter()
        for offset in range(0, 5000, 500):
            assert len(api.get("/orders", offset=offset, limit=500)["data"]) == 500
        assert time.perf_counter() - begin < 3


def test_reset_under_a_running_server(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    with sandbox.start(path) as server:
        order = Api(server.fields).order(FIRST, SEAT)
        sandbox.reset(path)
        assert Api(server.fields).call("GET", f"/orders/{order['id']}").status_code == 400
        assert Api(server.fields).get("/orders", limit=500)["pagination"]["total"] < 300


def exchange(server: sandbox.Server, raw: bytes) -> bytes:
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_raw_http(server: sandbox.Server, capfd: pytest.CaptureFixture[str]) -> None:
    head = b"GET /_sandbox/clock HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert exchange(server, head * 3).count(b"HTTP/1.1 200 OK") == 3
    post = b"POST /_sandbox/clock HTTP/1.1\r\nHost: localhost\r\n"
    chunked = post + b"Transfer-Encoding: chunked\r\n\r\n"
    body = b'{"advance_seconds": 5}'
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert exchange(server, chunked + whole + head).count(b"HTTP/1.1 200 OK") == 2
    assert b" 400 " in exchange(server, chunked + b"zz\r\n")
    assert b" 400 " in exchange(server, post + b"Content-Length: -5\r\n\r\n")
    assert b" 413 " in exchange(server, post + b"Content-Length: 99999999\r\n\r\n")
    assert exchange(server, post + b"Content-Length: 10\r\n\r\n{") == b""
    assert b" 100 " in exchange(server, post + b"Expect: 100-continue\r\nContent-Length: 22\r\n\r\n" + body)
    assert b" 400 " in exchange(server, b"nonsense\r\n\r\n")
    assert exchange(server, b"") == b""
    assert capfd.readouterr() == ("", "")
