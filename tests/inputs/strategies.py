"""Inputs made from a schema, right ones and ones with something broken in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(-1e15, 1e15, allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
_FORMATS = {
    "date": st.dates().map(lambda day: day.isoformat()),
    "date-time": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z"),
    "uuid": st.uuids().map(str),
    "email": st.just("ada@example.com"),
    "decimal": st.decimals(-(10**9), 10**9, places=2).map(lambda number: format(number, "f")),
    "country": st.sampled_from(["US", "DE"]),
    "currency": st.sampled_from(["USD", "EUR"]),
}
JUNK: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "..",
            "a/b",
            "%2e",
            "x\n",
            "1.00E+06",
            "{{ 7 * 7 }}",
            "{% if %}",
            "********",
            "\ud800",
            "\x00",
            "٣",
            "true",
        ]
    ),
    st.sampled_from([math.nan, math.inf, -math.inf, Decimal("1e400"), Decimal("NaN"), 10**30, -1, 1e300, True, None]),
    st.sampled_from(['{"a": 1}', "[1, 2]", "{", "[" * 50, '{"a": NaN}', "9" * 400, "a" * 5000, b"x", {1, 2}, object()]),
    JSON_VALUES,
)


def fitting(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    made = _MADE.get(str(schema.get("type")))
    return JSON_VALUES if made is None else made(schema)


def _lists(schema: Mapping[str, Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.deferred(lambda: fitting(schema["items"])), min_size=schema.get("minItems", 0), max_size=2)


def _numbers(_: Mapping[str, Any]) -> st.SearchStrategy[int | float]:
    return st.integers(0, 10**6) | st.floats(0, 1e6, allow_nan=False).map(lambda number: round(number, 3))


def _texts(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("x-format") in _FORMATS:
        return _FORMATS[schema["x-format"]]
    if schema.get("pattern", "").startswith("^(/"):
        return st.from_regex(r"\A/things(/[a-z0-9]{1,8}){0,3}\Z")
    if "pattern" in schema or "x-reference" in schema:
        return st.from_regex(r"\A[A-Za-z0-9_-]{1,12}\Z")
    return TEXTS.filter(lambda text: len(text) >= max(1, schema.get("minLength", 0)))


def _objects(schema: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = schema.get("properties", {})
    if not fields:
        extra = schema.get("additionalProperties")
        return st.dictionaries(TEXTS.filter(bool), fitting(extra if isinstance(extra, Mapping) else {}), max_size=2)
    needed = {name: st.deferred(lambda child=fields[name]: fitting(child)) for name in schema.get("required", ())}
    others = [name for name in fields if name not in needed]

    def chosen(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({**needed, **{name: fitting(fields[name]) for name in names}})

    return st.lists(st.sampled_from(others), max_size=3, unique=True).flatmap(chosen) if others else chosen([])


_MADE = {
    "object": _objects,
    "array": _lists,
    "integer": lambda schema: st.integers(schema.get("minimum", -5), 10**6),
    "number": _numbers,
    "boolean": lambda _: st.booleans(),
    "string": _texts,
}


@st.composite
def broken(draw: st.DrawFn, schema: Mapping[str, Any]) -> Any:
    """A fitting value in which one to three places hold something else, are left out, or have a neighbour too many."""
    value = draw(fitting(schema))
    for _ in range(draw(st.integers(1, 3))):
        value = draw(_mutated(value))
    return value


@st.composite
def _mutated(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value, key=repr)))
        match draw(st.sampled_from(["inside", "inside", "drop", "rename", "extra"])):
            case "inside":
                return {**value, key: draw(_mutated(value[key]))}
            case "drop":
                return {name: item for name, item in value.items() if name != key}
            case "rename":
                return {(f"{name}x" if name == key else name): item for name, item in value.items()}
        return {**value, draw(TEXTS | st.sampled_from(["a.b", "__class__", "\x1b[2J", "$ref", 5, None])): draw(JUNK)}
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [draw(_mutated(item)) if index == place else item for index, item in enumerate(value)]
    return draw(JUNK)
