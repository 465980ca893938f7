"""Nothing from outside reaches a terminal raw."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from imcloud.cli.safe import json_text, safe, safe_lines

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HARMFUL = {"\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\U000e0041"}


def test_controls_and_direction_marks_are_escaped() -> None:
    for char in HARMFUL:
        assert char not in safe(f"a{char}b")
        assert char not in json_text({f"k{char}": f"v{char}"})


def test_what_is_readable_stays_readable() -> None:
    text = "Zürich, 東京, Ελλάδα, עברית, 👍🏽, naïve — “quoted”"
    assert safe(text) == text
    assert json.loads(json_text(text)) == text and text in json_text([text])


def test_line_breaks_show_as_escapes_or_stay() -> None:
    assert safe("a\nb\tc") == "a\\nb\\tc"
    assert safe_lines("a\nb\x1b[2J") == "a\nb\\x1b[2J"


@given(st.text())
def test_safe_text_has_no_control_characters(text: str) -> None:
    assert all(unicodedata.category(char) != "Cc" for char in safe(text))


@given(values, st.sampled_from([None, 2]))
def test_json_says_the_same_data(value: Any, indent: int | None) -> None:
    text = json_text(value, indent)
    assert json.loads(text) == value
    assert not HARMFUL & set(text)
