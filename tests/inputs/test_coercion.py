"""Text becomes another type only where the schema wants one, nothing is lost, and every change is told."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from inputs.strategies import JSON_VALUES, TEXTS

from imcloud.inputs import validate_inputs
from imcloud.inputs.coercion import coerce
from imcloud.secrets import MASK

KINDS = ["string", "integer", "number", "boolean", "object", "array"]
TEXT_LIKE = st.one_of(
    TEXTS,
    st.sampled_from(
        ["true", "False", " TRUE ", "5", "-5", "0", "-0", "00123", "1_000", "1e3", "1.50", "2.0", "+1", "\u0661"]
    ),
    st.sampled_from(["{}", "[]", '{"a": [1, 2.50]}', "[true]", "{", "null", "NaN", "1" * 19, "0." + "1" * 18, "yes"]),
    st.integers(-(10**18), 10**18).map(str),
    st.decimals(-(10**6), 10**6, places=3).map(lambda number: format(number, "f")),
    JSON_VALUES.map(lambda value: json.dumps(value)),
)


def one(kind: Any, value: Any, **more: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The value of a field of this type after coercion, and the changes."""
    clean, changes, _ = coerce({"properties": {"field": {"type": kind, **more}}}, {"field": value})
    return clean["field"], changes


@given(TEXT_LIKE)
def test_a_text_field_never_changes(text: str) -> None:
    assert one("string", text) == (text, [])
    assert one(["string", "integer"], text) == (text, [])


@given(TEXT_LIKE)
def test_a_field_of_any_type_never_changes(text: str) -> None:
    clean, changes, _ = coerce({"properties": {"field": {}}}, {"field": text, "unknown": text})
    assert (clean, changes) == ({"field": text, "unknown": text}, [])


@given(st.sampled_from(KINDS), TEXT_LIKE)
def test_nothing_is_lost(kind: str, text: str) -> None:
    value, changes = one(kind, text)
    if value == text and isinstance(value, str):
        assert changes == []
        return
    assert [change["pointer"] for change in changes] == ["/field"]
    assert changes[0]["from"] == text
    bare = text.strip()
    match value:
        case bool():
            assert kind == "boolean"
            assert bare.lower() == ("true" if value else "false")
        case int() | Decimal():
            assert kind in ("integer", "number")
            assert Decimal(bare) == value
            assert isinstance(value, int) or kind == "number"
        case dict() | list():
            assert kind == ("object" if isinstance(value, dict) else "array")
            assert json.loads(bare, parse_float=Decimal) == value
        case _:
            raise AssertionError(f"an unexpected value of type {type(value).__name__}")


@given(st.sampled_from(KINDS), TEXT_LIKE | JSON_VALUES)
def test_twice_is_as_once(kind: str, value: Any) -> None:
    first, _ = one(kind, value)
    second, changes = one(kind, first)
    assert (second, changes) == (first, [])
    assert type(second) is type(first)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_numeric_id_becomes_text_and_is_told(number: int) -> None:
    assert one("string", number) == (str(number), [{"pointer": "/field", "from": number, "to": str(number)}])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_becomes_a_whole_number_only_when_it_is_surely_one(number: float) -> None:
    value, changes = one("integer", number)
    if changes:
        assert isinstance(value, int)
        assert value == number
        assert abs(number) < 2**53
    else:
        assert value is number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [True, False, None])
def test_truth_values_and_null_are_never_made_into_anything(kind: str, value: object) -> None:
    assert one(kind, value) == (value, [])


@pytest.mark.parametrize(
    ("kind", "text"),
    [("boolean", text) for text in ("yes", "1", "on", "t", "")]
    + [("integer", text) for text in ("1.5", "1e3", "1_000", "1,000", "00123", "+5", "\u0665", "0x1f", "", "1" * 19)]
    + [("number", text) for text in ("1e3", ".5", "5.", "1,5", "NaN", "inf", "-", "0.1234567890123456789")]
    + [("object", text) for text in ("[]", "null", "a: 1", "5")]
    + [("array", text) for text in ("{}", "a,b", "1")],
)
def test_what_could_mean_two_things_is_left_alone(kind: str, text: str) -> None:
    assert one(kind, text) == (text, [])


def test_json_text_is_looked_into_and_its_inner_texts_as_well() -> None:
    schema = {
        "properties": {
            "rows": {"type": "array", "items": {"type": "object", "properties": {"count": {"type": "integer"}}}}
        }
    }
    clean, changes, faults = coerce(schema, {"rows": '[{"count": "5"}, {"count": 7.0}]'})
    assert clean == {"rows": [{"count": 5}, {"count": 7}]}
    assert [change["pointer"] for change in changes] == ["/rows", "/rows/0/count", "/rows/1/count"]
    assert faults == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [('["\\ud800"]', "unicode"), (f'["{MASK}"]', "mask"), ('["\\u0000"]', "control"), ("[1e40]", "number")],
)
def test_what_json_text_smuggles_in_is_found(text: str, rule: str) -> None:
    _, _, faults = coerce({"properties": {"rows": {"type": "array"}}}, {"rows": text})
    assert [(fault.pointer, fault.rule) for fault in faults] == [("/rows/0", rule)]


SECRET = "hunter2hunter2"  # a made-up one
PEOPLE = {
    "properties": {
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "password": {"type": "string", "x-secret": True}},
                "additionalProperties": False,
            },
        }
    }
}


@pytest.mark.parametrize("key", ["password", "passwort"])
def test_json_text_around_a_secret_is_not_shown_even_when_its_name_is_misspelt(key: str) -> None:
    checked = validate_inputs({"type": "object", **PEOPLE}, {"people": json.dumps([{"name": "Ada", key: SECRET}])})
    assert checked.clean["people"] == [{"name": "Ada", key: SECRET}]
    assert [(change["from"], change["to"]) for change in checked.coerced] == [(MASK, MASK)]
    assert SECRET not in repr(checked.coerced) + repr(checked.errors)


def test_a_secret_that_came_as_a_number_is_masked() -> None:
    value, changes = one("string", 12345678, **{"x-secret": True})
    assert value == "12345678"
    assert changes == [{"pointer": "/field", "from": MASK, "to": MASK}]


@given(JSON_VALUES)
def test_data_of_the_caller_is_never_changed_in_place(value: Any) -> None:
    assume(isinstance(value, dict | list))
    before = json.dumps(value)
    coerce({"properties": {"field": {"type": "object", "additionalProperties": {"type": "string"}}}}, {"field": value})
    assert json.dumps(value) == before
