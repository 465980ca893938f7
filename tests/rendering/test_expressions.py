"""Templates are expressions from a list: nothing else compiles, and nothing that compiles reaches anything."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from rendering.hostile import BOMBS, HARMLESS, REFUSED

from imcloud.rendering import MISSING, Renderer, RenderProblem, build_environment
from imcloud.rendering.environment import MAX_TEXT, STOCK_FILTERS, STOCK_TESTS, names_of
from imcloud.rendering.expressions import _ALLOWED

RENDERER = Renderer(build_environment())


class Witness:
    """Notes every touch from a template; an expression that gets hold of it has reached something."""

    touched: list[str] = []  # noqa: RUF012  # shared on purpose
    payload = "reached"

    def method(self) -> str:
        self.touched.append("method")
        return "reached"

    def __call__(self) -> str:
        self.touched.append("call")
        return "reached"


ROOTS: dict[str, Any] = {
    "inputs": {
        "id": "1000027",
        "name": "Northwind",
        "rows": [{"a": 1}, {"a": 2}],
        "n": 3,
        "items": "own",
        "empty": None,
    },
    "object": Witness(),
}


def test_there_are_many_hostile_templates() -> None:
    assert len(REFUSED) >= 60
    assert len(REFUSED) + len(HARMLESS) + len(BOMBS) >= 120


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_not_on_the_list_does_not_compile(source: str) -> None:
    with pytest.raises(RenderProblem) as caught:
        RENDERER.compile({"body": [source]}, ROOTS.keys(), "/request")
    assert caught.value.where == "/request/body/0"
    assert caught.value.message


@pytest.mark.parametrize("source", HARMLESS)
def test_what_compiles_reaches_nothing(source: str) -> None:
    Witness.touched.clear()
    try:
        value = RENDERER.render(source, ROOTS)
    except RenderProblem:
        value = MISSING
    assert Witness.touched == []
    shown = repr(value)
    assert "reached" not in shown
    assert "class" not in shown.replace("__class__", "")
    assert not any(word in shown for word in ("function", "method", "<bound", "globals"))


@pytest.mark.parametrize("source", BOMBS)
def test_nothing_grows_without_end(source: str) -> None:
    started = time.monotonic()
    roots = {"inputs": {"name": "x" * 1000, "long": "y" * 60_000}}
    try:
        value = RENDERER.render(source, roots)
    except RenderProblem:
        value = None
    assert len(str(value)) <= MAX_TEXT
    assert str(value) not in ("inf", "-inf", "nan")
    assert time.monotonic() - started < 1


def test_the_list_of_syntax_is_a_list() -> None:
    assert nodes.Call not in _ALLOWED
    assert not any(issubclass(kind, nodes.Stmt) and kind is not nodes.Output for kind in _ALLOWED)
    assert not {"attr", "format", "random", "pprint", "safe", "xmlattr", "center", "indent"} & STOCK_FILTERS
    assert not {"callable", "filter", "test"} & STOCK_TESTS
    filters, tests = names_of(RENDERER.env)
    assert set(filters) == STOCK_FILTERS | {"except", "only", "decimal"}
    assert set(tests) == STOCK_TESTS
    assert RENDERER.env.globals == {}


JSON_DATA: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["{{ 7 * 7 }}", "{% if %}", "{# #}", "1_000", "+15551234567", "None", "[1]", "-" * 99, "1e999"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("items"), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.text(), JSON_DATA, max_size=5))
def test_types_are_kept_and_data_is_never_rendered(data: dict[str, Any]) -> None:
    whole = RENDERER.render("{{ inputs }}", {"inputs": data})
    assert whole == data
    assert _types(whole) == _types(data)
    assert RENDERER.render({"a": ["{{ inputs }}"]}, {"inputs": data}) == {"a": [data]}
    assert RENDERER.render("{{ inputs | except('no such key') }}", {"inputs": data}) == {
        key: value for key, value in data.items() if key != "no such key"
    }


def _types(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _types(item) for key, item in value.items()}
    return [_types(item) for item in value] if isinstance(value, list) else type(value)


CANARIES = [
    "{{ 7 * 7 }}",
    "{{7*7}}",
    "{% for x in y %}",
    "{# gone #}",
    "{{ inputs.secret }}",
    "}}{{",
    "{{",
    "${x}",
    "{{ a }}{{ b }}",
]


@pytest.mark.parametrize("canary", CANARIES)
def test_templates_inside_data_pass_byte_for_byte(canary: str) -> None:
    roots = {"inputs": {"name": canary, "secret": "hidden", canary: canary}}
    assert RENDERER.render("{{ inputs.name }}", roots) == canary
    assert RENDERER.render("<{{ inputs.name }}>", roots) == f"<{canary}>"
    assert RENDERER.render("{{ 'a' ~ inputs.name }}", roots) == f"a{canary}"
    assert RENDERER.render("{{ [inputs.name] | join(', ') | replace('zz', 'y') }}", roots) == canary
    assert RENDERER.render("{{ inputs.name | default('x') | trim | string }}", roots) == canary.strip()
    assert RENDERER.render("{{ inputs }}", roots)[canary] == canary
    assert json.loads(RENDERER.render("{{ inputs.name | tojson }}", roots)) == canary


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ inputs.id }}", "1000027"), ("{{ inputs.n }}", 3), ("n = {{ inputs.n }}", "n = 3"),
        ("{{ inputs.items }}", "own"),
        ("{{ inputs.empty }}", None), ("{{ inputs.rows[1].a }}", 2), ("{{ inputs.rows[-1].a }}", 2), ("plain", "plain"),
        ("{{ inputs.n == 3 and inputs.no is not defined }}", True), ("{{ 'a' if inputs.n > 5 else 'b' }}", "b"),
        ("{{ -5 }}", -5),
        ("{{ inputs.name ~ '-' ~ inputs.n }}", "Northwind-3"), ("{{ [1, inputs.n] }}", [1, 3]), ("", ""), ("{", "{"),
        ("{{ {'id': inputs.id, 'no': inputs.no} }}", {"id": "1000027"}), ("{{ [inputs.no, 1] }}", [1]),
        ("{{ inputs.rows | map(attribute='a') | list }}", [1, 2]), ("{{ inputs.rows | map(attribute='a') }}", [1, 2]),
        ("{{ inputs.rows | length }}", 2), ("{{ inputs.n in [1, 3] }}", True), ("{{ inputs.no | default('x') }}", "x"),
        ("{{ inputs.no is defined }}", False), ("{{ '70.50' | decimal }}", Decimal("70.50")), ("{{ 'a' 'b' }}", "ab"),
        ("{{ inputs | only('id', 'n') }}", {"id": "1000027", "n": 3}), ("{{ inputs.rows | only('b') }}", [{}, {}]),
        ("{{ inputs.rows | selectattr('a', 'gt', 1) | first }}", {"a": 2}), ("{{ '1_000' }}", "1_000"),
        ("{{ 1_000 }}", 1000),
        ("{{ inputs.rows | join('; ', attribute='a') }}", "1; 2"), ("{{ 1.55 | round(1, 'floor') }}", 1.5),
        ("{{ {'a': 0.1} | tojson }}", '{"a": 0.1}'), ("{{ '<b>' | tojson }}", '"<b>"'), ("{{ true }}{{ none }}",
        "TrueNone"),
        ("{% raw %}{{ inputs.id }}{% endraw %}", "{{ inputs.id }}"), ("a{# remark #}b", "ab"),
        ("{{ 'x' | upper }}\n", "X\n"),
    ],
)  # fmt: skip
def test_values(source: str, value: Any) -> None:
    found = RENDERER.render(source, ROOTS)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ inputs.no }}",
        "{{ inputs.no.deeper.still }}",
        "{{ inputs.rows[9] }}",
        "{{ inputs.rows.a }}",
        "{{ inputs['no'] }}",
        "{{ inputs.name.no }}",
        "{{ inputs.empty.no }}",
        "{{ inputs.n.real }}",
        "{{ inputs.no if true }}",
        "{{ 'a' if false }}",
    ],
)
def test_undefined_drops_its_key_and_its_item(source: str) -> None:
    assert RENDERER.render(source, ROOTS) is MISSING
    assert RENDERER.render({"a": source, "b": [source, 1], "c": {"d": source}}, ROOTS) == {"b": [1], "c": {}}


@pytest.mark.parametrize(
    "source",
    [
        "id-{{ inputs.no }}",
        "{{ inputs.no ~ 'x' }}",
        "{{ inputs.no > 5 }}",
        "{{ inputs.no | upper }}",
        "{{ inputs.no | list }}",
        "{{ inputs.no | map('upper') }}",
        "{{ inputs.no | length }}",
        "{{ inputs.no == 1 }}",
        "{{ 1 in inputs.no }}",
        "{{ inputs.rows | map(attribute='zz') | map('upper') }}",
        "{{ inputs.n | except('a') }}",
        "{{ 'x' | decimal }}",
        "{{ inputs.rows | map('nofilter') }}",
        "{{ inputs.n < 'a' }}",
        "{{ 5 | dictsort }}",
        "{{ inputs.n is divisibleby 0 }}",
    ],
)
def test_using_what_is_not_there_or_not_fit_is_a_problem(source: str) -> None:
    with pytest.raises(RenderProblem) as caught:
        RENDERER.render({"deep": [source]}, ROOTS)
    assert caught.value.where == "/deep/0"
    assert "Northwind" not in str(caught.value)


def test_messages_offer_the_nearest_name() -> None:
    for source, words in (
        ("{{ input.id }}", "unknown name 'input'; did you mean 'inputs'?"),
        ("{{ inputs | excpt('id') }}", "unknown filter 'excpt'; did you mean 'except'?"),
        ("{{ inputs is definde }}", "unknown test 'definde'; did you mean 'defined'?"),
        ("{{ zzz }}", "unknown name 'zzz'; known: inputs, object"),
    ):
        with pytest.raises(RenderProblem) as caught:
            RENDERER.compile(source, ROOTS.keys())
        assert caught.value.message == words


@given(
    st.text("{}%#|.()[]'\"~ inputs.id0123,:-+*", max_size=50)
    | st.text(max_size=30).map(lambda text: "{{" + text + "}}")
)
def test_any_text_is_a_value_or_a_render_problem(source: str) -> None:
    try:
        RENDERER.render(source, ROOTS)
    except RenderProblem as problem:
        assert problem.message


@given(
    st.lists(st.sampled_from(sorted(STOCK_FILTERS | {"except", "only", "decimal"})), min_size=1, max_size=4), JSON_DATA
)
def test_filters_give_data_or_a_render_problem(names: list[str], data: Any) -> None:
    try:
        value = RENDERER.render("{{ inputs" + "".join(f" | {name}" for name in names) + " }}", {"inputs": data})
    except RenderProblem:
        return
    assert value is MISSING or _is_plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, float, bool, Decimal)
