"""Each format takes what the documents show, refuses junk, and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imcloud.errors import ErrorItem
from imcloud.inputs import validate_inputs
from imcloud.inputs.formats import FORMATS

GOOD = {
    "date": ["2026-08-01", "2024-02-29", "0001-01-01"],
    "date-time": [
        "2019-12-11T17:32:28Z", "2021-10-14T17:46:10Z", "2026-08-01T00:00:00+02:00", "2026-08-01T00:00:00.123Z",
        "2026-08-01T23:59:59.1234567-11:30",
    ],
    "uuid": ["3f2b8c1e-5d4a-4f6b-9a7c-0d1e2f3a4b5c", "3F2B8C1E-5D4A-4F6B-9A7C-0D1E2F3A4B5C"],
    "email": ["ada@example.com", "ada.byron+tag@mail.example.co.uk", "ada@localhost", "ädä@exämple.com"],
    "decimal": ["70.5", "0", "-3", "12345678901234567.12", "00.10"],
    "currency": ["USD", "EUR"],
    "country": ["US", "DE"],
}  # fmt: skip
BAD = {
    "date": ["2026-8-1", "20260801", "2026-02-30", "2026-08-01T00:00:00Z", "01.08.2026", "2026-08-01\n",
    "\u0662\u0660\u0662\u0666-\u0660\u0668-\u0660\u0661", "", "2026-W31-6"],
    "date-time": [
        "2026-08-01", "2026-08-01T00:00:00", "2026-08-01 00:00:00Z", "2026-08-01T24:00:00Z", "2026-08-01T00:00Z",
        "2026-02-30T00:00:00Z", "2026-08-01T00:00:00+99:00", "2026-08-01T00:00:00+0200", "2026-08-01T00:00:00Z\n",
        "now", "",
        "2026-08-01T00:60:00Z",
    ],
    "uuid": ["3f2b8c1e5d4a4f6b9a7c0d1e2f3a4b5c", "{3f2b8c1e-5d4a-4f6b-9a7c-0d1e2f3a4b5c}", "7", "",
    "3f2b8c1e-5d4a-4f6b-9a7c-0d1e2f3a4b5c\n"],
    "email": ["ada", "ada@", "@example.com", "a da@example.com", "ada@example.com\n", "a@b@c", ""],
    "decimal": ["70,5", "1e3", "$5", "5 USD", ".5", "5.", "NaN", "inf", "+5", "\u0665", "5\n", "", "1" * 19, "--5"],
    "currency": ["usd", "US", "USDT", "US1", "USD\n", "$", ""],
    "country": ["us", "USA", "U", "U1", "US\n", ""],
}  # fmt: skip


def _errors(name: str, text: str) -> tuple[ErrorItem, ...]:
    schema = {"type": "object", "properties": {"x": {"type": "string", "x-format": name}}}
    return validate_inputs(schema, {"x": text}).errors


def test_every_format_has_examples_of_both_kinds() -> None:
    assert set(GOOD) == set(BAD) == set(FORMATS)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_a_format_takes_what_the_documents_show(name: str, text: str) -> None:
    assert _errors(name, text) == ()


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_format_refuses_junk(name: str, text: str) -> None:
    (error,) = _errors(name, text)
    assert error.rule == "x-format"
    assert error.message == f"x {FORMATS[name].words}"


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(data=st.data())
def test_a_format_never_raises(name: str, data: st.DataObject) -> None:
    text = data.draw(st.text(max_size=30) | st.from_regex(r"[0-9T:+.Z-]{1,30}"))
    named = FORMATS[name]
    assert named.check(text) in (True, False)
    hint = named.hint(text)
    assert hint is None or hint
