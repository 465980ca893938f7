"""What is logged: nothing unless asked for, then known facts in one line, and never a secret or a body."""

from __future__ import annotations

import base64
import http.client
import io
import json
import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from copy import copy, deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.canaries import API_KEY, PHRASE
from werkzeug.wrappers import Response

from imcloud import logs
from imcloud.client import fetch_file
from imcloud.pack import WireRequest
from imcloud.secrets import MASK, Masker, Secret, forms, mask_secrets

GET = WireRequest("GET", ("things", "id-of-a-thing"), {"filter": "value-of-a-filter"})
POST = WireRequest("POST", ("things",), body={"note": "text-of-a-body"}, has_body=True)


@pytest.fixture
def shown() -> Iterator[Any]:
    """`configure`, with a stream to look at; everything is put back afterwards."""
    root = logging.getLogger("imcloud")
    before = (root.level, root.propagate, list(root.handlers))

    def configure(verbosity: int) -> io.StringIO:
        stream = io.StringIO()
        logs.configure(verbosity, stream)
        return stream

    yield configure
    root.level, root.propagate, root.handlers[:] = before


def test_silent_unless_asked_for(tmp_path: Path) -> None:
    code = (
        "import imcloud.logs, logging, imcloud.client; log = logging.getLogger('imcloud.client');"
        "log.warning('x'); log.error('y'); imcloud.logs.event(log, 50, 'z')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_one_line_a_call_and_then_every_attempt(serve: Any, connect: Any, shown: Any, fake_time: Any) -> None:
    answers = iter([(503, {}), {"ok": True}] * 2)
    server = serve(lambda _: next(answers))
    client = connect(server.url, signs_in=False, timing=fake_time.timing)
    line = shown(1)
    client.send(GET, retry=True, template="/things/{id}")
    told = line.getvalue()
    every = shown(2)
    client.send(GET, retry=True)
    assert told.count("\n") == 1
    assert "INFO imcloud.client: call connection=toy method=GET path=/things/{id} status=200 outcome=done" in told
    assert [row.split(": ")[1].split(" connection")[0] for row in every.getvalue().splitlines()] == [
        "attempt",
        "attempt",
        "call",
    ]
    assert "path=/things/... status=503 " in every.getvalue().replace(" attempt=1", "")
    for private in ("id-of-a-thing", "value-of-a-filter", "127.0.0.1"):
        assert private not in told + every.getvalue()


def test_the_facts_are_fields_of_the_record(serve: Any, connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(lambda _: Response("{}", 404, {"X-Trace": "t-1"}))
    with caplog.at_level(logging.INFO, "imcloud"):
        connect(server.url, signs_in=False).send(POST, retry=False)
    (record,) = [record for record in caplog.records if record.name == "imcloud.client"]
    facts = record.facts  # type: ignore[attr-defined]
    assert facts.pop("elapsed") >= 0
    assert facts == {
        "connection": "toy",
        "method": "POST",
        "path": "/things",
        "status": 404,
        "outcome": "not_applied",
        "attempt": 1,
        "correlation_id": "t-1",
    }


def test_what_is_no_known_fact_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "imcloud"):
        logs.event(logging.getLogger("imcloud.x"), logging.INFO, "m", method="GET", body="text")  # type: ignore[call-arg]
    assert caplog.records[0].facts == {"method": "GET"}  # type: ignore[attr-defined]
    assert caplog.records[0].funcName == "test_what_is_no_known_fact_is_left_out"


def test_no_secret_and_no_body_whatever_the_server_repeats(serve: Any, connect: Any, shown: Any) -> None:
    def answer(seen: Any) -> Response:
        pair = base64.b64encode(f"somebody:{PHRASE}".encode()).decode()
        echo = {"status": 400, "message": f"{seen.headers['X-Key']} {pair} {seen.headers['Authorization']}"}
        return Response(json.dumps({**echo, PHRASE: [quote(PHRASE)]}), 400, {"X-Trace": API_KEY})

    stream = shown(2)
    client = connect(serve(answer).url)
    reply = client.send(POST, retry=False)
    logging.getLogger("imcloud.client").warning("%s\n\x1b[31m", API_KEY)
    try:
        raise ValueError(PHRASE)
    except ValueError:
        logging.getLogger("imcloud.client").exception("failed")
    seen = f"{stream.getvalue()} {reply!r} {client.redacted(POST)}"
    for canary in (API_KEY, PHRASE, quote(PHRASE), "token-1", base64.b64encode(PHRASE.encode()).decode()[4:-4]):
        assert canary not in seen
    assert "text-of-a-body" not in stream.getvalue()
    assert reply.body["message"].startswith(f"{MASK} {MASK} ")
    assert reply.body[MASK] == [MASK]
    assert (reply.correlation_id, reply.headers["X-Trace"]) == (MASK, MASK)
    assert "\x1b" not in stream.getvalue()
    assert "Traceback (most recent call last):\\n" in stream.getvalue()
    assert all(line[:2] == "20" for line in stream.getvalue().splitlines())


def test_a_success_that_repeats_a_secret_is_masked_as_well(serve: Any, connect: Any) -> None:
    server = serve(lambda seen: {"key": seen.headers["X-Key"], "n": 1})
    assert connect(server.url).send(GET, retry=True).body == {"key": MASK, "n": 1}


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\x1b[2J", "\u202eb", "\u2028b", "\x00", "\x85"])
def test_no_line_is_forged(text: str, shown: Any) -> None:
    stream = shown(0)
    logging.getLogger("imcloud.x").warning("name: %s", text)
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue()[:-1].isprintable()


def test_configuring_again_replaces(shown: Any) -> None:
    first, second = shown(2), shown(0)
    logging.getLogger("imcloud.x").warning("once")
    logging.getLogger("imcloud.x").info("never")
    assert (first.getvalue(), second.getvalue().count("once"), second.getvalue().count("never")) == ("", 1, 0)


def test_the_libraries_below_log_nothing_of_ours(
    serve: Any, connect: Any, caplog: pytest.LogCaptureFixture, capfd: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 9)
    server = serve()
    with caplog.at_level(logging.DEBUG):
        connect(server.url).send(GET, retry=True)
        with suppress(Exception):
            fetch_file(f"{server.url}/file?sig=abc", tmp_path / "f", max_bytes=99, allow_loopback=True)
    assert {record.name for record in caplog.records if not record.name.startswith("werkzeug")} <= {"imcloud.client"}
    assert capfd.readouterr().out == ""


def test_the_libraries_below_may_log_for_others(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    import requests

    with caplog.at_level(logging.DEBUG):
        requests.get(serve().url, timeout=5)
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}


SECRETS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=8, max_size=64)


@given(SECRETS, st.binary(max_size=4), st.binary(max_size=4), st.text(max_size=20))
def test_every_form_is_masked(secret: str, before: bytes, after: bytes, around: str) -> None:
    masker = Masker([secret])
    for form in (
        secret,
        secret.upper(),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        secret.encode().hex(),
    ):
        assert form not in masker.text(f"{around}{form}{around}").replace(MASK, "") or form in around + around
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = masker.text(encode(before + secret.encode() + after).decode())
        assert MASK in text
        assert len(text.replace(MASK, "")) <= 8 + 4 * 4


def test_a_mask_knows_the_newest_of_what_passes() -> None:
    masker = Masker()
    assert masker.text("anything") == "anything"
    for number in range(20):
        masker.add(f"passing-secret-{number:02}")
        masker.add(f"passing-secret-{number:02}")
    assert masker.text("passing-secret-19 passing-secret-12") == f"{MASK} {MASK}"
    assert masker.text("passing-secret-11") == "passing-secret-11"
    masker.add("")
    assert masker.text("x") == "x"


def test_the_longest_form_goes_first_and_short_forms_do_not_count() -> None:
    assert Masker(["abcdefgh", "abcdefghij"]).text("abcdefghij") == MASK
    assert "12345678" in forms("12345678")
    assert min(map(len, forms("12345678"))) >= 6
    assert Masker(["abc"]).text("xabcx") == f"x{MASK}x"


def test_data_is_masked_through_and_through() -> None:
    masker = Masker(["abcdefgh"])
    data = {"abcdefgh": ["x abcdefgh", {"n": 1, "s": Secret("other")}], "t": ("abcdefgh", None, True)}
    assert masker.data(data) == {MASK: [f"x {MASK}", {"n": 1, "s": MASK}], "t": [MASK, None, True]}


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hidden-value")
    assert [str(secret), f"{secret:>20}", f"{secret!r}"] == [MASK, MASK, f"Secret({MASK})"]
    assert "hidden" not in repr({"a": [secret]})
    for refuse in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError) as caught:
            refuse(secret)
        assert "hidden" not in str(caught.value)
    assert copy(secret) is deepcopy(secret) is secret
    assert not hasattr(secret, "__dict__")
    others = (Secret("hidden-value"), Secret("other"), "hidden-value")
    assert [secret == other for other in others] == [True, False, False]
    assert (bool(secret), bool(Secret("")), len({secret, Secret("hidden-value")})) == (True, False, 1)
    assert mask_secrets({"a": (secret, {"b": secret}), "c": 1}) == {"a": [MASK, {"b": MASK}], "c": 1}
