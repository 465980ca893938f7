"""The dialect: a table of expressions in cases/expressions.yaml, and properties that hold for any value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imcloud.rendering.expressions import RenderProblem
from imcloud.runbooks.dialect import Whole, utilities
from imcloud.runbooks.templates import Dialect
from imcloud.runbooks.values import OMIT, Simulated, SimulatedValue
from imcloud.strict_yaml import load_yaml

TABLE = load_yaml((Path(__file__).parent / "cases" / "expressions.yaml").read_text("utf-8"), "expressions.yaml").value
DIALECT = Dialect()
TEXTS = st.text(max_size=60) | st.sampled_from(
    [
        "{{ 7*7 }}",
        "{% for x in y %}",
        "{#",
        "1_000",
        "+15551234567",
        "true",
        "null",
        "00123",
        "NO",
        "{{ CTX }}",
        "__tick",
    ]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def render(source: Any, context: dict[str, Any]) -> Any:
    return DIALECT.value(source, {"CTX": Whole(context), "UTILS": utilities()}, "/here")


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["of"][:60])
def test_table(case: dict[str, Any]) -> None:
    if "says" in case:
        with pytest.raises(RenderProblem) as caught:
            render(case["of"], TABLE["with"])
        assert case["says"] in caught.value.message
        assert caught.value.where == "/here"
    else:
        value = render(case["of"], TABLE["with"])
        assert value == case["is"]
        assert type(value) is type(case["is"])


def test_every_filter_has_a_case() -> None:
    from imcloud.runbooks.filters import FILTERS

    twins = {"json_dump", "json_stringify", "json", "as_datetime", "load_datetime", "wordwrap"}
    text = " ".join(case["of"] for case in TABLE["cases"])
    used = {name for name in FILTERS if f"| {name}" in text}
    assert set(FILTERS) - used - twins <= {"float", "string", "tuple"}


@given(DATA)
def test_one_expression_hands_a_value_through_unchanged(value: Any) -> None:
    rendered = render("{{ CTX.v }}", {"v": value})
    assert rendered == value
    assert type(rendered) is type(value)


@given(TEXTS, TEXTS)
def test_texts_from_outside_are_never_templates(left: str, right: str) -> None:
    assert render("{{ CTX.a }}|{{ CTX.b }}", {"a": left, "b": right}) == f"{left}|{right}"
    assert render("{{ CTX.a ~ CTX.b }}", {"a": left, "b": right}) == left + right
    assert render("{% for x in CTX.l %}{{ x }}{% endfor %}", {"l": [left, right]}) == left + right
    assert render({"k": ["{{ CTX.a }}"]}, {"a": left}) == {"k": [left]}


@given(st.text(alphabet="{}%# CTXabc.|()[]'\"0123456789~+*-_\n", max_size=40))
def test_any_text_renders_or_is_refused_with_its_place(source: str) -> None:
    try:
        value = DIALECT.value(source, {"CTX": Whole({"a": [1], "b": "x"})}, "/here")
    except RenderProblem as problem:
        assert problem.where == "/here"
    else:
        assert value is OMIT or isinstance(value, str | int | float | list | dict | bool | None)


@given(DATA)
def test_the_result_shares_nothing_with_the_source(value: Any) -> None:
    if isinstance(value, list | dict):
        assert render("{{ CTX.v }}", {"v": value}) is not value


def test_simulated_values_can_be_handed_on_and_tell_nothing() -> None:
    roots = {"CTX": Whole({"new": Simulated("make")})}
    kept = DIALECT.value("{{ CTX.new.id }}", roots, keep_simulated=True)
    assert isinstance(kept, Simulated)
    assert DIALECT.value({"a": "{{ CTX.new.id | default(1) }}"}, roots, keep_simulated=True)["a"].task == "make"
    for source in (
        "{{ CTX.new.id }}",
        "x{{ CTX.new.id }}",
        "{{ CTX.new.id == '1' }}",
        "{{ CTX.new.rows | length }}",
        "{{ 'a' if CTX.new.ok else 'b' }}",
        "{% for r in CTX.new.rows %}{% endfor %}",
        "{{ CTX.new.n + 1 }}",
        "{{ CTX.new.n in [1] }}",
        "{{ CTX.new | tojson }}",
        "{{ CTX.new.name | lower }}",
        "{{ CTX.new.name.lower() }}",
    ):
        with pytest.raises(SimulatedValue, match="the answer of make is not known"):
            DIALECT.value(source, roots)


def test_a_template_is_compiled_once() -> None:
    dialect = Dialect()
    assert dialect.compile("{{ CTX.a }}", {"CTX"}, "/a") is dialect.compile("{{ CTX.a }}", ["CTX"], "/a")


def test_plugins_can_add_filters_but_no_syntax() -> None:
    def prepare(env: Any) -> None:
        env.filters["shout"] = lambda text: text.upper() + "!"

    dialect = Dialect(prepare)
    assert dialect.value("{{ 'a' | shout }}", {}) == "A!"
    with pytest.raises(RenderProblem, match="has no place"):
        dialect.value("{% macro m() %}{% endmacro %}", {})


def test_errors_do_not_quote_values() -> None:
    secret = "hunter2-hunter2"
    for source in (
        "{{ CTX.s | int }}",
        "{{ CTX.s() }}",
        "{{ CTX.s + 1 }}",
        "{{ CTX.s | from_json_string }}",
        "{{ CTX.s.x }}",
    ):
        with pytest.raises(RenderProblem) as caught:
            render(source, {"s": secret})
        assert secret not in str(caught.value)


def test_deep_templates_are_refused() -> None:
    with pytest.raises(RenderProblem):
        render("{{ " + "[" * 2000 + "]" * 2000 + " }}", {})
    with pytest.raises(RenderProblem, match="longer than"):
        render("{{ 1 }}" + "x" * 9000, {})
