"""Runs a schema over plain data: every fault of the inputs, one for each place, or the oddities of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs.rules import schema_faults
from imcloud.inputs.words import items_of
from imcloud.strict_json import pointer

MAX_ERRORS = 100
# Where several rules are broken at one place, the one that helps most is told.
_FIRST = ("enum", "minLength", "maxLength", "x-format", "x-reference", "id", "pattern")


def input_errors(schema: Mapping[str, Any], data: Any) -> list[ErrorItem]:
    """Every fault of `data`, at most `MAX_ERRORS` of them. Null is let through where a value may be left out."""
    found = (item for error in schema_faults(schema, data) for item in items_of(error))
    return list(islice(found, MAX_ERRORS + 1))


def one_for_each_place(found: Iterable[ErrorItem], first: Iterable[ErrorItem] = ()) -> tuple[ErrorItem, ...]:
    """The faults in the sequence of their places, the most helpful one for each; those of `first` win."""
    chosen: dict[str, ErrorItem] = {}
    for item in (*first, *sorted(found, key=_rank)):
        chosen.setdefault(str(item.pointer), item)
    items = sorted(chosen.values(), key=_place)
    if len(items) <= MAX_ERRORS:
        return tuple(items)
    more = ErrorItem("input", f"there are more faults: these are {MAX_ERRORS} of them", pointer="", rule="more")
    return (*items[:MAX_ERRORS], more)


def answer_faults(schema: Mapping[str, Any], data: Any, limit: int = 3) -> list[str]:
    """What an answer has that its schema does not expect, as warnings: an answer is never refused for it."""
    return [
        f"the answer differs from its schema at {pointer(error.absolute_path) or '/'}: {error.validator}"
        for error in islice(schema_faults(schema, data), limit)
    ]


def _rank(item: ErrorItem) -> int:
    return _FIRST.index(str(item.rule)) if item.rule in _FIRST else len(_FIRST)


def _place(item: ErrorItem) -> list[tuple[bool, int, str]]:
    parts = str(item.pointer).split("/")
    return [(not part.isdecimal(), int(part) if part.isdecimal() and len(part) < 10 else 0, part) for part in parts]
