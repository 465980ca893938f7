"""From a request to its exact bytes: every value means one thing, and nothing changes where it goes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imcloud.client.encode import build_url, encode_body, query_text
from imcloud.secrets import Secret

BASE = "https://api.example.test:8443/base/eu"
WORDS = "a part of the path is empty, '.', '..', or has characters that may not stand there"


def test_an_address() -> None:
    assert build_url(BASE, ("things",), {}) == f"{BASE}/things"
    assert build_url(BASE, ("things", "a b", "é;,+@:"), {}) == f"{BASE}/things/a%20b/%C3%A9%3B%2C%2B%40%3A"
    assert build_url(BASE, (), {"a": "1", "b c": "x/y&z=ü +"}) == f"{BASE}?a=1&b%20c=x%2Fy%26z%3D%C3%BC%20%2B"
    assert build_url("http://127.0.0.1:9", ("a?b#c",), {"k/": "v"}) == "http://127.0.0.1:9/a%3Fb%23c?k%2F=v"


# What parsers, servers and people have taken for something else.
HOSTILE = [
    *("", ".", "..", "...."[:2] + "/", "/", "//", "\\", "%", "%2e", "%2E%2e", "%2f", "a/b", "a\\b", "a%00", "%252e"),
    *("\x00", "\n", "\r\n", "\t", "\x7f", "\x1b[0m", "\u2028", "\u202e", "\ud800", "\u200b", "\ufeff", "a\nb", "x\r"),
]


@pytest.mark.parametrize("segment", HOSTILE, ids=ascii)
def test_segments_that_are_refused(segment: str) -> None:
    for segments in ((segment,), ("things", segment), (segment, "things")):
        with pytest.raises(ValueError, match=r"^a part of the path is empty") as caught:
            build_url(BASE, segments, {})
        assert str(caught.value) == WORDS


@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=4), st.dictionaries(st.text(min_size=1), st.text(min_size=1))
)
def test_whatever_stands_in_an_address_stays_where_it_is(segments: list[str], query: dict[str, str]) -> None:
    try:
        url = build_url(BASE, tuple(segments), query)
    except ValueError as error:
        assert str(error) == WORDS or "query value" in str(error)
        return
    parts = urlsplit(url)
    assert url.startswith(f"{BASE}/")
    assert url.isascii()
    assert url.isprintable()
    assert [unquote(part) for part in parts.path.split("/")[3:]] == segments
    pairs = [pair.split("=") for pair in parts.query.split("&")] if query else []
    assert {unquote(key): unquote(value) for key, value in pairs} == query
    assert parts.fragment == ""


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("https://api.example.test/a/../b", "one that was meant"),
        ("https://api.example.test/./a", "one that was meant"),
        ("https://API.example.test/a", "leave the connection's host"),
        ("https://api.example.test\\@evil.test/a", ""),
        ("https://[::1/a", ""),
    ],
)
def test_a_base_that_is_not_what_it_seems(base: str, words: str) -> None:
    # The connection's own check refuses them already; this is what stands behind it.
    try:
        url = build_url(base, ("things",), {})
    except ValueError as error:
        assert words in str(error)
    else:
        assert not words
        assert urlsplit(url).hostname == "api.example.test"


def test_an_address_has_a_longest() -> None:
    room = 16 * 1024 - len(f"{BASE}/")
    assert len(build_url(BASE, ("x" * room,), {})) == 16 * 1024
    with pytest.raises(ValueError, match="longer than 16384 characters"):
        build_url(BASE, ("x" * (room + 1),), {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (10**18, "1" + "0" * 18),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        ("x", "x"),
        (" ", " "),
        ("None", "None"),
        ("\ud7ff\ue000", "\ud7ff\ue000"),
    ],
)
def test_query_values(value: Any, text: str) -> None:
    assert query_text("key", value) == text


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        1.5,
        Decimal("NaN"),
        Decimal("Infinity"),
        b"x",
        {},
        {"a": 1},
        [],
        ["x"],
        (),
        object(),
        "\ud800",
        "\udfff",
    ],
)
def test_query_values_that_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^the query value 'key' is empty or has no plain text form$"):
        query_text("key", value)


@pytest.mark.parametrize("key", ["", "\ud800", 5, None])
def test_query_keys_that_are_refused(key: Any) -> None:
    with pytest.raises(ValueError, match=r"^a query value has no name that can be sent$"):
        build_url(BASE, ("things",), {key: "x"})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, b"null"),
        ({}, b"{}"),
        ([], b"[]"),
        ((), b"[]"),
        ({"a": [1, "b", None, True, 1.5], "c": {}}, b'{"a":[1,"b",null,true,1.5],"c":{}}'),
        ({"a": 'é\n"\\'}, '{"a":"é\\n\\"\\\\"}'.encode()),
        ({"p": Decimal("19.990")}, b'{"p":19.990}'),
        ({"p": Decimal("12345678901234567890.12"), "q": "é"}, '{"p":12345678901234567890.12,"q":"é"}'.encode()),
        ([Decimal("1E+3"), Decimal("1E-9"), Decimal(-0)], b"[1000,0.000000001,0]"),
        ({"s": Secret('hid"den')}, b'{"s":"hid\\"den"}'),
        ({"s": Secret("é"), "t": "é", "é": Decimal(1)}, '{"s":"é","t":"é","é":1}'.encode()),
        ([(Decimal(1), [Decimal(2)], {})], b"[[1,[2],{}]]"),
        ([Decimal(1), 2, 1.5, None, False, "x"], b'[1,2,1.5,null,false,"x"]'),
    ],
)
def test_bodies(body: Any, text: bytes) -> None:
    assert encode_body(body) == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (float("nan"), "a number that is not finite"),
        ({"x": float("inf")}, "a number that is not finite"),
        ([Decimal("NaN")], "a number that is not finite"),
        ([Decimal("-Infinity")], "a number that is not finite"),
        ({"x": object()}, "a value of type object"),
        ({"x": b"y"}, "a value of type bytes"),
        ({"x": {1}}, "a value of type set"),
        ({5: "x", "y": Decimal(1)}, "a key that is not a text"),
        ("\ud800", "not valid Unicode"),
        ({"x": ["\udfff", Decimal(1)]}, "not valid Unicode"),
    ],
)
def test_bodies_that_are_refused(body: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode_body(body)


def test_a_body_without_an_end() -> None:
    body: list[Any] = [Decimal(1)]
    body.append(body)
    with pytest.raises(ValueError, match="nested too deeply"):
        encode_body(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('aé\n"\\'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("aé"), inner),
)


@given(JSON, st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_body_comes_back_as_it_was(body: Any, amount: Decimal) -> None:
    assert json.loads(encode_body(body)) == body
    found = json.loads(encode_body({"b": body, "a": amount}), parse_float=Decimal)
    assert str(found["a"]) == format(amount, "f")
