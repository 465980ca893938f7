"""Filters about dates and times. A moment without a zone is taken as UTC, and results keep the zone they have."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from jinja2 import TemplateRuntimeError


def _fail(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)


def moment(value: Any, pattern: str | None = None) -> datetime:
    """A moment from ISO 8601 text, from text in a strftime pattern, from seconds since 1970, or from a date."""
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)
    elif isinstance(value, str):
        found = _from_text(value, pattern)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_seconds(value)
    else:
        _fail("this is not a date or a time")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _from_text(text: str, pattern: str | None) -> datetime:
    try:
        return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text.strip())
    except ValueError:
        _fail(f"{text[:40]!r} is not a date or a time" + (f" written as {pattern}" if pattern else " in ISO 8601"))


def _from_seconds(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        _fail("the number of seconds is out of range")


def format_moment(value: Any, pattern: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """A moment as text in a strftime pattern."""
    try:
        return moment(value).strftime(pattern[:200])
    except ValueError:
        _fail("the pattern is not one of strftime's")


def shift(value: Any, **amounts: float) -> datetime | str:
    """A moment moved by years, months, weeks, days, hours, minutes and seconds; a date given as text stays a date."""
    unknown = set(amounts) - {"years", "months", "weeks", "days", "hours", "minutes", "seconds"}
    if unknown:
        _fail(f"datedelta knows no {', '.join(sorted(unknown))}")
    start = moment(value)
    try:
        months = int(amounts.pop("years", 0)) * 12 + int(amounts.pop("months", 0))
        moved = _add_months(start, months) + timedelta(**amounts)
    except (ValueError, OverflowError, TypeError):
        _fail("the date is out of range")
    is_date = isinstance(value, str) and len(value.strip()) == 10
    return moved.date().isoformat() if is_date and moved.time() == start.time() else moved


def _add_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))


def in_zone(value: Any, name: str) -> datetime:
    """The same moment on the clocks of another time zone."""
    try:
        zone = UTC if name.upper() in ("UTC", "Z") else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        _fail(f"{name[:40]!r} is not a time zone")
    return moment(value).astimezone(zone)


def between(value: Any, other: Any) -> float:
    """Seconds from one moment to another."""
    return (moment(other) - moment(value)).total_seconds()


def human_time(seconds: Any) -> str:
    """Seconds as people say them: `1d2h3m4s`."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        _fail("to_human_time_from_seconds takes a number of seconds")
    left = int(seconds)
    text = ""
    for size, unit in ((31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "m")):
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text + f"{left}s" if left or not text else text


FILTERS: dict[str, Callable[..., Any]] = {
    "as_datetime": moment,
    "as_timezone": in_zone,
    "convert_from_epoch": moment,
    "datedelta": shift,
    "format_datetime": format_moment,
    "load_datetime": moment,
    "parse_datetime": moment,
    "time_delta": between,
    "to_human_time_from_seconds": human_time,
}
