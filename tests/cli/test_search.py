"""People's words find the right action."""

from __future__ import annotations

from typing import Any

import pytest
from cli.cases import load_cases

from imcloud.packs import load_pack
from imcloud.search import Entry, entry_of_action, search, tokens


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    from pathlib import Path

    return [entry_of_action(action) for action in load_pack(Path(__file__).parents[2]).actions.values()]


@pytest.mark.parametrize("case", load_cases("search"))
def test_words_find(case: dict[str, Any], entries: list[Entry]) -> None:
    found = [hit.name for hit in search(case["words"], entries)]
    assert case["finds"] in found[: case.get("among", 1)], found[:5]


def test_tokens() -> None:
    assert tokens("autoRenewalStatus") == ("auto", "renewal", "status", "autorenewalstatus")
    assert tokens("list_things of-MPN 365") == ("list", "things", "of", "mpn", "365")


def test_a_compound_is_found_by_its_parts_and_the_other_way() -> None:
    entries = [Entry("a", "action", "", ((1.0, "autorenewal"),)), Entry("b", "action", "", ((1.0, "color"),))]
    assert [hit.name for hit in search("auto renew", entries)] == ["a"]
    assert [hit.name for hit in search("colour", entries)] == ["b"]


def test_junk_finds_nothing_and_breaks_nothing(entries: list[Entry]) -> None:
    assert search("qqqq", entries) == []
    assert search("", entries) == []
    assert search("\x00 ((( \ud800", entries) == []
    assert isinstance(search("a " * 10_000, entries), list)


def test_a_query_of_common_words_only_still_searches(entries: list[Entry]) -> None:
    assert isinstance(search("the of", entries), list)
