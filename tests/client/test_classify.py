"""What an exchange means: the fault matrix as a table, one line per case, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest

from imcloud.client import classify, wording
from imcloud.client.models import Answer
from imcloud.client.retry import Policy
from imcloud.secrets import Masker

CONNECTION = {
    "correlation_header": "X-Trace",
    "headers_kept": ["Retry-After"],
    "errors": {
        "platform": {"status": ["status"], "message": ["message", "error"], "correlation_id": ["trace"]},
        "gateway": {"status": ["statusCode"], "message": ["message"]},
    },
    "not_found_text": ["No such thing"],
}
RULES = CONNECTION["errors"]
POLICY = Policy(4, frozenset({408, 429, 500, 502, 503, 504}))
GATEWAY = {"statusCode": 0, "message": "g"}
PLATFORM = {"status": 0, "message": "p"}
BOTH = {**GATEWAY, **PLATFORM}


def answer(status: int, body: Any = None, **more: Any) -> Answer:
    return Answer(status, body=body, parsed=body is not None, sent=True, **more)


def page(status: int) -> Answer:
    return answer(status, failure="unreadable", detail="the answer is not JSON: line 1, column 1")


def nothing(status: int) -> Answer:
    return answer(status, failure="empty", detail="the answer is empty")


# Fault, answer, what follows for a call that changes nothing, and for one that may have changed something.
# RETRY: sent again; WAIT: the same after a pause; FAIL: final, not applied; LOOK: nobody knows, it must be looked up.
MATRIX = [
    ("no name, refused, no connection in time", Answer(failure="connect"), "RETRY", "RETRY"),
    ("the certificate or the handshake", Answer(failure="tls"), "FAIL", "FAIL"),
    ("reset or closed before any answer", Answer(failure="broken", sent=True), "RETRY", "LOOK"),
    ("closed in the headers", answer(201, failure="broken"), "RETRY", "LOOK"),
    ("a truncated body", answer(200, failure="broken"), "RETRY", "LOOK"),
    ("a truncated body of an error", answer(400, failure="broken"), "RETRY", "LOOK"),
    ("no answer in time", Answer(failure="timeout", sent=True), "RETRY", "LOOK"),
    ("an answer that drips", answer(200, failure="timeout"), "RETRY", "LOOK"),
    ("no time to send", Answer(failure="timeout"), "RETRY", "FAIL"),
    ("400", answer(400, PLATFORM), "FAIL", "FAIL"),
    ("404", answer(404, PLATFORM), "FAIL", "FAIL"),
    ("404 of the gateway", answer(404, GATEWAY), "FAIL", "FAIL"),
    ("405", answer(405, PLATFORM), "FAIL", "FAIL"),
    ("415", answer(415, PLATFORM), "FAIL", "FAIL"),
    ("422", answer(422, PLATFORM), "FAIL", "FAIL"),
    ("401 of the platform", answer(401, PLATFORM), "FAIL", "FAIL"),
    ("401 without a body", nothing(401), "FAIL", "FAIL"),
    ("401 of the gateway", answer(401, GATEWAY), "FAIL", "FAIL"),
    ("403", answer(403, PLATFORM), "FAIL", "FAIL"),
    ("403 of the quota", answer(403, GATEWAY), "FAIL", "FAIL"),
    *[(f"{status} as a page", page(status), "FAIL", "LOOK") for status in (400, 401, 403, 404, 405, 415, 422)],
    *[(f"{status} without a body", nothing(status), "FAIL", "LOOK") for status in (400, 403, 404, 405, 415, 422)],
    *[
        (f"{status} with an array", answer(status, []), "FAIL", "LOOK")
        for status in (400, 401, 403, 404, 405, 415, 422)
    ],
    ("408", answer(408, PLATFORM), "RETRY", "LOOK"),
    ("408 of the gateway", answer(408, GATEWAY), "RETRY", "LOOK"),
    ("409", answer(409, PLATFORM), "FAIL", "LOOK"),
    ("409 of the gateway", answer(409, GATEWAY), "FAIL", "LOOK"),
    ("429 of the gateway", answer(429, GATEWAY), "WAIT", "WAIT"),
    ("429 of the platform", answer(429, PLATFORM), "WAIT", "LOOK"),
    ("429 of who knows whom", answer(429, BOTH), "WAIT", "LOOK"),
    ("429 as a page", page(429), "WAIT", "LOOK"),
    ("429 without a body", nothing(429), "WAIT", "LOOK"),
    *[(f"{status} JSON", answer(status, PLATFORM), "RETRY", "LOOK") for status in (500, 502, 503, 504)],
    *[(f"{status} of the gateway", answer(status, GATEWAY), "RETRY", "LOOK") for status in (500, 502, 503, 504)],
    *[(f"{status} as a page", page(status), "RETRY", "LOOK") for status in (500, 502, 503, 504)],
    *[(f"{status} without a body", nothing(status), "RETRY", "LOOK") for status in (500, 502, 503, 504)],
    ("200 as a page", page(200), "FAIL", "LOOK"),
    ("200 without a body", nothing(200), "FAIL", "LOOK"),
    ("204", nothing(204), "FAIL", "LOOK"),
    ("200 with a text", answer(200, "text"), "FAIL", "LOOK"),
    ("200 with null", Answer(200, body=None, parsed=True, sent=True), "FAIL", "LOOK"),
    ("200 with an array", answer(200, []), "DONE", "LOOK"),
    ("200 with an object", answer(200, {}), "DONE", "DONE"),
    ("299 with an object", answer(299, {}), "DONE", "DONE"),
    ("301", answer(301, PLATFORM), "FAIL", "LOOK"),
    ("302", nothing(302), "FAIL", "LOOK"),
    ("303", page(303), "FAIL", "LOOK"),
    ("304", nothing(304), "FAIL", "LOOK"),
    ("307", nothing(307), "FAIL", "FAIL"),
    ("308", page(308), "FAIL", "FAIL"),
    ("a bomb", answer(200, failure="too_large"), "FAIL", "LOOK"),
    ("a bomb with a refusal", answer(400, failure="too_large"), "FAIL", "LOOK"),
    ("depth, duplicate keys, NaN, bad UTF-8", answer(201, failure="unreadable"), "FAIL", "LOOK"),
    ("100", answer(100, {}), "FAIL", "LOOK"),
    *[
        (f"{status}, not in the matrix", answer(status, PLATFORM), "FAIL", "LOOK")
        for status in (402, 406, 410, 413, 418)
    ],
    *[(f"{status}, not in the matrix", answer(status, PLATFORM), "FAIL", "LOOK") for status in (431, 501, 505, 599)],
    ("no budget", Answer(failure="budget"), "FAIL", "FAIL"),
    ("a body that cannot be sent", Answer(failure="input"), "FAIL", "FAIL"),
    ("a header that cannot be sent", Answer(failure="config"), "FAIL", "FAIL"),
]
STEPS = {"RETRY": "retry", "WAIT": "throttled", "FAIL": "final", "LOOK": "final", "DONE": "final"}
OUTCOMES = {"RETRY": "not_applied", "WAIT": "not_applied", "FAIL": "not_applied", "LOOK": "unknown", "DONE": "done"}


@pytest.mark.parametrize(("found", "reads", "writes"), [line[1:] for line in MATRIX], ids=[line[0] for line in MATRIX])
def test_the_fault_matrix(found: Answer, reads: str, writes: str) -> None:
    assert classify.outcome(found, RULES, changes=False) == ("done" if reads == "DONE" else "not_applied")
    assert classify.outcome(found, RULES, changes=True) == OUTCOMES[writes]
    for changes, expected in ((False, reads), (True, writes)):
        assert POLICY.step(found, 1, 1, changes=changes, rules=RULES) == STEPS[expected]
        item = wording.error_item(found, CONNECTION, changes=changes)
        assert (item is None) == (expected == "DONE")
        assert item is None or item.outcome == classify.outcome(found, RULES, changes=changes)
        assert item is None or not (item.retryable and item.outcome == "unknown")


def test_the_matrix_has_no_line_twice() -> None:
    names = [line[0] for line in MATRIX]
    assert len(names) == len(set(names)) >= 90


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"id": "1000099"}, "done"),
        ({"id": 7}, "done"),
        ({"id": 0}, "done"),
        ({"id": ""}, "unknown"),
        ({"id": " "}, "unknown"),
        ({"id": None}, "unknown"),
        ({"id": True}, "unknown"),
        ({"id": ["1"]}, "unknown"),
        ({"id": {"id": "1"}}, "unknown"),
        ({}, "unknown"),
        ({"ID": "1"}, "unknown"),
        ([{"id": "1"}], "unknown"),
        ("id", "unknown"),
    ],
)
def test_a_success_holds_the_id_that_it_needs(body: Any, outcome: str) -> None:
    found = answer(201, body)
    assert classify.outcome(found, RULES, changes=True, needs="id") == outcome
    assert classify.outcome(found, RULES, changes=False, needs="id") == ("done" if outcome == "done" else "not_applied")
    item = wording.error_item(found, CONNECTION, changes=True, needs="id")
    assert (None if item is None else (item.kind, item.rule)) == (
        None if outcome == "done" else ("outcome_unknown", "contract")
    )


def test_what_is_needed_may_stand_deeper() -> None:
    for body, outcome in [({"a": {"id": "1"}}, "done"), ({"a": "id"}, "unknown"), ({"a.id": "1"}, "unknown")]:
        assert classify.outcome(answer(200, body), RULES, changes=True, needs="a.id") == outcome
    item = wording.error_item(answer(200, {}), CONNECTION, changes=False, needs="a.id")
    assert item is not None
    assert (item.kind, item.message) == (
        "remote",
        "the answer is not the JSON object with 'a.id' that was to be expected",
    )


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (answer(400, PLATFORM), "remote"),
        (answer(400, {"message": "no such THING here"}), "not_found"),
        (answer(401), "auth"),
        (answer(403), "auth"),
        (answer(404), "not_found"),
        (answer(409), "conflict"),
        (answer(429), "rate"),
        (answer(500), "remote"),
        (Answer(failure="connect"), "network"),
        (Answer(failure="tls"), "network"),
        (Answer(failure="timeout", sent=True), "network"),
        (answer(200, failure="broken"), "network"),
        (page(200), "outcome_unknown"),
        (answer(200, failure="too_large"), "outcome_unknown"),
        (Answer(failure="budget"), "rate"),
        (Answer(failure="input"), "input"),
        (Answer(failure="config"), "config"),
    ],
)
def test_kinds(found: Answer, kind: str) -> None:
    item = wording.error_item(found, CONNECTION, changes=True)
    assert item is not None
    assert item.kind == kind


def test_messages_of_both_forms() -> None:
    found = wording.error_item(answer(400, {"status": 400, "error": "Bad", "trace": "t-1"}), CONNECTION, changes=False)
    assert found is not None
    assert (found.message, found.correlation_id, found.status_code) == ("HTTP 400: Bad", "t-1", 400)
    found = wording.error_item(answer(403, {"statusCode": 403, "message": "Quota"}), CONNECTION, changes=False)
    assert found is not None
    assert (found.message, found.rule) == ("HTTP 403: Quota", "gateway_refused")


def test_long_and_strange_texts_are_tamed() -> None:
    found = wording.error_item(answer(400, {"message": "a\r\n\x1b[2Jb\u202e " + "x" * 900}), CONNECTION, changes=False)
    assert found is not None
    assert found.message.startswith("HTTP 400: a [2Jb x")
    assert len(found.message) <= 510


def test_a_secret_is_masked_before_a_text_is_cut_or_cleaned() -> None:
    masker = Masker(["correct-horse"])
    for text in ("x" * 495 + "correct-horse", "correct-\x00horse", "CORRECT-horse", "Y29ycmVjdC1ob3JzZQ=="):
        found = answer(400, {"message": text, "trace": "correct-horse"}, headers={"Retry-After": text})
        item = wording.error_item(found, CONNECTION, changes=False, masker=masker)
        assert item is not None
        assert "horse" not in f"{item} {wording.kept_headers(found, CONNECTION, masker)}".lower()
        assert item.correlation_id == "********"


@pytest.mark.parametrize(
    ("found", "unknown"),
    [
        (answer(405, {}), True),
        (answer(405), False),
        (answer(404, GATEWAY), True),
        (answer(404, PLATFORM), False),
        (answer(404, BOTH), False),
        (answer(404), False),
        (answer(400, GATEWAY), False),
    ],
)
def test_when_an_operation_is_proved_unknown(found: Answer, unknown: bool) -> None:
    assert classify.is_unknown_operation(found, RULES) is unknown


@pytest.mark.parametrize(
    ("found", "read", "write"),
    [
        (answer(401, PLATFORM), True, True),
        (answer(401, {}), True, True),
        (nothing(401), True, True),
        (page(401), True, False),
        (answer(401, GATEWAY), False, False),
        (answer(403, PLATFORM), False, False),
    ],
)
def test_when_a_token_is_proved_to_be_refused(found: Answer, read: bool, write: bool) -> None:
    assert classify.is_token_refused(found, RULES, changes=False) is read
    assert classify.is_token_refused(found, RULES, changes=True) is write


def test_a_pack_without_error_shapes() -> None:
    found = wording.error_item(answer(404, {"message": "x"}), {}, changes=True)
    assert found is not None
    assert (found.message, found.kind, found.correlation_id) == ("HTTP 404", "not_found", None)
