"""Tokens shared by processes: asked for once, readable by nobody else, and never somebody else's."""

from __future__ import annotations

import json
import multiprocessing
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CORE

from imcloud.client import Client
from imcloud.pack import WireRequest
from imcloud.rendering import Renderer, build_environment
from imcloud.secrets import Secret

from .conftest import TOY, make_settings

GET = WireRequest("GET", ("things",))
PLATFORM_401 = (401, {"status": 401, "message": "expired"})
SHARED = {"token_cache": True}


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state" / "tokens").glob("*.json"))


def test_a_second_process_signs_in_with_the_same_token(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve()
    for _ in range(3):
        assert connect(server.url, fields=SHARED).send(GET, retry=True).error is None
    assert len(server.logins) == 1
    assert {seen.headers["Authorization"] for seen in server.seen} == {"Bearer token-1"}
    (file,) = kept(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.with_suffix(".lock").stat().st_mode) == 0o600
    for canary in ("somebody", "correct", CORE):
        assert canary not in file.read_text() + file.name


def test_it_is_for_what_is_not_this_machine_unless_said(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve()
    connect(server.url).send(GET, retry=True)
    connect(server.url, fields={"token_cache": False}).send(GET, retry=True)
    assert kept(tmp_path) == []
    far = "https://api.example.test/base"
    cached = [connect(far)._sign_in._ask.__name__, connect(far, fields={"token_cache": False})._sign_in._ask.__name__]
    assert cached == ["ask_once", "_ask_for_token"]


@pytest.mark.parametrize(
    "other",
    [
        {"user": "another"},
        {"phrase": Secret("another phrase")},
        {"api_key": Secret("another-key-0")},
        {"realm": "two"},
        {"app": "my-app"},
    ],
)
def test_no_other_account_gets_it(other: Any, serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve()
    connect(server.url, fields=SHARED).send(GET, retry=True)
    connect(server.url, fields={**SHARED, **other}).send(GET, retry=True)
    assert len(server.logins) == 2
    assert len(kept(tmp_path)) == 2


def test_no_other_server_gets_it(serve: Any, connect: Any, tmp_path: Path) -> None:
    one, two = serve(), serve()
    for server in (one, two):
        connect(server.url, fields=SHARED).send(GET, retry=True)
    assert (len(one.logins), len(two.logins), len(kept(tmp_path))) == (1, 1, 2)


def test_a_token_that_is_due_is_renewed(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    for wait, logins in [(0, 1), (799, 1), (2, 2), (10, 2)]:
        fake_time.at += wait
        connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True)
        assert len(server.logins) == logins


def test_a_refused_token_is_dropped_for_all(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve(lambda seen: {} if seen.headers["Authorization"] == "Bearer token-2" else PLATFORM_401)
    one, two, three = [connect(server.url, fields=SHARED) for _ in range(3)]
    one.send(GET, retry=True)
    assert len(server.logins) == 2
    two.send(GET, retry=True)
    server.answer = lambda _: PLATFORM_401
    server.login = lambda _: (400, {})
    assert three.send(GET, retry=True).error is not None
    assert (len(server.logins), kept(tmp_path)) == (3, [])


def test_a_token_that_another_process_renewed_is_taken_over(serve: Any, connect: Any) -> None:
    valid = ["Bearer token-1"]
    server = serve(lambda seen: {} if seen.headers["Authorization"] == valid[0] else PLATFORM_401)
    one, two = [connect(server.url, fields=SHARED) for _ in range(2)]
    one.send(GET, retry=True)
    two.send(GET, retry=True)
    valid[0] = "Bearer token-2"
    assert [client.send(GET, retry=True).error for client in (one, two)] == [None, None]
    assert len(server.logins) == 2


GOOD = {"format": 1, "token": "planted", "asked_at": 1_700_001_000, "seconds": 1000}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\x00",
        json.dumps({**GOOD, "format": 2}),
        json.dumps({**GOOD, "token": "two words"}),
        json.dumps({**GOOD, "token": 5}),
        json.dumps({**GOOD, "token": "x\r\nX-Evil: 1"}),
        json.dumps({**GOOD, "seconds": 0}),
        json.dumps({**GOOD, "seconds": -1}),
        json.dumps({**GOOD, "seconds": 10**9}),
        json.dumps({**GOOD, "seconds": True}),
        json.dumps({**GOOD, "seconds": "1000"}),
        json.dumps({**GOOD, "asked_at": None}),
        json.dumps({**GOOD, "asked_at": 1_700_009_000}),
        json.dumps({**GOOD, "asked_at": 1_699_000_000}),
        json.dumps(GOOD) + " " * 70_000,
    ],
)
def test_what_makes_no_sense_is_ignored(text: str, serve: Any, connect: Any, fake_time: Any, tmp_path: Path) -> None:
    server = serve()
    connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True)
    (file,) = kept(tmp_path)
    file.write_text(text)
    assert connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True).error is None
    assert server.seen[-1].headers["Authorization"] == "Bearer token-2"
    assert json.loads(file.read_text())["token"] == "token-2"
    file.write_text(json.dumps(GOOD))
    connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True)
    assert server.seen[-1].headers["Authorization"] == "Bearer planted"


