"""From inputs to the wire: a path has exactly the shape of its template, a query value is never lost on the way."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imcloud.client.encode import build_url
from imcloud.pack import WireRequest
from imcloud.rendering import InputProblem, Renderer, RenderProblem, build_environment, compile_request
from imcloud.rendering.request import query_text
from imcloud.runner import Runner
from imcloud.runner.given import check_inputs

BASE = "https://api.example.com/marketplace/us"
RUNNER = Runner(env={})
RENDERER = Renderer(build_environment())
ACTIONS = [action for pack in RUNNER.packs.values() for action in pack.actions.values()]
WITH_IDS = [action for action in ACTIONS if "{{" in action.path and not action.raw["request"].get("raw_path")]

_ALONE = [
    "", " ", ".", "..", "...", "/", "//", "\\", "%", "%2e", "%2e%2e", "%2E%2E", "%252e%252e", "%2f", "%5c", "%00",
    "%0a",
    "?", "#", "&", ";", ":", "@", "=", "+", "*", "~", "!", "$", "'", '"', "`", "|", "<", ">", "^", "{", "}", "[",
    "]", "(", ")",
    ",", "\n", "\r\n", "\t", "\x00", "\x1b[2J", "\x7f", "\u2028", "\u202e", "\ufeff", "\u00a0", "\u200b", "\u00e9",
    "\u0131", "\u212a",
    "\uff11\uff12\uff13", "\u0661\u0662\u0663", "\u00b2", "\u2460", "\U0001f600", "\ud800", "id\u0301", "\uff41",
    "\u2024\u2024", "\uff0e\uff0e", "\uff0f", "\u2215", "\u2044", "\u3002",
    "{{ inputs.id }}", "{{ 7 * 7 }}", "{{inputs.id}}", "{% raw %}", "${id}", "%s", "{0}", "{id}", "$(id)", "`id`",
     "null ", " null", "true\n", "1.5", "1e5 ", "1,000", "-1.0", "0x1f.", "a" * 65, "1" * 10_000, "a b", "a\tb",
    "https://evil.example", "//evil.example", "\\\\evil", "javascript:x", "file:///etc/passwd", "C:\\x", "~root",
    "/etc/passwd",
    "http:evil", "user@host", "[::1]", "127.0.0.1:80", "evil.example/x", "@evil.example", ":80", "?x=1", "#frag",
    ";x=1",
]  # fmt: skip
_AROUND = ["{}/orders", "../{}", "{}/..", "{}/../../token", "./{}", "{}?limit=1", "{}#x", "{};x", "{}%2f..", "{}\n",
"\n{}", "{} ", " {}", "{}.", ".{}", "{}%00", "{}\\..", "{}/", "/{}", "{}//", "{}&x=1", "{}:443", "{}@x",
"{},1000028", "{}\x00", "{}\r\nX: y"]  # fmt: skip
HOSTILE = [*_ALONE, *(form.format(seed) for form, seed in itertools.product(_AROUND, ["1000027", "a_b-c", "9", ".."]))]
NOT_TEXT: list[Any] = [None, True, 1.5, 10**18, [], ["1000027"], {}, {"id": "1"}, b"1000027", object()]


def test_there_are_many_hostile_ids() -> None:
    assert len(set(HOSTILE)) >= 200
    assert len(WITH_IDS) >= 14


def _template(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\{.*?\}\}", "[A-Za-z0-9_-]{1,64}", path))


def _others(action: Any, name: str) -> dict[str, Any]:
    example = next(item for item in action.raw["examples"] if "request" in item)
    return {**example["inputs"], name: None}


@pytest.mark.parametrize("action", WITH_IDS, ids=lambda action: action.name)
def test_a_hostile_id_makes_no_request_or_one_of_the_template(action: Any) -> None:
    prepared = RUNNER.prepared(action)
    (name,) = re.findall(r"inputs\.(\w+)", action.path)
    inputs = _others(action, name)
    for value in [*HOSTILE, *NOT_TEXT]:
        assert check_inputs(RUNNER.renderer, prepared, {**inputs, name: value}, None).errors, repr(value)
        # The schema is one wall, the path another: the second holds when a schema forgets its pattern.
        with pytest.raises(InputProblem) as caught:
            prepared.request.build({**inputs, name: value})
        assert caught.value.where == f"/{name}"
        assert caught.value.rule in ("path", "required")


@pytest.mark.parametrize("action", WITH_IDS, ids=lambda action: action.name)
def test_an_honest_id_makes_the_request_of_the_template(action: Any) -> None:
    prepared = RUNNER.prepared(action)
    (name,) = re.findall(r"inputs\.(\w+)", action.path)
    for value in ["3f2b8c1e-5d4a-4f6b-9a7c-0d1e2f3a4b5c", "00000000-0000-0000-0000-000000000000"]:
        checked = check_inputs(RUNNER.renderer, prepared, {**_others(action, name), name: value}, None)
        assert checked.errors == ()
        wire = prepared.request.build(checked.clean)
        assert wire.path == re.sub(r"\{\{.*?\}\}", value, action.path)
        assert build_url(BASE, wire.segments, {}) == f"{BASE}{wire.path}"


@given(st.text(max_size=70) | st.text("./%\\?#azAZ09_-\n\x00", max_size=70))
def test_any_id_stays_within_its_segment(value: str) -> None:
    template = compile_request(RENDERER, {"method": "GET", "path": "/things/{{ inputs.id }}/parts"})
    try:
        wire = template.build({"id": value})
    except InputProblem:
        return
    assert _template("/things/{{ inputs.id }}/parts").fullmatch(wire.path)
    assert build_url(BASE, wire.segments, {}) == f"{BASE}{wire.path}"


@given(st.lists(st.sampled_from([*HOSTILE, "things", "1000027"]), max_size=4).map("/".join))
def test_any_raw_path_stays_below_the_base(path: str) -> None:
    template = compile_request(RENDERER, {"method": "GET", "path": "{{ inputs.path }}", "raw_path": True})
    try:
        wire = template.build({"path": path})
    except InputProblem as problem:
        assert problem.where == "/path"
        return
    url = build_url(BASE, wire.segments, {})
    assert url.startswith(f"{BASE}/")
    assert not {"", ".", ".."} & set(wire.segments)
    assert url.isascii()


@pytest.mark.parametrize("path", ["//evil.example/x", "/../token", "/a/./b", "/a//b", "/a/", "/%2e%2e", "/a?b",
"/a#b", "/ä", "/a b", "", "/", "/a\n", "/" + "a" * 129])  # fmt: skip
def test_raw_paths_that_are_refused(path: str) -> None:
    template = compile_request(RENDERER, {"method": "GET", "path": "{{ inputs.path }}", "raw_path": True})
    with pytest.raises(InputProblem, match="path"):
        template.build({"path": path})


def _request(**parts: Any) -> WireRequest:
    inputs = parts.pop("inputs", {})
    return compile_request(RENDERER, {"method": "GET", "path": "/things", **parts}).build(inputs)


def test_a_fixed_part_that_an_id_repeats_is_not_taken_for_it() -> None:
    source = "{{ inputs.id }}"
    with pytest.raises(InputProblem):
        _request(path=f"/things/{source}", inputs={"id": source})


def test_a_part_of_text_and_input() -> None:
    assert _request(path="/things/no-{{ inputs.id }}", inputs={"id": "7"}).path == "/things/no-7"
    with pytest.raises(RenderProblem):
        _request(path="/things/no-{{ inputs.id }}")


def test_an_id_that_stands_deeper_is_named_by_its_place() -> None:
    with pytest.raises(InputProblem) as caught:
        _request(path="/things/{{ inputs.thing.id }}", inputs={"thing": {"id": ".."}})
    assert caught.value.where == "/thing/id"


def test_an_id_that_is_absent_is_required() -> None:
    for inputs in ({}, {"id": None}):
        with pytest.raises(InputProblem, match="id is required"):
            _request(path="/things/{{ inputs.id }}", inputs=inputs)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"), (False, "false"), (0, "0"), (-5, "-5"), (1.5, "1.5"), (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("70.50"), "70.50"), (Decimal("1E+3"), "1000"), ("a b&c=d", "a b&c=d"), (" ", " "), ("\u00e9",
        "\u00e9"), ("{{ x }}", "{{ x }}"),
    ],
)  # fmt: skip
def test_query_values_as_text(value: Any, text: str) -> None:
    assert query_text("name", value) == text


@pytest.mark.parametrize(
    ("value", "rule"),
    [(None, "empty"), ("", "empty"), ([], "type"), (["a"], "type"), ({}, "type"), (float("nan"), "type"),
    (float("inf"), "type"), (b"a", "type"), (object(), "type")],
)  # fmt: skip
def test_query_values_that_would_vanish_or_multiply(value: Any, rule: str) -> None:
    with pytest.raises(InputProblem) as caught:
        query_text("name", value)
    assert (caught.value.where, caught.value.rule) == ("/name", rule)


def test_only_what_is_absent_is_left_out_of_a_query() -> None:
    query = {"id": "{{ inputs.id }}", "of": "{{ inputs.of.deep }}", "fixed": "x"}
    assert _request(query=query, inputs={"id": "7"}).query == {"id": "7", "fixed": "x"}
    assert _request(query="{{ inputs | except('id') }}", inputs={"id": "7", "n": 5}).query == {"n": "5"}
    assert _request(query="{{ inputs.query }}").query == {}
    assert _request().query == {}


@pytest.mark.parametrize(("value", "rule"), [(None, "empty"), ("a=b", "type"), ([], "type"), (5, "type")])
def test_a_query_that_is_no_object(value: Any, rule: str) -> None:
    with pytest.raises(InputProblem) as caught:
        _request(query="{{ inputs.query }}", inputs={"query": value})
    assert (caught.value.where, caught.value.rule) == ("/query", rule)


def test_all_problems_of_path_and_query_are_known_at_once() -> None:
    template = compile_request(
        RENDERER,
        {"method": "GET", "path": "/a/{{ inputs.a }}/b/{{ inputs.b }}", "query": "{{ inputs | except('a', 'b') }}"},
    )
    found = template.problems({"a": "..", "c": "", "d": None, "e": 5})
    assert [(problem.where, problem.rule) for problem in found] == [
        ("/a", "path"), ("/b", "required"), ("/c", "empty"), ("/d", "empty"),
    ]  # fmt: skip


def test_problems_of_inputs_that_a_template_cannot_take_are_not_raised() -> None:
    template = compile_request(RENDERER, {"method": "GET", "path": "/a", "query": "{{ inputs.rows | except('a') }}"})
    assert template.problems({"rows": 5}) == ()


def test_bodies_keep_null_and_their_types() -> None:
    inputs = {"id": "7", "a": None, "b": Decimal("0.10"), "c": [1, None], "d": {}}
    wire = _request(method="patch", path="/things/{{ inputs.id }}", body="{{ inputs | except('id') }}", inputs=inputs)
    assert (wire.method, wire.has_body) == ("PATCH", True)
    assert wire.body == {"a": None, "b": Decimal("0.10"), "c": [1, None], "d": {}}
    assert _request(body="{{ inputs.body }}").has_body is False
    assert _request(body="{{ inputs.body }}", inputs={"body": None}).has_body is True


@pytest.mark.parametrize("part", ["method", "path", "query", "body"])
def test_a_template_that_does_not_compile_names_its_place(part: str) -> None:
    raw = {"method": "GET", "path": "/a", part: "/{{ nobody }}"}
    with pytest.raises(RenderProblem) as caught:
        compile_request(RENDERER, raw)
    assert caught.value.where == f"/request/{part}"
