"""`key=value` words: every value survives the way there and back, every mistake has its own text."""

from __future__ import annotations

from typing import Any

import pytest
from cli.cases import load_cases
from hypothesis import given
from hypothesis import strategies as st

from imcloud.cli import assign
from imcloud.cli.mistakes import Mistake

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(st.characters(exclude_categories=("Cs",)))
)
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=20,
)


def no_files(name: str) -> str:
    raise AssertionError(f"a file was asked for: {name}")


@given(st.dictionaries(names, values, max_size=4))
def test_words_are_read_back_as_the_same_inputs(inputs: dict[str, Any]) -> None:
    assert assign.parse(assign.words(inputs), no_files) == inputs


@given(st.lists(st.text(), max_size=4))
def test_junk_is_inputs_or_a_mistake(words: list[str]) -> None:
    try:
        assert isinstance(assign.parse(words, lambda name: name), dict)
    except Mistake as mistake:
        assert str(mistake)


@pytest.mark.parametrize("case", load_cases("assign"))
def test_cases(case: dict[str, Any]) -> None:
    files = case.get("files", {})
    if "mistake" in case:
        with pytest.raises(Mistake) as caught:
            assign.parse(case["words"], files.__getitem__, case.get("base"))
        assert (str(caught.value), caught.value.hint) == (case["mistake"], case.get("hint"))
    else:
        assert assign.parse(case["words"], files.__getitem__, case.get("base")) == case["inputs"]


def test_the_file_that_is_overlaid_stays_as_it_was() -> None:
    base = {"address": {"city": "Bonn"}}
    assign.parse(["address.city=Berlin"], no_files, base)
    assert base == {"address": {"city": "Bonn"}}