@pytest.mark.parametrize("how", ["readable", "link", "folder"])
def test_what_others_could_have_written_is_ignored(
    how: str, serve: Any, connect: Any, fake_time: Any, tmp_path: Path
) -> None:
    server = serve()
    connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True)
    (file,) = kept(tmp_path)
    planted = tmp_path / "planted"
    planted.write_text(json.dumps(GOOD))
    planted.chmod(0o644 if how == "readable" else 0o600)
    file.unlink()
    if how == "readable":
        planted.rename(file)
    elif how == "link":
        file.symlink_to(planted)
    else:
        file.mkdir()
    assert connect(server.url, fields=SHARED, timing=fake_time.timing).send(GET, retry=True).error is None
    assert server.seen[-1].headers["Authorization"] == "Bearer token-2"
    assert how == "folder" or stat.S_IMODE(file.lstat().st_mode) == 0o600


def test_a_folder_that_cannot_be_used_does_no_harm(serve: Any, connect: Any, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    assert connect(serve().url, fields=SHARED).send(GET, retry=True).error is None


def test_a_lock_that_is_held_too_long_ends_the_call_in_time(serve: Any, connect: Any, tmp_path: Path) -> None:
    from filelock import FileLock

    server = serve()
    connect(server.url, fields=SHARED).send(GET, retry=True)
    (file,) = kept(tmp_path)
    file.unlink()
    with FileLock(file.with_suffix(".lock")):
        found: list[Any] = []
        # In a thread of its own: a lock of the same thread would let it in.
        thread = threading.Thread(
            target=lambda: found.append(connect(server.url, fields=SHARED).send(GET, retry=True, deadline=0.3))
        )
        thread.start()
        thread.join(5)
    assert (found[0].error.rule, found[0].outcome, len(server.logins)) == ("timeout", "not_applied", 1)


def _one_process(url: str, state: Path, start: Any, found: Any) -> None:
    render = Renderer(build_environment()).render
    with Client(make_settings(url, fields=SHARED), TOY, render=render, state_dir=state) as client:
        start.wait()
        reply = client.send(GET, retry=True)
        found.put(reply.error is None)


def test_eight_processes_ask_once(serve: Any, tmp_path: Path) -> None:
    server = serve()
    context = multiprocessing.get_context("fork")
    start, found = context.Barrier(8), context.SimpleQueue()
    arguments = (server.url, tmp_path / "state", start, found)
    workers = [context.Process(target=_one_process, args=arguments, daemon=True) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert all(found.get() for _ in workers)
    assert len(server.logins) == 1
