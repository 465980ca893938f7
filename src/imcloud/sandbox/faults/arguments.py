"""The arguments of faults: each reader turns a text into a value or raises ValueError with what it wants."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

Reader = Callable[[str], Any]
MAX_SECONDS = 3600.0
_WHOLE = re.compile(r"[0-9]{1,12}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_SIGNED = re.compile(r"[+-][0-9]{1,6}", re.ASCII)
_RETRY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?|inf|nan|date[+-][0-9]{1,9}|date-year-9999|junk|none", re.ASCII)
_LIFE = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,6})?|inf|nan|null|junk|none", re.ASCII)
_URL = re.compile(r"https?://[!-~]{1,2000}|/[!-~]{0,2000}", re.ASCII)


def whole(least: int, most: int) -> Reader:
    """A whole number between two others."""

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """Seconds, at most an hour."""
    if not _DECIMAL.fullmatch(text) or float(text) > MAX_SECONDS:
        raise ValueError(f"seconds from 0 to {MAX_SECONDS:.0f}")
    return float(text)


def pace(text: str) -> tuple[int, int]:
    """`BYTES/MS`: how many bytes every how many milliseconds."""
    size, _, every = text.partition("/")
    try:
        return whole(1, 1_000_000)(size), whole(1, 600_000)(every)
    except ValueError:
        raise ValueError("BYTES/MS, such as 1/200") from None


def signed(text: str) -> int:
    """A number with its sign, not 0."""
    if not _SIGNED.fullmatch(text) or int(text) == 0:
        raise ValueError("a number of rows with its sign, such as +1 or -1")
    return int(text)


def matching(pattern: re.Pattern[str], wants: str) -> Reader:
    """A text that a pattern matches as a whole."""

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(wants)
        return text

    return read


retry_value = matching(_RETRY, "a number, inf, nan, date+SECONDS, date-SECONDS, date-year-9999, junk or none")
life = matching(_LIFE, "a number, inf, nan, null, junk or none")
address = matching(_URL, "an address that starts with http://, https:// or /")
sandbox_clock = matching(re.compile("sandbox"), "the word sandbox")


def page_size(text: str) -> int:
    """Rows of a page, or `all`."""
    return 10**9 if text == "all" else whole(1, 10**6)(text)


def retry_after(value: str, now: float) -> str | None:
    """The text of a Retry-After header at that time; None for no header."""
    if value == "none":
        return None
    if value == "junk":
        return "in a while"
    if value == "date-year-9999":
        return "Fri, 31 Dec 9999 23:59:59 GMT"
    if value.startswith("date"):
        return formatdate(now + int(value.removeprefix("date")), usegmt=True)
    return value
