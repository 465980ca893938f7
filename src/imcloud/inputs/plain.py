"""Reduces what a caller hands in to plain JSON data, and says what cannot be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs.naming import Path, fault
from imcloud.secrets import MASK, Secret

MAX_DEPTH = 32
MAX_TEXT = 1_000_000
MAX_VALUES = 200_000
MAX_NUMBER = 10**18
_MAX_FRACTION = 30  # digits after the point
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class _TooLarge(Exception):
    pass


def plain_data(value: Any, path: Path = ()) -> tuple[Any, list[ErrorItem]]:
    """A deep copy as dict, list, str, int, float, Decimal, bool and null, and every fault found on the way.

    A faulty value is null in the copy; a faulty key is left out. `path` is where `value` stands in the inputs.
    """
    reader = _Reader()
    try:
        return reader.read(value, path), reader.faults
    except _TooLarge:
        return None, [fault(path, "size", f"may hold at most {MAX_VALUES} values in all")]


class _Reader:
    def __init__(self) -> None:
        self.faults: list[ErrorItem] = []
        self.values = 0

    def read(self, value: Any, path: Path) -> Any:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooLarge
        if isinstance(value, Mapping):
            if len(path) >= MAX_DEPTH:
                return self._deep(path)
            return {key: self.read(item, (*path, key)) for key, item in value.items() if self._key(key, path)}
        if isinstance(value, list | tuple):
            if len(path) >= MAX_DEPTH:
                return self._deep(path)
            return [self.read(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, Secret):
            value = value.reveal()
        found = _scalar_fault(value)
        if found is None:
            return value
        self.faults.append(fault(path, found[0], found[1], hint=found[2]))
        return None

    def _deep(self, path: Path) -> None:
        # Named by its outermost steps: the whole path of such a value helps nobody.
        self.faults.append(fault(path[:3], "depth", f"is nested deeper than {MAX_DEPTH} levels"))

    def _key(self, key: Any, path: Path) -> bool:
        if not isinstance(key, str):
            words = ("type", f"may have texts as keys only, not {_article(key)}")
        elif _SURROGATE.search(key):
            words = ("unicode", "has a key that is not valid Unicode")
        elif _CONTROL.search(key):
            words = ("control", "has a key with a control character in it")
        elif len(key) > MAX_TEXT:
            words = ("maxLength", f"has a key of more than {MAX_TEXT} characters")
        else:
            return True
        self.faults.append(fault(path, *words))
        return False


Found = tuple[str, str, str | None] | None


def _scalar_fault(value: Any) -> Found:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, int):
        return ("number", "has more than 18 digits", "send it as text") if abs(value) >= MAX_NUMBER else None
    if isinstance(value, float | Decimal):
        return _number_fault(value)
    if isinstance(value, date | time):  # a datetime is a date
        return "type", "must be a text, not a date object", "use its isoformat(), such as 2026-08-01T00:00:00Z"
    return "type", f"holds {_article(value)}, which is not JSON data", None


def _number_fault(value: float | Decimal) -> Found:
    if not math.isfinite(value):
        return "number", "must be a finite number", None
    if not -MAX_NUMBER < value < MAX_NUMBER:
        return "number", "has more than 18 digits", "send it as text"
    if isinstance(value, Decimal) and value and int(value.normalize().as_tuple().exponent) < -_MAX_FRACTION:
        return "number", f"has more than {_MAX_FRACTION} digits after the point", None
    return None


def _text_fault(text: str) -> Found:
    if len(text) > MAX_TEXT:
        return "maxLength", f"must have at most {MAX_TEXT} characters, not {len(text)}", None
    if _SURROGATE.search(text):
        return "unicode", "is not valid Unicode", "it holds half of a character: read its source as UTF-8"
    if control := _CONTROL.search(text):
        place = f"the character U+{ord(control.group()):04X} stands at position {control.start() + 1}"
        return "control", "has a control character in it", place
    if text == MASK:
        return "mask", "holds the mask of a secret, not the secret itself", "give the value, or leave the field out"
    return None


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
