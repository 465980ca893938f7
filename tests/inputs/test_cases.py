"""Every bad input of `cases/` is refused with exactly its errors, and nothing at all leaves the machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from inputs.cases import all_cases, allowed_at, made
from support.canaries import PASSWORD
from support.canned import Canned, canned_server

from imcloud.runner import Connection, Runner

CASES = list(all_cases())
FREQUENT = {
    "bad_date": 8, "bad_enum": 8, "dots": 10, "empty_id": 8, "long_id": 5, "missing_field": 5, "missing_nested": 5,
    "near_miss": 12, "newline_id": 5, "null_value": 5, "spreadsheet": 5, "unknown_key": 5, "wrong_coercion": 8,
    "wrong_type": 8,
}  # fmt: skip
KINDS = {
    "all_at_once", "bad_boolean", "bad_format", "bad_path", "boolean_for_number", "boolean_for_text", "control",
    "covered",
    "deep", "dotted_key", "empty_filter", "float_money", "foreign_digits", "huge_list", "json_fault", "list_for_object",
    "mask", "misplaced", "missing_id", "naive_date_time", "not_finite", "object_for_list", "out_of_range",
    "surrogate", "template",
    "too_long", *FREQUENT,
}  # fmt: skip


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner(env={}) as runner:
        yield runner


@pytest.fixture(scope="module")
def canned() -> Iterator[Canned]:
    with canned_server() as server:
        yield server


@pytest.fixture(scope="module")
def connection(runner: Runner, canned: Canned) -> Iterator[Connection]:
    with runner.open_connection(explicit={**canned.fields, "kind": "sandbox"}) as opened:
        yield opened


@pytest.mark.parametrize(
    ("action", "case"), [pytest.param(action, case, id=f"{action}: {case['title']}") for action, case in CASES]
)
def test_bad_input(action: str, case: dict[str, Any], runner: Runner, canned: Canned, connection: Connection) -> None:
    inputs = made(case["inputs"])
    result = runner.run_action(action, inputs, connection=connection, context=case.get("context"), yes=True)
    schema = runner.find_action(action).inputs
    assert [error.to_dict() for error in result.errors] == [_whole(schema, error) for error in case["errors"]]
    assert (result.ok, result.outcome, result.exit_code, result.attempts) == (False, "not_applied", 2, 0)
    assert canned.connections == 0, "something was sent"
    envelope = json.dumps(result.to_dict(), allow_nan=False)
    assert PASSWORD not in envelope


def _whole(schema: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The whole error: what a case does not say is not there; the allowed values stand in the schema."""
    empty = dict.fromkeys(("hint", "nearest", "status_code", "correlation_id"))
    allowed = allowed_at(schema, expected["rule"], expected["pointer"])
    kind = {"kind": "input", "retryable": False, "outcome": "not_applied", "allowed": allowed}
    return {**empty, **kind, **expected}


def test_there_are_enough_cases_for_each_action_and_each_kind(runner: Runner) -> None:
    actions = Counter(action for action, _ in CASES)
    kinds = Counter(case["kind"] for _, case in CASES)
    known = {action.name for pack in runner.packs.values() for action in pack.actions.values()}
    assert len(known) == 28
    assert sum(actions.values()) >= 240
    assert set(actions) == known
    assert min(actions.values()) >= 5, actions
    assert set(kinds) == KINDS
    assert {kind: count for kind, count in FREQUENT.items() if kinds[kind] < count} == {}, kinds


def test_every_case_has_a_title_of_its_own() -> None:
    titles = Counter((action, case["title"]) for action, case in CASES)
    assert [title for title, count in titles.items() if count > 1] == []
