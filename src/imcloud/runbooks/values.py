"""What expressions work on and hand back: plain JSON data, and two values that are no data at all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from jinja2 import TemplateRuntimeError
from jinja2.runtime import Undefined

MAX_DEPTH = 32
MAX_VALUES = 1_000_000
MAX_TEXT = 4 * 1024 * 1024


class _Omit:
    """Drops the key or the item it stands in."""

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Any = _Omit()


class SimulatedValue(TemplateRuntimeError):
    """A dry run came to a value that only a real write would have returned; `task` is that write."""

    def __init__(self, task: str) -> None:
        super().__init__(f"the answer of {task} is not known in a dry run")
        self.task = task


class Simulated:
    """Stands for the answer of a write that was not sent: it can be handed on, and nothing can be learned from it."""

    __slots__ = ("task",)
    __hash__ = None  # type: ignore[assignment]  # equality tells nothing, so neither can a hash

    def __init__(self, task: str) -> None:
        self.task = task

    def _unknown(self, *_: Any, **__: Any) -> NoReturn:
        raise SimulatedValue(self.task)

    __str__ = __iter__ = __len__ = __bool__ = __int__ = __float__ = __contains__ = __getitem__ = __call__ = _unknown
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __index__ = __neg__ = __abs__ = __round__ = _unknown
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __mod__ = _unknown


class NotPlainValue(TemplateRuntimeError):
    """An expression's value cannot be kept as data."""


def plain(value: Any, *, keep_simulated: bool = False) -> Any:
    """A copy as plain data: `OMIT` drops its key or item, decimals become text, moments ISO text, sequences lists.

    Raises `NotPlainValue`, `SimulatedValue` (unless kept), or jinja2's `UndefinedError` for an undefined value.
    """
    return _Plain(keep_simulated).convert(value, 0)


class _Plain:
    def __init__(self, keep_simulated: bool) -> None:
        self.keep_simulated = keep_simulated
        self.left = MAX_VALUES
        self.text_left = MAX_TEXT

    def convert(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise NotPlainValue("the value is too large" if self.left < 0 else f"nested deeper than {MAX_DEPTH} levels")
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, float):
            return _finite(value)
        if isinstance(value, Undefined):
            str(value)  # raises: it names what is missing
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, Simulated):
            return value if self.keep_simulated else value._unknown()
        return self._other(value, depth)

    def _text(self, text: str) -> str:
        self.text_left -= len(text)
        if self.text_left < 0:
            raise NotPlainValue("the text is too long")
        return text

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        if any(not isinstance(key, str) for key in value):
            raise NotPlainValue("a key of an object must be a text")
        return {self._text(key): self.convert(item, depth + 1) for key, item in value.items() if item is not OMIT}

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, date):
            return iso(value)
        if isinstance(value, timedelta):
            return value.total_seconds()
        if value is OMIT or callable(value) or not isinstance(value, Iterable):
            raise NotPlainValue(
                "OMIT stands for a whole value only" if value is OMIT else "this is not a value but a function"
            )
        return [self.convert(item, depth + 1) for item in value if item is not OMIT]


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotPlainValue("the number is not finite")
    return value


def iso(value: date) -> str:
    """A date as `2026-08-03`, a moment as `2026-08-03T09:15:00Z` (with its offset when it is not UTC)."""
    if not isinstance(value, datetime):
        return value.isoformat()
    text = value.replace(microsecond=0).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def shown(value: Any) -> str:
    """A value inside a text: texts as they are, numbers in digits, everything else as JSON (`true`, `null`, `[1]`)."""
    if isinstance(value, str):
        return str.__str__(value)
    simple = plain(value)
    return simple if isinstance(simple, str) else to_json(simple)


def to_json(value: Any, indent: int | None = None) -> str:
    """Compact JSON with characters as they are."""
    separators = (",", ": ") if indent else (", ", ": ")
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, separators=separators)


def items_of(value: Any, name: str) -> list[Any]:
    """The items of a list. Raises for a text or an object, which Python would iterate too."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise TemplateRuntimeError(f"{name} takes a list")
    return list(value)
