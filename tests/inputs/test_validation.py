"""The rules of a schema as this package reads them: strict at the end of a text, at types and at formats."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inputs.strategies import JSON_VALUES

import imcloud
from imcloud.errors import ErrorItem
from imcloud.inputs import answer_faults, validate_inputs
from imcloud.inputs.plain import MAX_DEPTH
from imcloud.inputs.rules import _ById, _validator
from imcloud.packs import load_pack
from imcloud.secrets import Secret

PACK = load_pack(Path(imcloud.__path__[-1]))
ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}


def errors(schema: dict[str, Any], data: Any) -> list[ErrorItem]:
    return list(validate_inputs({"type": "object", **schema}, data).errors)


def field(schema: dict[str, Any], value: Any) -> ErrorItem | None:
    """The error of the field `x` with this schema and value, if there is one."""
    found = errors({"properties": {"x": schema}, "required": ["x"]}, {"x": value})
    assert len(found) <= 1
    return found[0] if found else None


def rules(found: list[ErrorItem]) -> list[tuple[str | None, str | None]]:
    return [(error.pointer, error.rule) for error in found]


@pytest.mark.parametrize(
    "text", ["1000027\n", "1000027\r\n", "\n1000027", "1000027 ", "a b", "a/b", "é", "١٢٣", "a\u2028"]
)
def test_a_pattern_ends_where_the_text_ends(text: str) -> None:
    error = field(ID, text)
    assert error is not None
    assert error.rule == "pattern"


@pytest.mark.parametrize("text", ["1000027", "a", "A_b-9", "x" * 64])
def test_an_id_passes(text: str) -> None:
    assert field(ID, text) is None


def test_a_dollar_that_is_escaped_means_itself() -> None:
    assert field({"type": "string", "pattern": "^a\\$"}, "a$b") is None


def test_null_travels_where_a_value_may_be_left_out() -> None:
    schema = {
        "properties": {"a": ID, "b": {"type": "object", "properties": {"c": ID}}, "d": {"type": "array", "items": ID}}
    }
    given_data = {"a": None, "b": {"c": None}}
    checked = validate_inputs({"type": "object", **schema}, given_data)
    assert checked.errors == ()
    assert checked.clean == given_data


def test_null_travels_in_a_map() -> None:
    schema = {"properties": {"map": {"type": "object", "additionalProperties": {"type": "string"}}}}
    assert errors(schema, {"map": {"any": None}}) == []


def test_null_is_a_fault_where_a_value_is_required_or_stands_in_a_list() -> None:
    schema = {"properties": {"a": ID, "d": {"type": "array", "items": ID}}, "required": ["a"]}
    assert rules(errors(schema, {"a": None, "d": [None]})) == [("/a", "type"), ("/d/0", "type")]


def test_null_under_an_unknown_name_is_an_unknown_name() -> None:
    assert rules(errors({"properties": {}, "additionalProperties": False}, {"a": None})) == [("/a", "unknown")]


def test_all_errors_come_at_once_in_the_sequence_of_their_places() -> None:
    schema = {
        "properties": {"rows": {"type": "array", "maxItems": 20, "items": ID}},
        "additionalProperties": False,
        "required": ["id"],
    }
    found = errors(schema, {"rows": ["", *["ok"] * 9, "a b", float("nan")], "more": 1})
    assert rules(found) == [
        ("/id", "required"), ("/more", "unknown"), ("/rows/0", "minLength"), ("/rows/10", "pattern"), ("/rows/11",
        "number"),
    ]  # fmt: skip


def test_a_bad_key_hides_no_other_error() -> None:
    found = errors({"properties": {}, "additionalProperties": False, "required": ["id"]}, {5: 1, "\ud800": 2, "x": 3})
    assert rules(found) == [("", "type"), ("/id", "required"), ("/x", "unknown")]


def test_a_thousand_faults_are_told_as_a_hundred_and_a_remark() -> None:
    schema = {"properties": {"rows": {"type": "array", "items": {"type": "integer"}}}}
    found = errors(schema, {"rows": ["x"] * 1000})
    assert len(found) == 101
    assert found[-1].rule == "more"
    assert found[0].pointer == "/rows/0"


def test_many_unknown_names_take_no_time() -> None:
    started = time.monotonic()
    schema = PACK.actions["create_order"].inputs
    found = errors(schema, {f"poNumber{number}": 1 for number in range(50_000)})
    assert len(found) == 101
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("text", ["/" * 2000, "/a" * 1000, "/" + "a" * 1999, "/a" * 999 + "\n", "(" * 2000])
def test_patterns_take_no_time(text: str) -> None:
    started = time.monotonic()
    for action in PACK.actions.values():
        validate_inputs(action.inputs, dict.fromkeys(action.inputs["properties"], text))
    assert time.monotonic() - started < 3


def test_a_whole_number_is_a_whole_number() -> None:
    assert field({"type": "integer"}, 5) is None
    assert validate_inputs({"type": "object", "properties": {"x": {"type": "integer"}}}, {"x": 5.0}).clean == {"x": 5}
    for value in (True, 5.5, 2.0**60, Decimal("5.1")):
        error = field({"type": "integer"}, value)
        assert error is not None
        assert error.rule in ("type", "number")


def test_decimals_are_compared_exactly() -> None:
    assert field({"type": "number", "maximum": 0.5}, Decimal("0.5")) is None
    error = field({"type": "number", "exclusiveMaximum": 1}, Decimal(1))
    assert error is not None
    assert error.message == "x must be less than 1"


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "integer", "minimum": 1}, 0, "x must be at least 1"),
        ({"type": "integer", "maximum": 1}, 2, "x must be at most 1"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "x must be more than 0"),
        ({"type": "array", "minItems": 1, "maxItems": 9}, [], "x must have at least 1 item(s)"),
        ({"type": "object", "minProperties": 1}, {}, "x must have at least 1 field(s)"),
        ({"type": "object", "maxProperties": 1}, {"a": 1, "b": 2}, "x must have at most 1 field, not 2"),
        ({"type": "string", "minLength": 8}, "short", "x must have at least 8 characters"),
        ({"const": "a"}, "b", "x must be a"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, [], "x has none of the forms that are possible here"),
        ({"type": ["string", "null"]}, [], "x must be a text or null, not a list"),
        ({"not": {"type": "string"}}, "a", "x has a form that is not possible here"),
        ({"type": "string", "pattern": "^[a-z]{2}$"}, "abc", "x must match ^[a-z]{2}$"),
        ({"type": "string", "pattern": "^[a-z]{2}$", "examples": ["en"]}, "abc", "x must look like en"),
    ],
)
def test_words_of_the_other_rules(schema: dict[str, Any], value: Any, message: str) -> None:
    error = field(schema, value)
    assert error is not None
    assert error.message == message


def test_a_field_that_another_one_needs() -> None:
    schema = {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}}
    assert [error.message for error in errors(schema, {"a": 1})] == ["b is required when a is given"]


@pytest.mark.parametrize("inputs", [[], "text", 5, [{}], True])
def test_inputs_that_are_no_object(inputs: Any) -> None:
    assert rules(errors({}, inputs)) == [("", "type")]


def test_no_inputs_are_empty_inputs() -> None:
    assert errors({}, None) == []


def _cyclic() -> dict[str, Any]:
    data: dict[str, Any] = {}
    data["self"] = data
    return data


def _doubling() -> list[Any]:
    rows: list[Any] = []
    rows.extend([rows, rows])
    return rows


@pytest.mark.parametrize("value", [_cyclic(), _doubling(), {"a": [_cyclic()]}])
def test_data_without_end_ends(value: Any) -> None:
    started = time.monotonic()
    found = errors({"properties": {}, "additionalProperties": True}, {"x": value})
    assert {error.rule for error in found} <= {"depth", "size"}
    assert found
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 500, 20_000])
def test_depth_is_counted_and_never_a_recursion_error(levels: int) -> None:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    assert [error.rule for error in errors({}, {"x": value})] == (["depth"] if levels >= MAX_DEPTH else [])


@pytest.mark.parametrize("levels", [10, 33, 5000])
def test_depth_of_json_text(levels: int) -> None:
    text = "[" * levels + "]" * levels
    assert [error.rule for error in errors({"properties": {"x": {"type": "array"}}}, {"x": text})] == (
        ["json"] if levels > MAX_DEPTH else []
    )


def test_a_validator_is_made_once_for_a_schema_and_never_taken_for_another() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    twin = json.loads(json.dumps(schema))
    assert _validator(_ById(schema)) is _validator(_ById(schema))
    assert _validator(_ById(schema)) is not _validator(_ById(twin))


def test_schemas_that_come_and_go_keep_their_own_rules() -> None:
    # An identity is used again as soon as its object is gone: a cache that forgot this would mix the schemas up.
    for number in range(600):
        kind, value = ("integer", 1) if number % 2 else ("string", "a")
        assert field({"type": kind}, value) is None
        assert field({"type": kind}, []) is not None


def test_a_secret_object_is_taken_as_its_text_and_never_shown() -> None:
    schema = {"properties": {"x": {"type": "string", "maxLength": 5, "x-secret": True}}}
    assert validate_inputs({"type": "object", **schema}, {"x": Secret("abc")}).clean == {"x": "abc"}
    error = errors(schema, {"x": Secret("abcdefgh")})[0]
    assert error.message == "x must have at most 5 characters"


CANARY = "canary5f1c9"


@given(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]),
    st.sampled_from(
        [{}, {"pattern": "^[a-z]$"}, {"x-format": "date"}, {"enum": ["one", "two"]}, {"x-reference": "thing"}]
    ),
    st.sampled_from(
        ["{}", " {}", "{}\n", "1.00E+06{}", '{{"{}"', "[{}", "'{}'", "{{{{ {} }}}}", "yes{}", "{}@", "2026-08-01{}"]
    ),
)
def test_no_message_tells_a_value(kind: str, rule: dict[str, Any], form: str) -> None:
    error = field({"type": kind, **rule}, form.format(CANARY))
    if error is not None:
        assert CANARY not in json.dumps(error.to_dict())


@given(JSON_VALUES)
def test_an_answer_is_never_refused_and_its_values_are_not_told(value: Any) -> None:
    for fault in answer_faults(PACK.actions["get_order"].output, {"id": f"{CANARY}\n", "products": value}):
        assert CANARY not in fault
