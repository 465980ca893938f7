"""Filters of the runbooks' dialect, under the names that Rewst and StackStorm use.

All work on plain data, call nothing and read nothing from outside, and refuse what they cannot do instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any, NoReturn

from jinja2 import TemplateRuntimeError, pass_environment

from imcloud.rendering.environment import PackEnvironment
from imcloud.runbooks import moments, texts
from imcloud.runbooks.values import OMIT, items_of, plain, to_json

MAX_ROWS = 50_000
MAX_FLAT = 1_000_000


def _fail(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)


@pass_environment
def attr(env: PackEnvironment, value: Any, name: str) -> Any:
    """One key of an object, never a method."""
    return env.getitem(value, name)


def batch(value: Any, count: int, fill: Any = None) -> list[list[Any]]:
    """Rows of `count` items; `fill` completes the last one."""
    items = items_of(value, "batch")
    if not 1 <= count <= MAX_ROWS:
        _fail(f"batch takes a size from 1 to {MAX_ROWS}")
    rows = [items[start : start + count] for start in range(0, len(items), count)]
    if fill is not None and rows:
        rows[-1] += [fill] * (count - len(rows[-1]))
    return rows


def slices(value: Any, count: int, fill: Any = None) -> list[list[Any]]:
    """`count` columns of nearly equal length."""
    items = items_of(value, "slice")
    if not 1 <= count <= MAX_ROWS:
        _fail(f"slice takes a count from 1 to {MAX_ROWS}")
    size, extra = divmod(len(items), count)
    columns, start = [], 0
    for number in range(count):
        end = start + size + (number < extra)
        columns.append(items[start:end] + ([fill] if fill is not None and extra and number >= extra else []))
        start = end
    return columns


def flatten(value: Any, levels: int | None = None) -> list[Any]:
    """Lists within lists as one list, or only `levels` deep."""
    flat: list[Any] = []
    for item in items_of(value, "flatten"):
        if isinstance(item, list | tuple) and (levels is None or levels > 0):
            flat += flatten(item, None if levels is None else levels - 1)
        else:
            flat.append(item)
        if len(flat) > MAX_FLAT:  # lists that hold one another many times multiply
            _fail(f"flatten gives more than {MAX_FLAT} items")
    return flat


def combine(value: Any, *others: Any, recursive: bool = False) -> dict[str, Any]:
    """Objects merged, later ones win; `recursive` merges objects inside objects."""
    merged: dict[str, Any] = {}
    for part in (value, *others):
        if not isinstance(part, Mapping):
            _fail("combine takes objects")
        for key, item in part.items():
            both = recursive and isinstance(merged.get(key), Mapping) and isinstance(item, Mapping)
            merged[key] = combine(merged[key], item, recursive=True) if both else item
    return merged


def unique(value: Any, attribute: str | None = None, case_sensitive: bool = True) -> list[Any]:
    """Items without repetition, the first of each kept; objects count by their content."""
    seen: set[str] = set()
    kept = []
    for item in items_of(value, "unique"):
        key = item.get(attribute) if attribute and isinstance(item, Mapping) else item
        mark = to_json(key) if case_sensitive else to_json(key).casefold()
        if mark not in seen:
            seen.add(mark)
            kept.append(item)
    return kept


def _set_filter(name: str, keep: Callable[[bool, bool], bool]) -> Callable[[Any, Any], list[Any]]:
    def apply(value: Any, other: Any) -> list[Any]:
        left, right = items_of(value, name), items_of(other, name)
        in_left, in_right = {to_json(item) for item in left}, {to_json(item) for item in right}
        return [item for item in unique([*left, *right]) if keep((mark := to_json(item)) in in_left, mark in in_right)]

    apply.__doc__ = f"The {name} of two lists, each item once."
    return apply


def zipped(value: Any, *others: Any, fill: Any = None) -> list[list[Any]]:
    """Lists side by side, up to the shortest; with `fill` up to the longest."""
    columns = [items_of(column, "zip") for column in (value, *others)]
    rows = zip(*columns, strict=False) if fill is None else zip_longest(*columns, fillvalue=fill)
    return [list(row) for row in rows]


def to_dict(value: Any) -> dict[str, Any]:
    """An object from pairs, or a copy of an object."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs = items_of(value, "dict")
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str) for pair in pairs):
        _fail("dict takes pairs of a text and a value")
    return {pair[0]: pair[1] for pair in pairs}


def use_none(value: Any) -> Any:
    """Empty texts, lists and objects as null."""
    return None if value is OMIT or value in ("", [], {}) else value


def number(value: Any, default: Any = OMIT, base: int = 10) -> Any:
    """A whole number. A text that is none is an error unless there is a default: a silent 0 could be a quantity."""
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        if default is OMIT:
            _fail("int: this is not a whole number")
        return default


def real(value: Any, default: Any = OMIT) -> Any:
    """A number, with the same rule for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        if default is OMIT:
            _fail("float: this is not a number")
        return default


def dictsort(value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False) -> list[list[Any]]:
    """The pairs of an object in sequence."""
    place = {"key": 0, "value": 1}.get(by, 0)

    def rank(pair: tuple[str, Any]) -> Any:
        key = pair[place]
        return key if case_sensitive or not isinstance(key, str) else key.lower()

    return [list(pair) for pair in sorted(to_dict(value).items(), key=rank, reverse=reverse)]


def _types(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean", "bool")
    if isinstance(value, str):
        return ("string", "str")
    if isinstance(value, int):
        return ("integer", "int", "number")
    if isinstance(value, float):
        return ("number", "float")
    if isinstance(value, Mapping):
        return ("object", "dict")
    return ("array", "list") if isinstance(value, list | tuple) else ("null", "none") if value is None else ()


FILTERS: dict[str, Callable[..., Any]] = {
    "all": lambda value: all(items_of(value, "all")),
    "any": lambda value: any(items_of(value, "any")),
    "attr": attr,
    "batch": batch,
    "combine": combine,
    "dict": to_dict,
    "dictsort": dictsort,
    "difference": _set_filter("difference", lambda left, right: left and not right),
    "enumerate": lambda value, start=0: [list(pair) for pair in enumerate(items_of(value, "enumerate"), start)],
    "flatten": flatten,
    "float": real,
    "hex": lambda value: hex(number(value)),
    "int": number,
    "intersect": _set_filter("intersection", lambda left, right: left and right),
    "is_type": lambda value, name: name in _types(value),
    "set": unique,
    "slice": slices,
    "symmetric_difference": _set_filter("symmetric difference", lambda left, right: left != right),
    "tuple": list,
    "union": _set_filter("union", lambda left, right: left or right),
    "unique": unique,
    "use_none": use_none,
    "zip": zipped,
    **moments.FILTERS,
    **texts.FILTERS,
}
TESTS: dict[str, Callable[..., bool]] = {
    "filled": lambda value: value is not None and plain(value) not in ("", [], {}),
}
