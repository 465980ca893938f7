"""Instants are seconds since 1970 in UTC, as floats; this module turns them into the API's texts and back."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

DAY = 86400.0
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(instant: float) -> datetime:
    return _EPOCH + timedelta(seconds=instant)


def iso(instant: float) -> str:
    """`2019-12-11T17:32:28Z`: no milliseconds."""
    return _moment(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(instant: float) -> str:
    """`2019-12-11`."""
    return _moment(instant).strftime("%Y-%m-%d")


def http_date(instant: float) -> str:
    """The form of the `Date` header."""
    return formatdate(instant, usegmt=True)


def parse_instant(text: str) -> float:
    """An ISO date-time with a zone; raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("not a date-time such as 2019-12-11T17:32:28Z")
    return (datetime.fromisoformat(text) - _EPOCH).total_seconds()


def parse_day(text: str) -> float:
    """An ISO date; raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a date such as 2019-12-11")
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH).total_seconds()


def add_period(instant: float, kind: str, count: int) -> float:
    """The instant one period later; months keep the day where the month has it."""
    if kind == "day":
        return instant + DAY * count
    months = count * (12 if kind == "year" else 1)
    moment = _moment(instant)
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    shifted = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    return (shifted - _EPOCH).total_seconds()


def month_end(instant: float) -> float:
    """The last second of the calendar month the instant lies in."""
    moment = _moment(instant)
    last = calendar.monthrange(moment.year, moment.month)[1]
    end = moment.replace(day=last, hour=23, minute=59, second=59, microsecond=0)
    return (end - _EPOCH).total_seconds()


def months_in(kind: str, count: int) -> int:
    """How many months a period has; a period of days counts as one."""
    if kind == "year":
        return 12 * count
    return count if kind in ("month", "statement_day") else 1
