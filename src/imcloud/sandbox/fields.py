"""Small checkers that compose into the shape of a request body. Unknown keys pass; null counts as absent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .clock import parse_day, parse_instant
from .money import quantity_of

Problems = list[str]
Field = Callable[[Any, str, Problems], None]
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


def text(least: int = 0, most: int = 4000, pattern: str | None = None) -> Field:
    """A string."""
    compiled = re.compile(pattern) if pattern else None

    def field(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.append(f"{at} must be a string")
        elif not least <= len(value.strip() if least else value) <= most:
            problems.append(f"{at} must have {least} to {most} characters")
        elif compiled and not compiled.fullmatch(value):
            problems.append(f"{at} has a wrong format")

    return field


def one_of(*values: str) -> Field:
    """One of the listed texts, case-sensitive."""

    def field(value: Any, at: str, problems: Problems) -> None:
        if value not in values or not isinstance(value, str):
            problems.append(f"{at} must be one of {', '.join(values)}")

    return field


def boolean(value: Any, at: str, problems: Problems) -> None:
    """true or false."""
    if not isinstance(value, bool):
        problems.append(f"{at} must be a boolean")


def integer(value: Any, at: str, problems: Problems) -> None:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        problems.append(f"{at} must be an integer")


def quantity(value: Any, at: str, problems: Problems) -> None:
    """A number, or a text that holds one."""
    if quantity_of(value) is None:
        problems.append(f"{at} must be a number")


def amount(value: Any, at: str, problems: Problems) -> None:
    """A decimal amount as text."""
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        problems.append(f"{at} must be an amount such as '70.5'")


def date(value: Any, at: str, problems: Problems) -> None:
    """`2019-12-11`."""
    try:
        parse_day(value)
    except (ValueError, TypeError):
        problems.append(f"{at} must be a date such as 2019-12-11")


def instant(value: Any, at: str, problems: Problems) -> None:
    """`2019-12-11T17:32:28Z`."""
    try:
        parse_instant(value)
    except (ValueError, TypeError):
        problems.append(f"{at} must be a date-time such as 2019-12-11T17:32:28Z")


def anything(value: Any, at: str, problems: Problems) -> None:
    """Any JSON."""


def text_map(value: Any, at: str, problems: Problems) -> None:
    """An object of texts."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        problems.append(f"{at} must be an object of strings")


def listing(item: Field, least: int = 0, most: int = 1000) -> Field:
    """An array."""

    def field(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.append(f"{at} must be an array")
        elif not least <= len(value) <= most:
            problems.append(f"{at} must have {least} to {most} items")
        else:
            for index, entry in enumerate(value):
                item(entry, f"{at}[{index}]", problems)

    return field


def record(required: tuple[str, ...] = (), /, **fields: Field) -> Field:
    """An object."""

    def field(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(f"{at or 'the body'} must be an object")
            return
        dot = f"{at}." if at else ""
        problems.extend(f"{dot}{name} is required" for name in required if value.get(name) is None)
        for name, check in fields.items():
            if value.get(name) is not None:
                check(value[name], dot + name, problems)

    return field
