"""Operations with a disputed verb: the other one is sent once, and what worked is remembered."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from imcloud.pack import WireRequest

CHANGE = WireRequest("PATCH", ("things", "1"), body={"a": 1}, has_body=True, alternate_method="POST")
GATEWAY_404 = (404, {"statusCode": 404, "message": "Resource not found"})
PLATFORM_404 = (404, {"status": 404, "message": "no thing 1"})


def knows(*methods: str, otherwise: Any = (405, {})) -> Any:
    return lambda seen: {"id": "1"} if seen.method in methods else otherwise


@pytest.mark.parametrize("otherwise", [(405, {}), (405, {"status": 405}), GATEWAY_404])
def test_the_other_verb_is_sent_once(otherwise: Any, serve: Any, connect: Any) -> None:
    server = serve(knows("POST", otherwise=otherwise))
    reply = connect(server.url).send(CHANGE, retry=False, operation="change")
    assert (reply.error, reply.method, reply.attempts, reply.outcome) == (None, "POST", 2, "done")
    assert [(seen.method, seen.body) for seen in server.seen] == [("PATCH", b'{"a":1}'), ("POST", b'{"a":1}')]
    assert reply.warnings == (
        "the server does not know PATCH here: the request was sent with POST, which is remembered for this connection",
    )


@pytest.mark.parametrize("answer", [PLATFORM_404, (404, {}), (400, {}), (500, {}), (501, {}), (302, {}), (200, "text")])
def test_nothing_less_than_a_proof_counts(answer: Any, serve: Any, connect: Any) -> None:
    server = serve(lambda _: answer)
    reply = connect(server.url).send(CHANGE, retry=False, operation="change")
    assert (len(server.seen), reply.method, reply.warnings) == (1, "PATCH", ())


def test_without_an_alternative_nothing_else_is_sent(serve: Any, connect: Any) -> None:
    server = serve(knows())
    request = WireRequest("PATCH", ("things", "1"))
    assert connect(server.url).send(request, retry=False, operation="change").error.rule == "unknown_operation"
    assert len(server.seen) == 1


def test_when_neither_is_known_the_first_answer_counts(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve(lambda seen: (405, {"message": seen.method}))
    reply = connect(server.url).send(CHANGE, retry=False, operation="change")
    assert (reply.method, reply.error.message, len(server.seen)) == ("PATCH", "HTTP 405: PATCH", 2)
    assert reply.outcome == "not_applied"
    assert not (tmp_path / "state" / "verbs.json").exists()


def test_the_alternatives_own_failure_is_the_answer(serve: Any, connect: Any) -> None:
    server = serve(lambda seen: (405, {}) if seen.method == "PATCH" else (500, {}))
    reply = connect(server.url).send(CHANGE, retry=False, operation="change")
    assert (reply.status, reply.method, reply.outcome, len(reply.warnings)) == (500, "POST", "unknown", 1)


def test_it_is_remembered_across_clients(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve(knows("POST"))
    connect(server.url).send(CHANGE, retry=False, operation="change")
    server.seen.clear()
    reply = connect(server.url).send(CHANGE, retry=False, operation="change")
    assert ([seen.method for seen in server.seen], reply.warnings) == (["POST"], ())
    file = tmp_path / "state" / "verbs.json"
    assert list(json.loads(file.read_text()).values()) == [{"change": "POST"}]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_memory_is_per_connection_and_operation(serve: Any, connect: Any) -> None:
    server = serve(knows("POST"))
    connect(server.url).send(CHANGE, retry=False, operation="change")
    for client, operation in [(connect(server.url, fields={"realm": "two"}), "change"), (connect(server.url), "other")]:
        server.seen.clear()
        client.send(CHANGE, retry=False, operation=operation)
        assert [seen.method for seen in server.seen] == ["PATCH", "POST"]


def test_a_server_that_changed_its_mind(serve: Any, connect: Any) -> None:
    server = serve(knows("POST"))
    client = connect(server.url)
    client.send(CHANGE, retry=False, operation="change")
    server.answer = knows("PATCH")
    assert client.send(CHANGE, retry=False, operation="change").method == "PATCH"
    server.seen.clear()
    assert client.send(CHANGE, retry=False, operation="change").method == "PATCH"
    assert len(server.seen) == 1


def test_a_pinned_verb_wins(serve: Any, connect: Any) -> None:
    server = serve(knows("PATCH"))
    client = connect(server.url, pinned_methods={"change": "POST"})
    reply = client.send(CHANGE, retry=False, operation="change")
    assert (reply.status, [seen.method for seen in server.seen]) == (405, ["POST"])
    assert client.send(CHANGE, retry=False, operation="other").method == "PATCH"


def test_without_a_name_nothing_is_remembered(serve: Any, connect: Any, tmp_path: Path) -> None:
    server = serve(knows("POST"))
    reply = connect(server.url).send(CHANGE, retry=False)
    assert reply.warnings == ("the server does not know PATCH here: the request was sent with POST",)
    assert not (tmp_path / "state" / "verbs.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', "\x00"])
def test_a_damaged_memory_does_no_harm(text: str, serve: Any, connect: Any, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "verbs.json"
    file.write_text(text)
    file.chmod(0o600)
    server = serve(knows("POST"))
    assert connect(server.url).send(CHANGE, retry=False, operation="change").error is None
    assert "POST" in file.read_text()


def test_a_memory_that_cannot_be_kept_does_no_harm(serve: Any, connect: Any, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    assert connect(serve(knows("POST")).url).send(CHANGE, retry=False, operation="change").error is None


def test_a_sandbox_on_another_port_is_the_same_connection(connect: Any) -> None:
    one, two = connect("http://127.0.0.1:1001/base"), connect("http://127.0.0.1:1002/base")
    assert one.settings.fingerprint == two.settings.fingerprint
    far = [connect(f"https://api{n}.example.test/base", kind="production").settings.fingerprint for n in (1, 2)]
    assert far[0] != far[1]
