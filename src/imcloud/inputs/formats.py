"""The `x-format`s: what a text must look like, where the documents say so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class Format(NamedTuple):
    """`check`: whether a text fits; `words`: what it must be; `hint`: what may be wrong with one that does not."""

    check: Callable[[str], bool]
    words: str
    hint: Callable[[str], str | None] = lambda _: None


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and _parses(date.fromisoformat, text)


def _is_date_time(text: str) -> bool:
    found = _DATE_TIME.fullmatch(text)
    return found is not None and _parses(datetime.fromisoformat, found[1])


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _matcher(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _date_hint(text: str) -> str | None:
    if _DATE.fullmatch(text):
        return "the calendar has no such day"
    if _MOMENT.match(text):
        return "leave the time of day out"
    return _written_hint(text)


def _date_time_hint(text: str) -> str | None:
    if _DATE_TIME.fullmatch(text):
        return "the calendar has no such time"
    if _MOMENT.fullmatch(text):
        return "add the zone: Z for UTC, or for example +02:00"
    if _DATE.fullmatch(text):
        return "add the time of day and the zone: T00:00:00Z is midnight in UTC"
    return _written_hint(text)


def _written_hint(text: str) -> str | None:
    return (
        "write year, month, day, with hyphens" if re.search(r"[0-9]{1,4}[./][0-9]{1,2}[./][0-9]{2,4}", text) else None
    )


def _decimal_hint(text: str) -> str | None:
    if "," in text:
        return "use a point for the fraction and nothing between the thousands"
    return "leave the currency out: it has a field of its own" if re.search(r"[^0-9eE+. -]", text) else None


def _capitals_hint(text: str) -> str | None:
    return "write it in capital letters" if text.isascii() and text.isalpha() and not text.isupper() else None


FORMATS: dict[str, Format] = {
    "date": Format(_is_date, "must be a date such as 2026-08-01", _date_hint),
    "date-time": Format(_is_date_time, "must be a time with its zone such as 2026-08-01T00:00:00Z", _date_time_hint),
    "uuid": Format(_matcher(_UUID), "must be a UUID such as 3f2b8c1e-5d4a-4f6b-9a7c-0d1e2f3a4b5c"),
    "email": Format(_matcher(r"[^@\s]{1,64}@[^@\s]{1,255}"), "must be an e-mail address such as ada@example.com"),
    "decimal": Format(
        _matcher(r"-?[0-9]{1,18}(\.[0-9]{1,18})?"), "must be an amount as text such as 70.5", _decimal_hint
    ),
    "currency": Format(_matcher(r"[A-Z]{3}"), "must be a currency code of three letters such as USD", _capitals_hint),
    "country": Format(
        _matcher(r"[A-Z]{2}"), "must be a country code of two capital letters such as US", _capitals_hint
    ),
}
