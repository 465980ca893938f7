"""Every action with made inputs: errors as data or one request, never an exception, never a request elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inputs.strategies import broken, fitting
from support.canned import Canned, canned_server

from imcloud.errors import ErrorItem
from imcloud.inputs import validate_inputs
from imcloud.pack import WireRequest
from imcloud.rendering import InputProblem
from imcloud.runner import Connection, Runner
from imcloud.runner.given import check_inputs

RUNNER = Runner(env={})
ACTIONS = [action for pack in RUNNER.packs.values() for action in pack.actions.values()]
NAMES = [action.name for action in ACTIONS]
# A sign of a value is a value's text in a message: long enough not to stand there by chance.
CANARY = "canary5f1c9"


@pytest.mark.parametrize("name", NAMES)
def test_fitting_inputs_make_a_request(name: str) -> None:
    action = RUNNER.find_action(name)
    prepared = RUNNER.prepared(action)

    @settings(max_examples=12)
    @given(inputs=fitting(action.inputs))
    def check(inputs: dict[str, Any]) -> None:
        checked = check_inputs(RUNNER.renderer, prepared, inputs, None)
        assert checked.errors == ()
        assert checked.clean == inputs
        _is_the_request(prepared.request.build(checked.clean), action.path)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_broken_inputs_make_errors_or_a_request(name: str) -> None:
    action = RUNNER.find_action(name)
    prepared = RUNNER.prepared(action)

    @settings(max_examples=45)
    @given(inputs=broken(action.inputs), context=st.sampled_from([None, {"ctx": {"id": "1000027"}}]))
    def check(inputs: Any, context: dict[str, Any] | None) -> None:
        checked = check_inputs(RUNNER.renderer, prepared, inputs, context)
        if checked.errors:
            _are_data(checked.errors)
            return
        _is_the_request(prepared.request.build(checked.clean), action.path)

    check()


def _are_data(errors: tuple[ErrorItem, ...]) -> None:
    pointers = [error.pointer for error in errors]
    assert len(set(pointers)) == len(pointers)
    for error in errors:
        assert error.kind in ("input", "template")
        assert error.rule
        assert error.message
        assert error.message.isprintable()
        assert error.hint is None or error.hint.isprintable()
        json.dumps(error.to_dict(), allow_nan=False).encode("utf-8")


def _is_the_request(wire: WireRequest, template: str) -> None:
    if template.startswith("{{"):
        assert re.fullmatch(r"(/[A-Za-z0-9._~%-]+)+", wire.path)
        assert not {"", ".", ".."} & set(wire.segments)
    else:
        assert re.fullmatch(re.sub(r"\{\{.*?\}\}", "[A-Za-z0-9_-]{1,64}", template), wire.path)
    assert all(isinstance(value, str) and value for value in wire.query.values())


@pytest.fixture(scope="module")
def canned() -> Iterator[Canned]:
    with canned_server() as server:
        yield server


@pytest.fixture(scope="module")
def connection(canned: Canned) -> Iterator[Connection]:
    with RUNNER.open_connection(explicit={**canned.fields, "kind": "sandbox"}) as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_the_runner_answers_broken_inputs_with_a_result(name: str, canned: Canned, connection: Connection) -> None:
    action = RUNNER.find_action(name)

    @settings(max_examples=8)
    @given(inputs=broken(action.inputs))
    def check(inputs: Any) -> None:
        canned.expect((400, {"status": 400, "message": "no"}), (400, {"status": 400, "message": "no"}))
        result = RUNNER.run_action(name, inputs, connection=connection, yes=True, explain=False)
        assert result.ok is False
        assert result.errors
        assert {error.rule for error in result.errors} & {"plugin"} == set(), result.errors
        sent = len(canned.requests)
        assert sent == 0 if result.errors[0].kind in ("input", "template") else sent >= 1
        json.dumps(result.to_dict(), allow_nan=False).encode("utf-8")

    check()


@pytest.mark.parametrize("name", NAMES)
def test_no_message_tells_a_value(name: str) -> None:
    action = RUNNER.find_action(name)

    @settings(max_examples=25)
    @given(inputs=broken(action.inputs))
    def check(inputs: Any) -> None:
        checked = validate_inputs(action.inputs, _marked(inputs))
        for error in checked.errors:
            assert CANARY not in error.message
            assert CANARY not in str(error.hint)
            assert CANARY not in str(error.nearest)
            assert CANARY not in str(error.pointer)

    check()


def _marked(value: Any) -> Any:
    """The same value with the canary in every text of it; keys stay, for messages do name them."""
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return f"{value}{CANARY}" if isinstance(value, str) else value


def test_input_problems_are_input_errors() -> None:
    prepared = RUNNER.prepared(RUNNER.find_action("list_customers"))
    problems = prepared.request.problems({"name": "", "email": None})
    assert [(problem.where, problem.rule) for problem in problems] == [("/name", "empty"), ("/email", "empty")]
    with pytest.raises(InputProblem):
        prepared.request.build({"name": ""})
