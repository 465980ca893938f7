"""The budget of calls: one for all threads and processes of an account, and a pause that holds for all of them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from support.canaries import CORE
from werkzeug.wrappers import Response

from imcloud.client.budget import Budget, Denied, Grant
from imcloud.client.deadline import Deadline, Timing
from imcloud.client.windows import FILE, Window, Windows
from imcloud.pack import WireRequest
from imcloud.secrets import Secret

GET = WireRequest("GET", ("things",))
POST = WireRequest("POST", ("things",), body={}, has_body=True)
MINUTE = Window("remaining_minute", 60, 1, 60)
DAY = Window("remaining_day", 86400, 600, 5000)


def counted(folder: Path, clock: Any, *windows: Window, account: str = "a") -> Windows:
    return Windows(folder, lambda: account, windows or (MINUTE, DAY), lambda: clock.at)


def test_so_many_in_any_minute_and_no_more(tmp_path: Path, fake_time: Any) -> None:
    windows = counted(tmp_path, fake_time)
    sent: list[float] = []
    while fake_time.at < 1500:
        taken = windows.take()
        if taken.wait:
            assert 0 < taken.wait <= 61
            fake_time.at += taken.wait
        else:
            sent.append(fake_time.at)
            fake_time.at += 0.3
    assert max(sum(start <= at < start + 60 for at in sent) for start in sent) == 60
    assert len(sent) >= 480


def test_what_is_left_is_told(tmp_path: Path, fake_time: Any) -> None:
    windows = counted(tmp_path, fake_time)
    assert [windows.take().left for _ in range(2)] == [
        {"remaining_minute": 59, "remaining_day": 4999},
        {"remaining_minute": 58, "remaining_day": 4998},
    ]
    fake_time.at += 120
    assert windows.take().left == {"remaining_minute": 59, "remaining_day": 4997}


def test_the_day_counts_as_well(tmp_path: Path, fake_time: Any) -> None:
    windows = counted(tmp_path, fake_time, MINUTE, Window("remaining_day", 86400, 600, 3))
    for _ in range(3):
        assert windows.take().wait == 0
    assert 86000 < windows.take().wait <= 87000
    fake_time.at += 87000
    assert windows.take().wait == 0


def test_accounts_do_not_share(tmp_path: Path, fake_time: Any) -> None:
    one = counted(tmp_path, fake_time, Window("m", 60, 1, 1))
    two = counted(tmp_path, fake_time, Window("m", 60, 1, 1), account="b")
    assert (one.take().wait, two.take().wait) == (0, 0)
    one.pause(5)
    fake_time.at += 62
    assert (one.take().wait, two.take().wait) == (0, 0)
    one.pause(5)
    fake_time.at += 61.5
    two.take()
    assert one.take().wait == 0


def test_a_pause_holds_and_the_longer_one_wins(tmp_path: Path, fake_time: Any) -> None:
    one, two = counted(tmp_path, fake_time), counted(tmp_path, fake_time)
    one.pause(30)
    two.pause(10)
    assert two.take().wait == pytest.approx(30)
    fake_time.at += 30
    assert two.take().wait == 0


@pytest.mark.parametrize("jump", [-3600, 3600, -1e9, 1e9])
def test_a_clock_that_jumps_stops_nobody_for_long(jump: float, tmp_path: Path, fake_time: Any) -> None:
    fake_time.at = 1_700_000_000.0
    windows = counted(tmp_path, fake_time)
    for _ in range(60):
        windows.take()
    windows.pause(50)
    fake_time.at += jump
    assert windows.take().wait <= 61


def test_the_file_is_private(tmp_path: Path, fake_time: Any) -> None:
    counted(tmp_path / "state", fake_time).take()
    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["garbage", "folder", "readable", "link", "no folder"])
def test_a_file_that_cannot_be_used_costs_nothing_but_the_sharing(damage: str, tmp_path: Path, fake_time: Any) -> None:
    folder = tmp_path / "state"
    if damage == "no folder":
        folder.write_text("x")
    else:
        folder.mkdir()
        path = folder / FILE
        if damage == "folder":
            path.mkdir()
        elif damage == "link":
            path.symlink_to(tmp_path / "elsewhere")
        else:
            path.write_bytes(b"garbage " * 1000)
            path.chmod(0o644 if damage == "readable" else 0o600)
    windows = counted(folder, fake_time, Window("m", 60, 1, 2))
    assert [windows.take().wait > 0 for _ in range(3)] == [False, False, True]
    assert not (tmp_path / "elsewhere").exists()


TAKE = """
import sys
from pathlib import Path
from imcloud.client.windows import Window, Windows
windows = Windows(Path(sys.argv[1]), lambda: "a", (Window("m", 60, 1, 50),), lambda: 1000.0)
print(sum(windows.take().wait == 0 for _ in range(20)))
"""
FORK = """
import os, sys
from pathlib import Path
from imcloud.client.windows import Window, Windows
windows = Windows(Path(sys.argv[1]), lambda: "a", (Window("m", 60, 1, 50),), lambda: 1000.0)
windows.take()
child = os.fork()
left = windows.take().left["m"] if child == 0 else None
if child == 0:
    print(left, flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(windows.take().left["m"])
"""


def _script(text: str, folder: Path) -> subprocess.Popen[str]:
    # Processes of their own: a test runner has threads, and a fork of it may inherit a lock that nobody will open.
    return subprocess.Popen([sys.executable, "-c", text, str(folder)], stdout=subprocess.PIPE, text=True)


def test_processes_share(tmp_path: Path) -> None:
    workers = [_script(TAKE, tmp_path) for _ in range(4)]
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_process_that_forks_does_not_share_the_handle(tmp_path: Path) -> None:
    assert _script(FORK, tmp_path).communicate(timeout=60)[0].split() == ["48", "47"]


def budget(connect: Any, url: str, **fields: Any) -> Budget:
    found: Budget = connect(url, fields=fields)._sender.budget
    return found


def test_the_usual_budget_is_for_what_is_not_this_machine(connect: Any) -> None:
    far, near = "https://api.example.test/base", "http://127.0.0.1:9/base"
    assert [window.calls for window in budget(connect, far).windows] == [60, 5000]
    assert budget(connect, near).windows == ()
    assert [window.calls for window in budget(connect, near, requests_per_minute=7).windows] == [7]
    changed = budget(connect, far, requests_per_minute=100, requests_per_day=9)
    assert [window.calls for window in changed.windows] == [100, 9]


def test_a_call_waits_for_its_turn_and_tells(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    client = connect(server.url, signs_in=False, timing=fake_time.timing, fields={"requests_per_minute": 2})
    first, second, third = [client.send(GET, retry=True) for _ in range(3)]
    assert (first.waited, first.budget) == (0.0, {"remaining_minute": 1, "remaining_day": None})
    assert second.budget == {"remaining_minute": 0, "remaining_day": None}
    assert 60 <= third.waited <= 62
    assert third.error is None  # although the wait was longer than the connection's timeout of 5 seconds
    assert connect(server.url, signs_in=False).send(GET, retry=True).budget is None


def test_a_call_with_a_deadline_does_not_wait_beyond_it(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    client = connect(server.url, signs_in=False, timing=fake_time.timing, fields={"requests_per_minute": 1})
    client.send(GET, retry=True)
    for retry in (True, False):
        reply = client.send(POST, retry=retry, deadline=30)
        assert (reply.error.kind, reply.error.rule, reply.outcome) == ("rate", "budget", "not_applied")
        assert (reply.attempts, reply.error.retryable) == (0, True)
    assert client.send(GET, retry=True, deadline=90).error is None
    assert len(server.seen) == 2


def test_a_day_is_not_waited_for(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    client = connect(server.url, signs_in=False, timing=fake_time.timing, fields={"requests_per_day": 1})
    client.send(GET, retry=True)
    reply = client.send(GET, retry=True)
    assert (reply.error.rule, reply.outcome, fake_time.slept) == ("budget", "not_applied", [])
    assert reply.error.message.startswith("the budget of calls is used up for 8")


def test_signing_in_counts(serve: Any, connect: Any) -> None:
    client = connect(serve().url, fields={"requests_per_minute": 10})
    assert client.send(GET, retry=True).budget == {"remaining_minute": 8, "remaining_day": None}


def test_a_refusal_pauses_everybody_before_it_costs_anything(serve: Any, connect: Any, fake_time: Any) -> None:
    answers = iter([Response("{}", 429, {"Retry-After": "9"})])
    server = serve(lambda _: next(answers, {"ok": True}))
    fields = {"requests_per_minute": 50}
    one, two = [connect(server.url, signs_in=False, timing=fake_time.timing, fields=fields) for _ in range(2)]
    assert one.send(GET, retry=False, deadline=5).status == 429
    reply = two.send(GET, retry=True)
    assert 9 <= reply.waited <= 10
    assert (one._sender.quota.balance, two._sender.quota.balance) == (500, 500)


def test_a_refusal_right_after_a_pause_costs(connect: Any, fake_time: Any) -> None:
    found = budget(connect, "http://127.0.0.1:9/base")
    first, late = Grant(0, None), Grant(0, None)
    assert found.throttled(first, 1)
    assert found.throttled(late, 1)  # it had left before anybody knew
    after = Grant(1, None)
    assert not found.throttled(after, 1)
    found.passed()
    assert found.throttled(Grant(2, None), 1)


def test_waiting_without_a_limit_has_one_after_all(connect: Any, fake_time: Any) -> None:
    found = Budget(connect("http://127.0.0.1:9/base").settings, Path(), lambda: "", fake_time.timing)
    found.throttled(Grant(0, None), 10_000)
    assert isinstance(found.acquire(Deadline.after(5, fake_time.timing.clock, strict=False)), Denied)
    assert isinstance(found.acquire(Deadline.after(99_999, fake_time.timing.clock)), Grant)


class MovedTime:
    """The client's time, and with it the sandbox's. It moves on when all that are at work are asleep."""

    def __init__(self, admin: str) -> None:
        self.at, self._admin = 1000.0, admin
        self._turn = threading.Condition()
        self._working = 0
        self._wakes: list[float] = []

    @contextmanager
    def working(self) -> Iterator[None]:
        with self._turn:
            self._working += 1
        try:
            yield
        finally:
            with self._turn:
                self._working -= 1
                self._move()

    def sleep(self, seconds: float) -> None:
        with self._turn:
            wake = self.at + seconds
            self._wakes.append(wake)
            self._move()
            while self.at < wake:
                assert self._turn.wait(20)
            self._wakes.remove(wake)

    def _move(self) -> None:
        if not self._wakes or len(self._wakes) < self._working or min(self._wakes) <= self.at:
            return
        seconds = min(self._wakes) - self.at
        requests.post(f"{self._admin}/clock", json={"advance_seconds": seconds}, timeout=10).raise_for_status()
        self.at += seconds
        self._turn.notify_all()

    @property
    def timing(self) -> Timing:
        return Timing(clock=lambda: self.at, now=lambda: 1_700_000_000.0 + self.at, sleep=self.sleep)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Any]:
    with import_module("imcloud.sandbox").start(settings={"rate_limit_per_minute": 60}) as running:
        yield running


@pytest.mark.parametrize("own_limit", [60, 1000, None])
def test_a_sweep_finishes(own_limit: int | None, sandbox: Any, connect: Callable[..., Any]) -> None:
    # With the right budget, with one that is far too large, and with none: slowly, and nothing fails.
    root = Path(__file__).resolve().parents[2]
    manifest = import_module("yaml").safe_load((root / "manifest.yaml").read_text())
    time = MovedTime(sandbox.admin_url)
    time.sleep(100)
    # A long timeout: on this clock the others' waits pass while one request is under way.
    fields = {**sandbox.fields, "timeout": 3600, "token_cache": False}
    fields |= {name: Secret(fields[name]) for name in ("password", "subscription_key")}
    if own_limit is not None:
        fields["requests_per_minute"] = own_limit
    client = connect(sandbox.base_url, manifest=manifest, timing=time.timing, fields=fields)
    request = WireRequest("GET", ("plans",), {"limit": "1"})
    assert client.send(request, retry=True).error is None  # signs in

    def one(_: int) -> Any:
        with time.working():
            return client.send(request, retry=True)

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(one, range(600)))
    assert [reply.error for reply in replies if reply.error is not None] == []
    assert 540 <= time.at - 1100 <= 900
    assert own_limit != 60 or sum(reply.attempts for reply in replies) == 600


def test_the_sandbox_would_have_refused(sandbox: Any) -> None:
    found = requests.get(f"{sandbox.admin_url}/ledger", timeout=10).json()["data"]
    assert any(row["status"] == 429 for row in found)


def test_the_file_holds_no_secret(serve: Any, connect: Any, tmp_path: Path) -> None:
    connect(serve().url, fields={"requests_per_minute": 10}).send(GET, retry=True)
    with sqlite3.connect(tmp_path / "state" / FILE) as base:
        text = json.dumps(base.execute("SELECT * FROM spent").fetchall())
    for canary in ("somebody", "correct", CORE):
        assert canary not in text
