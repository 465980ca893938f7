"""YAML is read as the JSON it looks like, or refused with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imcloud.errors import PackError
from imcloud.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, load_yaml

LINES = "first: 1\nsecond: 2\n"


@pytest.mark.parametrize(
    ("third", "reason"),
    [
        ("third: &name x", "anchors and aliases are not allowed: write the value out"),
        ("third: *name", "anchors and aliases are not allowed: write the value out"),
        ("third: &a [*a]", "anchors and aliases are not allowed: write the value out"),
        (
            "third: !!python/object/apply:os.system [ls]",
            "tags are not allowed: tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("third: !secret x", "tags are not allowed: !secret"),
        ("third: !!str 5", "tags are not allowed: tag:yaml.org,2002:str"),
        ("third: ! 5", "tags are not allowed: !"),
        ("<<: {a: 1}", "merge keys are not allowed: write the values out"),
        ("first: 3", "the key 'first' stands here a second time"),
        ('"first": 3', "the key 'first' stands here a second time"),
        ("? [a, b]\n: 3", "a key must be a text"),
        ("? {a: 1}\n: 3", "a key must be a text"),
        ("---\nthird: 3", "a second document starts here: one file holds one"),
        ("third: 1e400", "1e400 is not a number that can be kept: quote it"),
        ("third: 1234567890123456789", "1234567890123456789 is not a number that can be kept: quote it"),
        ("third: 0.12345678901234567890", "0.12345678901234567890 is not a number that can be kept: quote it"),
        ("third: a: b", "not valid YAML: mapping values are not allowed in this context"),
        ("third: '", "not valid YAML: found unexpected end of stream"),
        ("\tthird: 3", "not valid YAML: found a tab character"),
        ("third: @x", "not valid YAML: found character that cannot start any token"),
        (f"third: {'[' * 40}{']' * 40}", f"nested deeper than {MAX_DEPTH} levels"),
        (f"third: {'[' * 100_000}", f"nested deeper than {MAX_DEPTH} levels"),
        (f"third: [{'0,' * MAX_NODES}0]", f"more than {MAX_NODES} values in one file"),
    ],
)
def test_a_refusal_names_its_line(third: str, reason: str) -> None:
    with pytest.raises(PackError) as caught:
        load_yaml(LINES + third + "\n", "actions/things/a.yaml")
    assert caught.value.reason.startswith(reason)
    assert caught.value.path == "actions/things/a.yaml"
    assert caught.value.line in ((3, 4) if "unexpected end" in reason else (3,))
    assert str(caught.value).startswith(f"actions/things/a.yaml:{caught.value.line}: ")


@pytest.mark.parametrize("text", ["a: \x00", "a: \ud800", "a: \x1b[2J", "a: \x7f"])
def test_characters_that_may_not_stand_in_a_file(text: str) -> None:
    with pytest.raises(PackError, match="not valid YAML"):
        load_yaml(text)


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(PackError, match="larger than 256 KiB"):
        load_yaml("# " + "x" * MAX_BYTES)


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        "yes",
        "on",
        "off",
        "True",
        "FALSE",
        "Null",
        "2026-08-01",
        "2026-08-01T00:00:00Z",
        "12:30:45",
        "00123",
        "1_000",
        "0x1f",
        "0o17",
        "0b1",
        "+1",
        ".5",
        "5.",
        ".inf",
        "-.nan",
        "1e",
        "=",
        "1,5",
        "--1",
        "١٢",
        "+15551234567",
    ],
)
def test_what_looks_like_a_text_stays_one(text: str) -> None:
    assert load_yaml(f"value: {text}").value == {"value": text}
    assert load_yaml(f"{text}: 1").value == {text: 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("1.5", 1.5),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("-0.25", -0.25),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("123456789012345678", 123456789012345678),
    ],
)
def test_numbers_truth_and_null(text: str, value: Any) -> None:
    found = load_yaml(f"value: {text}").value["value"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["true", "5", "null", "~", "<<", "1.5"])
def test_what_is_quoted_is_text(text: str) -> None:
    assert load_yaml(f"'{text}': \"{text}\"").value == {text: text}


def test_an_empty_file_is_null() -> None:
    assert load_yaml("").value is None
    assert load_yaml("# only a remark\n").value is None


def test_lines_of_every_place() -> None:
    text = "a:\n  b:\n    - x\n    - y: 1\n'c/d~e': |\n  text\n"
    assert load_yaml(text).lines == {"": 1, "/a": 1, "/a/b": 2, "/a/b/0": 3, "/a/b/1": 4, "/a/b/1/y": 4, "/c~1d~0e": 5}


# Beyond the basic plane JSON escapes a character as two halves, which YAML does not know.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), max_codepoint=0xFFFF), max_size=20)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | TEXTS | st.sampled_from(["NO", "1_0", "5"])
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=10
    )


@given(nested(SCALARS))
def test_json_is_read_as_the_same_data(value: Any) -> None:
    assert load_yaml(json.dumps(value)).value == value


@given(nested(TEXTS), st.booleans())
def test_quoted_texts_come_back(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, allow_unicode=False, sort_keys=False, default_flow_style=flow, default_style='"')
    assert load_yaml(text).value == value


@given(st.text(max_size=60) | st.text("&*!<[]{}:,#|>-?%@`'\" \n\tab01.e", max_size=60))
def test_any_text_is_data_or_a_pack_error(text: str) -> None:
    try:
        value = load_yaml(text).value
    except PackError as error:
        assert error.path == "<text>"
        return
    json.dumps(value, allow_nan=False)
