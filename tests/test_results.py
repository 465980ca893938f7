"""The envelope: its keys in their sequence, its exit code, and what raises."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from imcloud.errors import ActionFailed, ErrorItem, ErrorKind, ImcloudError, Outcome, OutcomeUnknown
from imcloud.results import Page, Result

KEYS = [
    "action",
    "ok",
    "outcome",
    "status_code",
    "headers",
    "data",
    "page",
    "errors",
    "connection",
    "correlation_id",
    "attempts",
    "warnings",
    "coerced",
    "dry_run",
    "request",
    "intent",
    "elapsed_ms",
]
ERROR_KEYS = [
    "kind",
    "message",
    "pointer",
    "hint",
    "retryable",
    "outcome",
    "status_code",
    "correlation_id",
    "rule",
    "allowed",
    "nearest",
]
CONNECTION = {"name": "sandbox", "kind": "sandbox", "host": "127.0.0.1", "marketplace": "us"}


def result(ok: bool = True, outcome: Outcome = "done", *kinds: ErrorKind, **more: Any) -> Result:
    errors = tuple(ErrorItem(kind, f"{kind} went wrong") for kind in kinds)
    return Result("toy.act", ok, outcome, CONNECTION, errors=errors, **more)


def test_keys_stand_in_one_sequence_whatever_happened() -> None:
    full = result(
        False, "unknown", "network", status_code=502, headers={"Date": "x"}, data=[{"id": "1"}],
        page=Page(9, 1, False, 1, True), correlation_id="c", attempts=2, warnings=("w",),
        coerced=({"pointer": "/id", "from": 1, "to": "1"},), dry_run={}, request={}, elapsed_ms=5,
    )  # fmt: skip
    for item in (result(), full):
        assert list(item.to_dict()) == KEYS
        assert json.loads(json.dumps(item.to_dict(), allow_nan=False)) == item.to_dict()
    assert list(full.to_dict()["errors"][0]) == ERROR_KEYS
    assert list(full.to_dict()["page"]) == ["total", "returned", "complete", "next_offset", "drift"]


def test_absent_things_are_null_or_empty() -> None:
    envelope = result().to_dict()
    assert {key for key, value in envelope.items() if value is None} == {
        "status_code", "data", "page", "correlation_id", "dry_run", "request", "intent",
    }  # fmt: skip
    assert [envelope[key] for key in ("headers", "errors", "warnings", "coerced")] == [{}, [], [], []]


def test_the_envelope_is_a_copy() -> None:
    item = result(headers={"Date": "x"}, coerced=({"pointer": "/a", "from": 1, "to": "1"},))
    envelope = item.to_dict()
    envelope["headers"]["Date"] = envelope["connection"]["name"] = envelope["coerced"][0]["to"] = "changed"
    envelope["errors"].append("more")
    assert item.to_dict()["headers"] == {"Date": "x"}
    assert item.to_dict()["connection"] == CONNECTION
    assert item.to_dict()["coerced"][0]["to"] == "1"
    assert item.to_dict()["errors"] == []


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (result(), 0),
        (result(pending=True), 5),
        (result(False, "not_applied", "input"), 2),
        (result(False, "not_applied", "template"), 2),
        (result(False, "not_applied", "config"), 2),
        (result(False, "not_applied", "input", "template", "config"), 2),
        (result(False, "not_applied", "not_found"), 1),
        (result(False, "not_applied", "input", "not_found"), 1),
        (result(False, "not_applied", "auth"), 1),
        (result(False, "not_applied", "rate"), 1),
        (result(False, "done", "remote"), 1),
        (result(False, "not_applied"), 1),
        (result(False, "unknown", "outcome_unknown"), 3),
        (result(False, "unknown", "config"), 3),
        (result(False, "unknown", pending=True), 3),
        (result(False, "done", "remote", pending=True), 1),
    ],
)
def test_exit_codes(item: Result, code: int) -> None:
    assert item.exit_code == code


def test_a_result_that_is_ok_is_given_back() -> None:
    item = result()
    assert item.raise_for_outcome() is item


@pytest.mark.parametrize(
    ("outcome", "error", "code"),
    [("not_applied", ActionFailed, 1), ("done", ActionFailed, 1), ("unknown", OutcomeUnknown, 3)],
)
def test_a_result_that_is_not_ok_raises(outcome: Outcome, error: type[ActionFailed], code: int) -> None:
    item = result(False, outcome, "input", "remote")
    with pytest.raises(error) as caught:
        item.raise_for_outcome()
    assert type(caught.value) is error
    assert isinstance(caught.value, ImcloudError)
    assert caught.value.result is item
    assert caught.value.exit_code == code
    assert str(caught.value) == "toy.act: input went wrong; remote went wrong"


def test_a_failure_without_an_error_still_says_something() -> None:
    with pytest.raises(ActionFailed, match=r"^toy\.act: the action failed$"):
        result(False, "not_applied").raise_for_outcome()


def test_results_are_values() -> None:
    item = result(False, "not_applied", "input")
    assert item == result(False, "not_applied", "input")
    assert pickle.loads(pickle.dumps(item)) == item
    with pytest.raises(AttributeError):
        item.ok = True  # type: ignore[misc]


def test_an_error_item_gives_its_allowed_values_as_a_list() -> None:
    item = ErrorItem("input", "m", allowed=("a", "b"), nearest="a", rule="enum", pointer="/x")
    assert item.to_dict()["allowed"] == ["a", "b"]
    assert ErrorItem("input", "m").to_dict()["allowed"] is None
