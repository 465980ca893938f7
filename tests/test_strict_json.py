"""JSON is read exactly, or refused with words that quote nothing of it."""

from __future__ import annotations

import json
import math
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imcloud.strict_json import MAX_DEPTH, parse_json, plain, pointer


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: line 1, column 1"),
        (b"{'a': 1}", "not JSON: line 1, column 2"),
        (b'{"a": 1,\n "b": }', "not JSON: line 2, column 7"),
        (b"[1] 2", "not JSON: line 1, column 5"),
        (b"\xef\xbb\xbf{}", "not JSON: line 1, column 1"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"NaN", "NaN is not a JSON number"),
        (b"[Infinity]", "Infinity is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1, "a": 2}', "a key stands twice in one object"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "a key stands twice in one object"),
        (b"1234567890123456789", "a number has too many digits"),
        (b"-1234567890123456789", "a number has too many digits"),
        (b"1" * 5000, "a number has too many digits"),
        (b"0." + b"1" * 70, "a number has too many digits"),
        (b"1e999999999", "a number has too many digits"),
        (b"1e99999999999999999999", "a number has too many digits"),
        (b"1e-99999999999999999999", "a number has too many digits"),
        (b"[" * 33 + b"]" * 33, "nested deeper than 32 levels"),
        (b'{"a":' * 100_000, "nested deeper than 32 levels"),
        (b"01", "not JSON: line 1, column 2"),
        (b'"\n"', "not JSON: line 1, column 2"),
    ],
)
def test_a_refusal_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("-Inf", "-Inf")) as caught:
        parse_json(raw)
    assert str(caught.value) == reason
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"5", 5), (b"-0", 0), (b"999999999999999999", 999999999999999999), (b"0.10", Decimal("0.10")), (b"1e3",
        Decimal("1e3")),
        (b'"\\u00e9"', "é"), (b"null", None), (b" [true, false] ", [True, False]), (b'{"": {"": []}}', {"": {"": []}}),
    ],
)  # fmt: skip
def test_values(raw: bytes, value: Any) -> None:
    found = parse_json(raw)
    assert found == value
    assert type(found) is type(value)


def test_cents_survive() -> None:
    assert str(parse_json(b"12345678901234567890.12")) == "12345678901234567890.12"
    assert str(parse_json(b"70.50")) == "70.50"


@pytest.mark.parametrize("limit", [0, 1, 5, MAX_DEPTH, 64])
def test_depth_is_what_is_nested_and_not_what_stands_in_texts(limit: int) -> None:
    assert parse_json(b"[" * limit + b"1" + b"]" * limit, limit) is not None
    with pytest.raises(ValueError, match=f"nested deeper than {limit} levels"):
        parse_json(b"[" * (limit + 1) + b"]" * (limit + 1), limit)
    assert parse_json(json.dumps('["\\' * 200).encode(), limit)
    if limit:
        assert parse_json(b"[" + b",".join([b'"[["'] * 100) + b"]", limit)


def test_brackets_in_large_texts_take_no_time() -> None:
    started = time.monotonic()
    parse_json(json.dumps(["[" * 500_000, "\\" * 500_000]).encode())
    assert time.monotonic() - started < 2


@given(st.binary(max_size=60) | st.text('{}[]",:0123456789eE.-+truefalsn \\u', max_size=60).map(str.encode))
def test_any_bytes_are_data_or_a_value_error(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except ValueError as error:
        assert not isinstance(error, UnicodeError | json.JSONDecodeError)
        return
    json.dumps(plain(value)[0], allow_nan=False).encode("utf-8")


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_plain_data_comes_back(value: Any) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_as_itself(number: float) -> None:
    found, warnings = plain(parse_json(json.dumps(number).encode()))
    assert (found, warnings) == (number, [])


def test_plain_keeps_as_text_what_a_float_would_change() -> None:
    found, warnings = plain({"a": [Decimal("0.10"), Decimal("12345678901234567890.12")], "b": Decimal("1e400")})
    assert found == {"a": [0.1, "12345678901234567890.12"], "b": "1E+400"}
    assert warnings == ["/a/1: kept as text, a float would change it", "/b: kept as text, a float would change it"]


def test_plain_has_no_half_characters_and_no_infinity() -> None:
    found, _ = plain({"\ud800": ["x\udfff", Decimal("1e309"), "\U0001f600"]})
    assert found == {"?": ["x?", "1E+309", "\U0001f600"]}
    assert not any(isinstance(item, float) and math.isinf(item) for item in found["?"])


def test_pointers_escape_their_parts() -> None:
    assert pointer(()) == ""
    assert pointer(("a/b", "c~d", 0, "")) == "/a~1b/c~0d/0/"
